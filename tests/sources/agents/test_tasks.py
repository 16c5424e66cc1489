from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.errors import NotFound, SourceDown
from bot.domain.file_queue import TaskFile
from bot.domain.tasks import TaskId, TaskPhase
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import Endings, Tasks, TaskSearch
from bot.sources.agents import tasks as module
from bot.sources.agents.lanes import task_path
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.tasks import AgentsTasks
from tests.sources.agents.files import (
    NOW,
    SAMPLES,
    a_folder,
    a_gpu,
    a_task,
    ago,
    an_id,
    naive,
    running,
    shut,
    snapshot,
    write,
)

DAY = Window.before(NOW, hours=24)
RENDER = TaskId("3a333f8c-8470-4efc-81da-07a9419aa14b")


def the_tasks(root: Path) -> Tasks:
    return AgentsTasks(a_folder(root))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        (
            "1_gpu4_just_killed",
            {"pending": 4, "processing": 3, "complete": 34, "failed": 1},
        ),
        ("3_gpu1_stuck_requeued", {"pending": 5, "processing": 1}),
        ("5_agents_back", {"pending": 3, "processing": 2, "complete": 1}),
    ],
)
async def test_a_snapshots_tasks_are_counted(name: str, counts: dict[str, int]) -> None:
    """No sidecar is a task: the program's own sum counts them."""
    tasks = AgentsTasks(snapshot(name)[0])
    expected = dict.fromkeys(tasks.statuses, 0)
    expected |= {"blocked_cloud": 2, "abandoned": 3}

    assert await tasks.counts() == expected | counts
    assert await tasks.count("blocked_cloud") == 2


