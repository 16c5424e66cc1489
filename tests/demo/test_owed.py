"""What is owed, spared and left open."""

from bot.demo.owed import Expected, Owed


def test_a_finding_may_be_on_either_subject() -> None:
    """What says the same of the other one counts as the one that is owed."""
    truth = Owed()

    truth.owe("vlm-hang", "a task", or_on="its worker")

    due = Expected("vlm-hang", "a task")
    assert truth.expected == [due]
    assert truth.same == {Expected("vlm-hang", "its worker"): due}


def test_what_is_spared_or_open_is_not_owed() -> None:
    """Each is noted apart."""
    truth = Owed()

    truth.spare("a", "b")
    truth.leave_open("waiting-task", "c")

    assert truth.expected == []
    assert truth.innocent == {"a", "b"}
    assert truth.open == {Expected("waiting-task", "c")}
