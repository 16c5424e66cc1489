import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.file_queue import Configured
from bot.sources import Queue
from bot.sources.agents.lanes import task_path
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.waiting import waiting
from tests.sources.agents.files import (
    NOW,
    a_brain,
    a_cpu,
    a_folder,
    a_gpu,
    a_task,
    ago,
    an_id,
    naive,
    shut,
    snapshot,
    untold_by,
    write,
)


def the_queue(root: Path) -> Queue:
    folder = a_folder(root)
    return waiting(folder, Shelf(folder), NOW)


def reasons(queue: Queue) -> list[tuple[str | None, str]]:
    return [(entry.reason, entry.detail) for entry in queue.entries.rows]


def test_a_task_that_fits_an_agent_can_be_claimed(tmp_path: Path) -> None:
    """The oldest comes first."""
    a_gpu(tmp_path)
    a_task(tmp_path, Lane.QUEUE, 1, vram_estimate_mb=4800)
    a_task(tmp_path, Lane.QUEUE, 2, created_at=naive(ago(hours=1)))
    queue = the_queue(tmp_path)

    assert reasons(queue) == [(None, ""), (None, "")]
    assert [each.task.id for each in queue.entries.rows] == [an_id(2), an_id(1)]
    assert queue.for_workers == 2
    assert queue.untold == ()


def test_why_nobody_claims_a_real_queue() -> None:
    """Five wait for memory that running tasks hold."""
    folder, now = snapshot("3_gpu1_stuck_requeued")
    queue = waiting(folder, Shelf(folder), now)

    assert {reason for reason, _ in reasons(queue)} == {"no VRAM budget"}
    assert len(queue.entries.rows) == 5
    assert [each.id[:8] for each in queue.running or ()] == ["22d25838"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("cpu", None), ("llm", "needs a hot GPU"), ("script", "told to stop")],
)
def test_each_class_has_its_takers(
    tmp_path: Path, kind: str, reason: str | None
) -> None:
    """A stopped agent takes nothing."""
    a_gpu(tmp_path, 1)
    a_gpu(tmp_path, 2)
    a_cpu(tmp_path)
    stopped = ("gpu-1", "gpu-2") if kind == "script" else ()
    for name in stopped:
        write(tmp_path / "signals" / f"{name}.stop", "")
    a_task(tmp_path, Lane.QUEUE, task_class=kind)

    assert reasons(the_queue(tmp_path))[0][0] == reason


@pytest.mark.parametrize(
    ("beat", "reason"),
    [(1, None), (121, "brain silent"), (None, "no brain")],
)
def test_a_plan_is_taken_by_the_brain_alone(
    tmp_path: Path, beat: int | None, reason: str | None
) -> None:
    """By no worker."""
    if beat is not None:
        a_brain(tmp_path, last_updated=naive(ago(seconds=beat)))
    a_task(tmp_path, Lane.QUEUE, executor="brain", task_class="")
    queue = the_queue(tmp_path)

    assert reasons(queue)[0][0] == reason
    assert queue.for_workers == 0


@pytest.mark.parametrize(
    ("lane", "fields", "reason", "detail"),
    [
        (
            Lane.QUEUE,
            {},
            "waits for dependency",
            "step_2 is pending",
        ),
        (
            Lane.FAILED,
            {"status": "abandoned"},
            "dependency failed",
            "step_2 is abandoned, so it is never released",
        ),
        (
            Lane.FAILED,
            {"attempts": 3},
            "dependency failed",
            "step_2 is failed, so it is never released",
        ),
        (
            Lane.FAILED,
            {"attempts": 2},
            "waits for dependency",
            "step_2 is failed, and tried again",
        ),
        (
            Lane.COMPLETE,
            {},
            "waits for the brain",
            "what it depends on is done: the brain releases it",
        ),
        (
            Lane.COMPLETE,
            {"batch_id": "another"},
            "dependency gone",
            "step_2 has no file and no event, so it is never released",
        ),
    ],
)
def test_a_private_task_waits_for_others_of_its_batch(
    tmp_path: Path, lane: Lane, fields: dict[str, Any], reason: str, detail: str
) -> None:
    """By name, not by id."""
    a_task(tmp_path, Lane.PRIVATE, 1, depends_on=["step_2"])
    other = a_task(tmp_path, lane, 2, **fields)
    entries = the_queue(tmp_path).entries.rows
    [found] = [each for each in entries if each.task.id == an_id(1)]

    assert (found.reason, found.detail) == (reason, detail)
    if lane in (Lane.QUEUE, Lane.FAILED):
        assert found.task.dependencies == (other,)


@pytest.mark.parametrize(
    ("most", "passes", "reason"),
    [
        (3, "false", "dependency failed"),
        (4, "false", "waits for dependency"),
        (3, "true", "waits for the brain"),
        (4, "true", "waits for dependency"),
    ],
)
def test_what_its_programs_are_set_to_tells_whether_a_failure_blocks(
    tmp_path: Path, most: int, passes: str, reason: str
) -> None:
    """How often a task is tried, and whether others may run though it failed."""
    a_task(tmp_path, Lane.PRIVATE, 1, depends_on=["step_2"])
    a_task(tmp_path, Lane.FAILED, 2, attempts=3)
    folder = a_folder(tmp_path)
    values = {"retry_policy.allow_terminal_failed_dependencies": passes}
    configured = Configured(max_attempts=most, values=values)

    queue = waiting(folder, Shelf(folder), NOW, configured)

    assert [found for found, _ in reasons(queue)] == [reason]