async def test_of_very_many_complete_tasks_the_newest_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the others none counts as failed; all are counted."""
    ill: dict[str, Any] = {"result": {"success": False}}
    for number in range(4):
        a_task(tmp_path, Lane.COMPLETE, number, at=ago(hours=number), **ill)
    monkeypatch.setattr(module, "BOUND", 3)
    counts = await the_tasks(tmp_path).counts()

    assert (counts["complete"], counts["failed"]) == (1, 3)


async def test_a_failed_task_that_is_queued_again_meanwhile_is_counted_there(
    tmp_path: Path,
) -> None:
    """It waits with those that waited before."""
    a_task(tmp_path, Lane.QUEUE, 1)
    id = a_task(tmp_path, Lane.FAILED, 2)
    folder = a_folder(tmp_path)

    class Moving(Shelf):
        def files(self, ids: Iterable[TaskId], lane: Lane) -> list[TaskFile]:
            source = task_path(tmp_path, Lane.FAILED, id)
            if source.exists():
                source.rename(task_path(tmp_path, Lane.QUEUE, id))
            return super().files(ids, lane)

    counts = await AgentsTasks(folder, Moving(folder)).counts()

    assert {name: n for name, n in counts.items() if n} == {"pending": 2}


async def test_the_oldest_generations_tasks_are_read() -> None:
    """Ten of them, complete, each by a worker of its own loop."""
    tasks = the_tasks(SAMPLES / "2026-02" / "claim_races")
    found = await tasks.of_worker(WorkerId("worker-3"))

    assert (await tasks.counts())["complete"] == 10
    assert {(each.attempts, each.phase) for each in found.rows} == {(1, TaskPhase.DONE)}


async def test_a_hung_tasks_file_is_read() -> None:
    """Nothing but its time tells that it hangs."""
    tasks = the_tasks(SAMPLES / "2026-03" / "big_output_hang")
    [(found, holder)] = (await tasks.running()).rows

    assert (found.id[:8], found.worker_id) == ("9bdb254e", "gpu-1")
    assert holder is not None
    assert found.started_at is not None


async def test_a_task_is_followed_through_the_snapshots() -> None:
    """Running, queued again, and done while another agent runs it again."""
    seen = []
    for name in ("1_gpu4_just_killed", "3_gpu1_stuck_requeued", "5_agents_back"):
        found, holder = await AgentsTasks(snapshot(name)[0]).get(RENDER)
        seen.append((found.phase, holder and holder.id, found.attempts, found.note))

    assert seen == [
        (TaskPhase.RUNNING, "gpu-1", 2, None),
        (TaskPhase.WAITING, None, 2, "queued again: force_kill_timeout"),
        (TaskPhase.DONE, "gpu-1", 2, "gpu-4 runs it again"),
    ]


async def test_failures_of_a_snapshot_have_their_errors(tmp_path: Path) -> None:
    """A plan that could not be run lies among the complete ones."""
    folder, now = running(tmp_path, "1_gpu4_just_killed")
    window = Window.before(now, hours=24)
    found = await AgentsTasks(folder).failed(TaskSearch(window=window))
    errors = {each.id[:8]: each.error or "" for each in found.rows}

    assert set(errors) == {"48d88b24", "f286659e", "af285509", "cb999d6e"}
    assert errors["48d88b24"].startswith("torch.cuda.OutOfMemoryError: CUDA out of")
    assert errors["cb999d6e"].endswith("moov atom not found")
    assert errors["f286659e"].startswith("Resume batch manifest not found")


@pytest.mark.parametrize(
    ("text", "whole", "begins"),
    [
        (RENDER, True, True),
        (RENDER.upper(), True, True),
        ("3a33", False, True),
        ("gpu-1", False, False),
        ("", False, False),
    ],
)
def test_ids_are_known_by_their_form(
    tmp_path: Path, text: str, *, whole: bool, begins: bool
) -> None:
    """They are UUIDs."""
    tasks = the_tasks(tmp_path)

    assert (tasks.is_id(text), tasks.may_begin(text)) == (whole, begins)


async def test_tasks_are_found_by_what_their_ids_begin_with(tmp_path: Path) -> None:
    """In any lane, the newest first; archived ones only where there is no other."""
    for number, lane in enumerate(Lane):
        made = naive(ago(hours=number))
        a_task(tmp_path, lane, number, created_at=made)
    write(tmp_path / "tasks/archive/b/complete" / f"{an_id(0xFF)}.json", {"a": 1})
    tasks = the_tasks(tmp_path)

    assert await tasks.find("0000") == [an_id(n) for n in range(5)]
    assert await tasks.find("00000003") == [an_id(3)]
    assert await tasks.find("000000FF") == [an_id(0xFF)]
    assert await tasks.find("x") == ()
    assert (await tasks.get(an_id(0xFF)))[0].phase is TaskPhase.DONE


async def test_a_batch_holds_those_of_its_tasks_that_were_put_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, by its lane; where the archive is shut nobody knows which."""
    doc: Any = {"batch_id": "b1", "created_at": naive(ago(hours=1))}
    a_task(tmp_path, Lane.QUEUE, 1, **doc)
    for number, lane in ((1, "complete"), (2, "complete"), (3, "failed")):
        write(tmp_path / "tasks/archive/b1" / lane / f"{an_id(number)}.json", doc)
    write(tmp_path / "tasks/archive/b2/complete" / f"{an_id(4)}.json", doc)
    tasks, wanted = the_tasks(tmp_path), TaskSearch(window=DAY, batch="b1")

    found = await tasks.search(wanted)
    every = await tasks.search(TaskSearch(window=DAY))
    with monkeypatch.context() as patched:
        shut(patched, tmp_path / "tasks" / "archive")
        hidden = await tasks.search(wanted)
    monkeypatch.setattr(module, "BOUND", 2)
    cut = await tasks.search(wanted)

    assert {each.id: each.status for each in found.rows} == {
        an_id(1): "pending", an_id(2): "complete", an_id(3): "failed"
    }  # fmt: skip
    assert (found.whole, found.hides) == (True, False)
    assert [each.id for each in every.rows] == [an_id(1)]
    assert [each.id for each in hidden.rows] == [an_id(1)]
    assert (hidden.whole, hidden.hides) == (False, True)
    assert (len(cut.rows), cut.whole, cut.cut) == (2, False, True)


async def test_what_could_not_be_read_may_be_of_any_batch_and_of_any_agent(
    tmp_path: Path,
) -> None:
    """It is counted, and the list is not whole."""
    a_gpu(tmp_path)
    a_task(tmp_path, Lane.PROCESSING, 1)
    tasks, batch = the_tasks(tmp_path), TaskSearch(window=DAY, batch="b1")
    before = await tasks.search(batch), await tasks.running()
    write(task_path(tmp_path, Lane.PROCESSING, an_id(2)), "{")
    after = await tasks.search(batch), await tasks.running()

    assert [(each.whole, each.hides) for each in before] == [(True, False)] * 2
    assert [(each.whole, each.hides) for each in after] == [(False, True)] * 2
    assert (len(after[0].rows), len(after[1].rows)) == (0, 2)


async def test_a_task_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """Its lines may be."""
    with pytest.raises(NotFound) as raised:
        await the_tasks(tmp_path).get(an_id(1))

    assert raised.value.hint.endswith("logs --search 00000001")


