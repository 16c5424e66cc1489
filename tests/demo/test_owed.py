"""What is owed, spared and left open."""

from datetime import timedelta

from bot.demo.owed import Expected, MadeUp, Owed
from tests.world import NOW


def test_a_finding_may_be_on_either_subject() -> None:
    """What says the same of the other one counts as the one that is owed."""
    truth = Owed()

    truth.owe("vlm-hang", "a task", or_on="its worker")

    due = Expected("vlm-hang", "a task")
    assert truth.expected == [due]
    assert truth.same == {Expected("vlm-hang", "its worker"): due}


def test_what_is_spared_or_open_is_not_owed() -> None:
    """Each is noted apart, and so is what must not be said."""
    truth = Owed()

    truth.spare("a", "b")
    truth.leave_open("waiting-task", "c")
    truth.forbid("all-busy", "queue")

    assert truth.expected == []
    assert truth.forbidden == {Expected("all-busy", "queue")}
    assert truth.innocent == {"a", "b"}
    assert truth.open == {Expected("waiting-task", "c")}


def test_a_seed_decides_all_that_chance_does() -> None:
    """Ids are UUIDs that may begin as wanted; times count back from its now."""
    one, same, other = MadeUp(NOW, seed=1), MadeUp(NOW, seed=1), MadeUp(NOW, seed=2)

    assert one.id("beef").startswith("beef")
    assert one.id() != same.id() != other.id()
    assert one.ago(minutes=8) == NOW - timedelta(minutes=8)
    assert MadeUp(NOW, seed=1).id() == MadeUp(NOW, seed=1).id()