@pytest.mark.parametrize(
    ("event", "reason", "detail"),
    [
        (
            "task_succeeded",
            "waits for the brain",
            "what it depends on is done: the brain releases it",
        ),
        ("task_released", "waits for dependency", "step_2 has no file"),
        (
            "task_abandoned",
            "dependency failed",
            "step_2 was abandoned, so it is never released",
        ),
    ],
)
def test_events_tell_of_steps_that_were_put_away(
    tmp_path: Path, event: str, reason: str, detail: str
) -> None:
    """Whose files lie nowhere any more."""
    a_task(tmp_path, Lane.PRIVATE, depends_on=["step_2"])
    path = "plans/p/history/20261123_080000/logs/batch_events.jsonl"
    write(tmp_path / path, json.dumps({"event": event, "task_name": "step_2"}))

    assert reasons(the_queue(tmp_path)) == [(reason, detail)]


def test_a_file_that_cannot_be_read_may_be_that_of_any_step(tmp_path: Path) -> None:
    """So no step is gone meanwhile."""
    a_task(tmp_path, Lane.PRIVATE, depends_on=["step_2"])
    write(task_path(tmp_path, Lane.PROCESSING, an_id(2)), "{")

    assert reasons(the_queue(tmp_path)) == [
        ("waits for dependency", "step_2 has no file")
    ]


def test_a_task_that_is_complete_as_well_may_be_claimed(tmp_path: Path) -> None:
    """And would run twice, which is told."""
    a_gpu(tmp_path)
    a_task(tmp_path, Lane.QUEUE, 1)
    a_task(tmp_path, Lane.COMPLETE, 1)
    a_task(tmp_path, Lane.QUEUE, 2)

    assert reasons(the_queue(tmp_path)) == [
        (None, "it is complete already, and would run twice"),
        (None, ""),
    ]


def test_of_tasks_with_one_name_one_that_did_not_fail_is_waited_for(
    tmp_path: Path,
) -> None:
    """A step that failed may have been submitted again."""
    a_task(tmp_path, Lane.PRIVATE, 1, depends_on=["step_2"])
    a_task(tmp_path, Lane.FAILED, 3, name="step_2", status="abandoned")
    open_one = a_task(tmp_path, Lane.QUEUE, 2)
    entries = the_queue(tmp_path).entries.rows
    [found] = [each for each in entries if each.task.id == an_id(1)]

    assert found.detail == "step_2 is pending"
    assert found.task.dependencies == (open_one,)


def test_a_name_that_no_task_ever_has_is_never_met(tmp_path: Path) -> None:
    """An older generation leaves such steps waiting for ever."""
    a_task(tmp_path, Lane.PRIVATE, depends_on=["transcribe_{ITEM.id}"])

    assert reasons(the_queue(tmp_path))[0][0] == "dependency gone"


def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    """It counts all the same."""
    for lane, number in ((Lane.QUEUE, 1), (Lane.PRIVATE, 2)):
        write(task_path(tmp_path, lane, an_id(number)), "{")
    write(tmp_path / "gpus" / "gpu_1" / "heartbeat.json", "{")
    write(tmp_path / "heartbeats" / "cpu-pi1.json", "{")
    queue = the_queue(tmp_path)

    assert {reason for reason, _ in reasons(queue)} == {"unreadable"}
    assert [gap.reason for gap in queue.untold] == [
        "gpus/gpu_1/heartbeat.json could not be read",
        "heartbeats/cpu-pi1.json could not be read",
        f"has 2 unreadable task files: {an_id(1)}, {an_id(2)}",
    ]


def test_a_queue_is_told_as_far_as_it_may_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a task waits for may lie where nobody may look."""
    a_task(tmp_path, Lane.PRIVATE, depends_on=["probe"])
    for name in ("complete", "processing"):
        shut(monkeypatch, tmp_path / "tasks" / name)
    shut(monkeypatch, tmp_path / "signals")

    queue = the_queue(tmp_path)

    assert reasons(queue) == [("waits for dependency", "probe has no file")]
    assert (queue.entries.whole, queue.entries.cut) == (False, False)
    assert untold_by(lambda: the_queue(tmp_path)) == [
        "tasks/processing may not be read",
        "signals unreadable in signals: Permission denied",
        "tasks/complete may not be read",
    ]


def test_of_a_step_whose_events_cannot_be_read_nobody_knows(tmp_path: Path) -> None:
    """Others of the queue are told all the same."""
    a_gpu(tmp_path)
    a_task(tmp_path, Lane.QUEUE, 1, created_at=naive(ago(hours=1)))
    a_task(tmp_path, Lane.PRIVATE, 2, depends_on=["build"])
    events = "plans/a/history/20261123_080000/logs/batch_events.jsonl"
    (tmp_path / events).mkdir(parents=True)

    assert reasons(the_queue(tmp_path)) == [
        (None, ""),
        ("waits for dependency", "build has no file"),
    ]


def test_why_nobody_takes_it_is_not_known_unless_all_heartbeats_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was not read may; what one that was read takes can be claimed."""
    a_gpu(tmp_path, 1)
    a_cpu(tmp_path)
    for number, kind in enumerate(("script", "cpu", "brain"), start=1):
        a_task(tmp_path, Lane.QUEUE, number, task_class=kind)
    write(task_path(tmp_path, Lane.QUEUE, an_id(4)), "{")
    a_task(tmp_path, Lane.PRIVATE, 5, depends_on=["gone"])
    shut(monkeypatch, tmp_path / "gpus")

    queue = the_queue(tmp_path)

    assert {each.task.id: each.reason for each in queue.entries.rows} == {
        an_id(1): "not known",
        an_id(2): None,
        an_id(3): "not known",
        an_id(4): "unreadable",
        an_id(5): "waits for dependency",
    }
    assert "gpus could not be read" in [each.reason for each in queue.untold]