async def test_a_task_whose_file_is_unreadable_is_not_judged(tmp_path: Path) -> None:
    """In lists it counts all the same."""
    write(task_path(tmp_path, Lane.QUEUE, an_id(1)), "{")
    tasks = the_tasks(tmp_path)

    with pytest.raises(SourceDown, match="half written"):
        await tasks.get(an_id(1))
    [found] = (await tasks.search(TaskSearch(window=DAY))).rows
    assert (found.task_type, found.status) == ("unreadable", "pending")


async def test_a_double_says_so(tmp_path: Path) -> None:
    """It is one task."""
    id = a_task(tmp_path, Lane.COMPLETE)
    a_task(tmp_path, Lane.PROCESSING)
    tasks = the_tasks(tmp_path)

    assert (await tasks.get(id))[0].note == (
        "its file lies in processing and in complete at once"
    )
    assert len((await tasks.search(TaskSearch(window=DAY))).rows) == 1


async def test_a_list_holds_what_matches(tmp_path: Path) -> None:
    """By window, status, type and worker; without error texts."""
    a_task(tmp_path, Lane.QUEUE, 1, task_class="llm")
    a_task(
        tmp_path,
        Lane.FAILED,
        2,
        assigned_to="gpu-1",
        status="failed",
        result={"error": "x"},
    )
    a_task(tmp_path, Lane.COMPLETE, 3, created_at=naive(ago(days=2)))
    tasks = the_tasks(tmp_path)

    async def ids(**wanted: str) -> list[int]:
        found = await tasks.search(TaskSearch(window=DAY, **wanted))  # type: ignore[arg-type]
        assert all(each.error is None for each in found.rows)
        return [int(each.id[:8], 16) for each in found.rows]

    assert await ids() == [2, 1]
    assert await ids(batch="20261123_080000") == [2, 1]
    assert await ids(batch="20261123_080001") == []
    assert await ids(status="pending") == [1]
    assert await ids(task_type="script") == [2]
    assert await ids(worker_id="gpu-1") == [2]
    [failure] = (await tasks.failed(TaskSearch(window=DAY))).rows
    assert failure.error == "x"


async def test_the_status_of_failures_means_all_that_failed(tmp_path: Path) -> None:
    """What the brain gave up on can be asked for by its own status as well."""
    names = ("failed", "blocked_cloud", "abandoned")
    for number, status in enumerate(names, start=1):
        a_task(tmp_path, Lane.FAILED, number, status=status)
    a_task(tmp_path, Lane.QUEUE, 4)
    tasks = the_tasks(tmp_path)

    async def found(status: str) -> set[str]:
        rows = (await tasks.search(TaskSearch(window=DAY, status=status))).rows
        return {each.status for each in rows}

    assert await found("failed") == set(names)
    assert await found("abandoned") == {"abandoned"}


async def test_what_was_complete_before_the_window_is_not_even_opened(
    tmp_path: Path,
) -> None:
    """There may be tens of thousands; a task ends after it was made."""
    id = a_task(tmp_path, Lane.COMPLETE, at=ago(days=2))
    task_path(tmp_path, Lane.COMPLETE, id).write_text("{")
    write(task_path(tmp_path, Lane.COMPLETE, id), "{", at=ago(days=2))

    assert (await the_tasks(tmp_path).search(TaskSearch(window=DAY))).rows == ()


async def test_ends_are_counted_by_their_time(tmp_path: Path) -> None:
    """And what was made long before is left out."""
    done: dict[str, Any] = {
        "completed_at": naive(ago(minutes=5)),
        "result": {"success": True},
    }
    a_task(tmp_path, Lane.COMPLETE, 1, **done)
    a_task(tmp_path, Lane.FAILED, 2, completed_at=naive(ago(minutes=5)))
    a_task(tmp_path, Lane.COMPLETE, 3, **done | {"completed_at": naive(ago(hours=2))})
    a_task(tmp_path, Lane.COMPLETE, 4, **done, created_at=naive(ago(days=3)))
    a_task(tmp_path, Lane.PROCESSING, 5, completed_at=naive(ago(minutes=5)))
    hour = Window.before(NOW, hours=1)

    assert await the_tasks(tmp_path).ended(hour, made=DAY) == Endings(
        completed=1, failed=1
    )


