from typing import Any

import pytest

from bot.domain.agent_names import BATCH_ABORTED, Lane
from bot.domain.file_queue import Configured
from bot.domain.findings import Confidence
from bot.domain.tasks import Wait
from tests.file_queues import OTHER, a_file, a_folder, a_queue, found, of_queue
from tests.world import ago

RULE = "blocked-task"


def private(**given: Any) -> Any:
    return a_file(**({"lane": Lane.PRIVATE, "depends_on": ("probe",)} | given))


def probe(**given: Any) -> Any:
    return a_file(**({"id": OTHER, "name": "probe", "lane": Lane.FAILED} | given))


@pytest.mark.parametrize(
    "tasks",
    [
        (private(), probe(lane=Lane.QUEUE)),
        (private(), probe(lane=Lane.COMPLETE)),
        (private(), probe(attempts=2)),
        (private(), probe(lane=Lane.QUEUE, id="a"), probe(status="abandoned")),
        (private(), probe(status="abandoned"), probe(lane=Lane.QUEUE, id="a")),
        (private(created_at=ago(days=2)),),
        (private(created_at=None),),
        (private(depends_on=()),),
        (private(lane=Lane.QUEUE),),
        None,
    ],
    ids=[
        "open",
        "done",
        "tried again",
        "again",
        "again first",
        "old",
        "no time",
        "free",
        "queued",
        "unread",
    ],
)
def test_a_task_that_may_be_released(tasks: Any) -> None:
    """What failed and is tried again blocks nothing."""
    assert not found(RULE, a_folder(tasks=tasks))
    assert not found(RULE, of_queue(None))


def test_failed_dependencies_may_be_allowed() -> None:
    """By config.json."""
    values = {"retry_policy.allow_terminal_failed_dependencies": "true"}
    case = a_folder(
        tasks=(private(), probe(status="abandoned")),
        configured=Configured(values=values),
    )

    assert not found(RULE, case)


@pytest.mark.parametrize(
    "given",
    [
        {"status": "blocked_cloud"},
        {"status": "abandoned", "ended_because": BATCH_ABORTED},
        {"attempts": 3},
    ],
)
def test_a_dependency_that_was_given_up(given: dict[str, Any]) -> None:
    """Nothing releases the task any more; it is told once."""
    task = private(depends_on=("probe", "gone"))
    case = a_folder(tasks=(task, probe(**given)), configured=Configured())

    [one] = found(RULE, case)

    assert one.title.startswith("task 22d25838 never runs: probe (3a333f8c) is ")
    assert one.ask == f"task {OTHER}"


def test_a_dependency_that_several_tasks_bear_the_name_of() -> None:
    """All of them failed for good; one is told, whichever was read first."""
    others = (probe(status="abandoned"), probe(status="abandoned", id="9b"))
    for tasks in ((private(), *others), (private(), *others[::-1])):
        [one] = found(RULE, a_folder(tasks=tasks))

        assert one.ask == f"task {OTHER}"


def test_a_dependency_per_item_that_nobody_resolves() -> None:
    """As February 2026 leaves it."""
    [one] = found(
        RULE, a_folder(tasks=(private(depends_on=("transcribe_{ITEM.id}",)),))
    )

    assert one.confidence is Confidence.CONFIRMED
    assert one.title.endswith("no task is ever called transcribe_{ITEM.id}")


def test_a_dependency_without_a_file() -> None:
    """Possible, for files are moved and removed."""
    [one] = found(RULE, a_folder(tasks=(private(),)))

    assert one.confidence is Confidence.POSSIBLE
    assert one.title.endswith("probe has no file")


def test_a_dependency_may_lie_where_nobody_may_look() -> None:
    """A lane that was not counted could not be listed."""
    lanes = dict.fromkeys(Lane, 1)
    del lanes[Lane.COMPLETE]

    assert found(RULE, a_folder(tasks=(private(),), lanes=lanes)) == []
    assert found(RULE, a_folder(tasks=(private(),), lanes=dict.fromkeys(Lane, 1)))


def test_a_dependency_is_told_for_however_long_its_task_waits() -> None:
    """Where the queue was asked, which looks as far back as the task was made.

    It names the one that is nowhere: another may have ended before the window.
    """
    task = private(created_at=ago(days=2), depends_on=("early", "probe"))
    queue = a_queue(tasks=(task,))
    told = "probe has no file and no event, so it is never released"
    gone, waits = (
        of_queue(queue, waits={task.id: Wait(reason=reason, detail=told)})
        for reason in ("dependency gone", "waits for dependency")
    )

    [one] = found(RULE, gone)
    assert one.title.endswith("probe has no file")
    assert not found(RULE, waits)


@pytest.mark.parametrize("event", ["task_succeeded", "task_released", "task_failed"])
def test_a_dependency_that_was_put_away(event: str) -> None:
    """Its batch's own events tell of it, so its file was archived."""
    task = private()
    [name] = task.depends_on
    steps = {(task.batch, name): event}

    assert found(RULE, a_folder(tasks=(task,), steps=steps)) == []


def test_a_dependency_that_was_put_away_and_given_up() -> None:
    """Unless config.json lets tasks run without what failed."""
    task = private(created_at=ago(days=2))
    steps = {(task.batch, "probe"): "task_abandoned"}
    values = {"retry_policy.allow_terminal_failed_dependencies": "true"}
    allowed = Configured(values=values)

    [one] = found(RULE, a_folder(tasks=(task,), steps=steps))
    assert one.confidence is Confidence.CONFIRMED
    assert one.title.endswith("never runs: probe was abandoned")
    assert not found(RULE, a_folder(tasks=(task,), steps=steps, configured=allowed))
