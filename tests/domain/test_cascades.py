from typing import Any

from bot.domain.cascades import (
    FOLLOWED,
    blockade,
    cascade,
    fell_with_its_tasks,
    root,
)
from bot.domain.tasks import Task, TaskId
from tests.world import a_task, ago


def failed(id: str, **given: Any) -> Task:
    return a_task(id, status="Failed", **given)


def ids(task: Task, *others: Task) -> list[str]:
    """Return the cascade of the first of the tasks."""
    known = {each.id: each for each in (task, *others)}
    return [each.id for each in cascade(task, known)]


def test_a_task_that_failed_by_itself_fell_with_nobody() -> None:
    """Though others failed as well."""
    assert ids(failed("a", error="no disk"), failed("b")) == []


def test_a_cascade_leads_to_the_task_that_failed_by_itself() -> None:
    """The nearest cause comes first."""
    a, b, c = (
        failed("a", cascaded_from="b"),
        failed("b", cascaded_from="c"),
        failed("c"),
    )

    assert ids(a, b, c) == ["b", "c"]


def test_a_cause_that_is_not_known_ends_it() -> None:
    """Nobody knows what it fell with."""
    assert ids(failed("a", cascaded_from="b")) == []


def test_a_circle_ends() -> None:
    """With the task itself in it, and without."""
    a, b, c = (
        failed("a", cascaded_from="b"),
        failed("b", cascaded_from="c"),
        failed("c", cascaded_from="b"),
    )

    assert ids(b, c) == ["c"]
    assert ids(a, b, c) == ["b", "c"]


def test_a_cascade_is_followed_for_some_steps_at_most() -> None:
    """Real ones have two or three."""
    every = [failed(str(n), cascaded_from=str(n + 1)) for n in range(FOLLOWED + 3)]

    assert len(ids(*every)) == FOLLOWED


def test_a_coordinator_fell_with_the_first_that_failed_by_itself() -> None:
    """By its end, not by its making; what only fell with another is no cause."""
    parent = failed("p", task_type="x_orchestrator", error="2 of 4", sums_up=True)
    late = failed("late", parent="p", created_at=ago(hours=3), updated_at=ago(hours=1))
    first = failed("first", parent="p", processed_at=ago(hours=2))
    fell = failed("fell", parent="p", cascaded_from="x", updated_at=ago(hours=4))
    well = a_task("well", status="Complete", parent="p", updated_at=ago(hours=5))

    assert ids(parent, late, first, fell, well) == ["first"]


def test_a_coordinator_with_an_error_of_its_own_failed_by_itself() -> None:
    """Its tasks are not to blame, whatever became of them."""
    kind = "x_orchestrator"

    assert not fell_with_its_tasks(failed("p", task_type=kind, error="no images"))
    assert fell_with_its_tasks(failed("p", task_type=kind, error=None))
    assert not fell_with_its_tasks(a_task("p", task_type=kind, error=None))
    assert not fell_with_its_tasks(failed("p", error=None))


def test_the_end_of_a_cascade_is_its_root_if_it_failed_by_itself() -> None:
    """One that fell with what is not known is none."""
    alone, fell = failed("a"), failed("b", cascaded_from="gone")

    assert root([fell, alone]) is alone
    assert root([fell]) is None
    assert root([]) is None


def waiting(id: str, *on: str) -> Task:
    return a_task(id, status="Queued", dependencies=on)


def blocked(task: Task, *others: Task, gone: tuple[str, ...] = ()) -> str | None:
    """Return why the first of the tasks never runs."""
    known = {each.id: each for each in others}
    found = blockade(task, known, tuple(map(TaskId, gone)))
    return None if found is None else found.told


def test_what_may_still_complete_blocks_nothing() -> None:
    """Nor does what nobody read, nor anything once the task runs."""
    assert blocked(waiting("a", "b", "c"), waiting("b"), a_task("c")) is None
    assert blocked(a_task("a", dependencies=("b",)), failed("b")) is None


def test_the_nearest_that_never_completes_blocks() -> None:
    """Though one further on, met earlier, does as well."""
    tasks = (waiting("a", "b", "c"), waiting("b", "d"), failed("c"), failed("d"))

    assert blocked(*tasks) == "it waits for c, which is Failed"


def test_a_blockade_reaches_through_tasks_that_wait_themselves() -> None:
    """The chain is told; what is gone blocks as well, and a circle ends."""
    chain = (waiting("a", "b"), waiting("b", "c"), waiting("c", "a", "b", "d"))

    assert blocked(*chain) is None
    assert blocked(*chain, gone=("d",)) == (
        "it waits for b, that for c, that for d, which no longer exists"
    )