async def test_a_worker_has_what_its_subprocesses_did(tmp_path: Path) -> None:
    """Whatever lane it lies in; what waits again is nobody's."""
    a_gpu(tmp_path)
    a_task(tmp_path, Lane.COMPLETE, 1, assigned_to="gpu-1")
    a_task(tmp_path, Lane.PROCESSING, 2, assigned_to="gpu-1-w0-dd8fbfaa")
    a_task(tmp_path, Lane.QUEUE, 3, assigned_to="gpu-1")
    a_task(tmp_path, Lane.COMPLETE, 4, assigned_to="gpu-11")
    found = await the_tasks(tmp_path).of_worker(WorkerId("gpu-1"))

    assert {each.id for each in found.rows} == {an_id(1), an_id(2)}
    assert found.whole


async def test_names_of_dependencies_become_ids(tmp_path: Path) -> None:
    """Within the batch, wherever the files lie by now."""
    first = a_task(tmp_path, Lane.COMPLETE, 1)
    second = a_task(tmp_path, Lane.QUEUE, 2)
    third = a_task(tmp_path, Lane.PRIVATE, 3, depends_on=["step_1", "step_2", "x"])
    a_task(tmp_path, Lane.QUEUE, 4, name="step_1", batch_id="another")
    tasks = the_tasks(tmp_path)

    found, _ = await tasks.get(third)

    assert found.dependencies == (first, second)
    assert found.parameters["depends on"] == "step_1, step_2, x"
    assert [each.id for each in await tasks.dependants(second)] == [third]
    assert await tasks.dependants(an_id(9)) == ()
    assert {each.id for each in await tasks.named([first, an_id(9)])} == {first}
    assert await tasks.children(found) == ()
    assert await tasks.generating(["llm"]) == frozenset()


async def test_a_half_written_file_tells_nothing_of_its_task(tmp_path: Path) -> None:
    """So it is none of those that are named, as it cannot be had alone."""
    id = a_task(tmp_path, Lane.QUEUE, 1)
    task_path(tmp_path, Lane.QUEUE, id).write_text('{"task_id": ')
    tasks = the_tasks(tmp_path)

    assert await tasks.named([id]) == []
    with pytest.raises(SourceDown):
        await tasks.get(id)


async def test_the_queue_is_asked_in_a_thread_as_well(tmp_path: Path) -> None:
    """Its reasons are tested beside it."""
    a_task(tmp_path, Lane.QUEUE)
    queue = await the_tasks(tmp_path).queue(NOW)

    assert [each.reason for each in queue.entries.rows] == ["no agent is alive"]


async def test_how_often_a_task_is_tried_its_configuration_tells(
    tmp_path: Path,
) -> None:
    """What waits for one that is tried again may yet run."""
    a_task(tmp_path, Lane.PRIVATE, 1, depends_on=["step_2"])
    a_task(tmp_path, Lane.FAILED, 2, attempts=3)
    before = await the_tasks(tmp_path).queue(NOW)
    write(tmp_path / "config.json", {"retry_policy": {"max_attempts": 4}})
    after = await the_tasks(tmp_path).queue(NOW)

    assert [each.entries.rows[0].reason for each in (before, after)] == [
        "dependency failed", "waits for dependency"
    ]  # fmt: skip


async def test_of_a_lane_that_may_not_be_read_nothing_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies there may be any number; the rest is told."""
    a_task(tmp_path, Lane.QUEUE, 1)
    held = a_task(tmp_path, Lane.PROCESSING, 2, assigned_to="gpu-1")
    tasks = the_tasks(tmp_path)
    shut(monkeypatch, tmp_path / "tasks" / "failed", tmp_path / "tasks" / "complete")

    assert await tasks.counts() == {"pending": 1, "waiting": 0, "processing": 1}
    assert await tasks.count("pending") == 1
    for status in ("complete", "failed", "abandoned"):
        with pytest.raises(SourceDown, match="may not be read"):
            await tasks.count(status)
    assert [task.id for task, _ in (await tasks.running()).rows] == [held]
    for found in (
        await tasks.search(TaskSearch(window=DAY)),
        await tasks.of_worker(WorkerId("gpu-1")),
    ):
        assert held in {each.id for each in found.rows}
        assert (found.whole, found.hides, found.cut) == (False, True, False)
    assert await tasks.ended(DAY, made=DAY) == Endings(completed=None, failed=None)


async def test_a_task_may_lie_where_nobody_may_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nobody can say that there is none, nor that nothing is in progress."""
    id = a_task(tmp_path, Lane.QUEUE, 1)
    tasks = the_tasks(tmp_path)
    shut(monkeypatch, tmp_path / "tasks" / "processing")

    assert await tasks.find("0000") == [id]
    assert (await tasks.get(id))[0].id == id
    for question in (tasks.find("9999"), tasks.get(an_id(9)), tasks.running()):
        with pytest.raises(SourceDown, match="tasks/processing may not be read"):
            await question
