import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.agent_names import Lane
from bot.domain.file_queue import FileQueue, Locks
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.sources.agents.folder import Folder
from bot.sources.agents.lanes import sidecar_path, task_path
from bot.sources.agents.scene import AgentsScene
from bot.sources.agents.shelf import Shelf
from bot.sources.asking import Gaps
from tests.sources.agents.files import (
    NOW,
    SAMPLES,
    a_brain,
    a_decision,
    a_folder,
    a_gpu,
    a_log,
    a_sidecar,
    a_task,
    ago,
    an_id,
    naive,
    running,
    shut,
    the_decisions,
    write,
)

RENDER = TaskId("3a333f8c-8470-4efc-81da-07a9419aa14b")
HOUR = Window.before(NOW, hours=1)


async def the_scene(folder: Folder, window: Window = HOUR) -> FileQueue:
    return await AgentsScene(folder, Shelf(folder)).scene(window)


async def test_a_killed_agent_is_seen_as_the_disk_tells(tmp_path: Path) -> None:
    """Its heartbeat is 52 s old, its task in progress, and no line tells its end."""
    folder, now = running(tmp_path, "1_gpu4_just_killed")
    found = await the_scene(folder, Window.before(now, hours=1))
    agents = {each.id: each for each in found.agents or ()}
    [held] = [each for each in found.tasks or () if each.worker == "gpu-4"
              and each.lane is Lane.PROCESSING]  # fmt: skip

    assert found.lanes == {
        Lane.PRIVATE: 0,
        Lane.QUEUE: 4,
        Lane.PROCESSING: 3,
        Lane.COMPLETE: 35,
        Lane.FAILED: 5,
    }
    assert agents["gpu-4"].age(now) == timedelta(seconds=52, microseconds=3833)  # type: ignore[index]
    assert agents["gpu-4"].runs(held.id)  # type: ignore[index]
    assert held.sidecar is not None
    assert found.lives is not None
    assert found.lives["gpu-4"].stopped_at is None
    assert (found.sidecars, found.doubles, found.signals) == ((), (), ())
    assert found.locks == Locks(total=14, unwritable=0)
    assert found.gaps == ()


async def test_one_agent_did_most_of_the_models_work(tmp_path: Path) -> None:
    """But for one task of a later batch: the incident of the guide."""
    folder, now = running(tmp_path, "1_gpu4_just_killed")
    found = await the_scene(folder, Window.before(now, hours=1))
    llm = {
        who: n for (who, kind), n in (found.completed or {}).items() if kind == "llm"
    }

    assert llm == {"gpu-2": 6, "gpu-1": 1}


async def test_a_stuck_task_that_was_queued_again_is_seen(tmp_path: Path) -> None:
    """With what the brain did, in its order, and the agent that it misses."""
    folder, now = running(tmp_path, "3_gpu1_stuck_requeued")
    found = await the_scene(folder, Window.before(now, hours=1))
    task = next(each for each in found.tasks or () if each.id == RENDER)
    about = [each.kind for each in found.told or () if each.subject == RENDER[:8]]
    missing = next(each for each in found.told or () if each.kind == "GPU_MISSING")

    assert (task.lane, task.requeue_reason) == (Lane.QUEUE, "force_kill_timeout")
    assert task.stuck_requeues == 1
    assert about[-3:] == [
        "TASK_ABORT_SIGNAL",
        "TASK_FORCE_KILL_SIGNAL",
        "TASK_REQUEUED_TIMEOUT",
    ]
    assert missing.subject == "gpu-4"
    assert missing.times == 21
    assert found.state is not None
    assert [each.worker for each in found.state.missing] == ["gpu-4"]
    assert found.monitor_at is not None
    assert now - found.monitor_at < timedelta(seconds=60)


async def test_a_double_run_is_seen(tmp_path: Path) -> None:
    """The task is complete, and another agent lists it; its sidecar has no task."""
    folder, now = running(tmp_path)
    found = await the_scene(folder, Window.before(now, hours=1))
    [double], [ghost] = found.doubles or (), found.sidecars or ()

    assert (double.task_id, double.lanes) == (RENDER, (Lane.COMPLETE,))
    assert double.agents == ("gpu-4",)
    assert (ghost.task_id, ghost.worker) == (RENDER, "gpu-4-w0-3a333f8c")
    assert [each.id for each in found.running(RENDER)] == ["gpu-4"]
    assert found.brain is not None
    assert found.configured is not None
    assert set(found.configured.agents) == {"gpu-1", "gpu-2", "gpu-4"}
    assert {each.path for each in found.logs or ()} >= {"logs/brain_decisions.log"}


async def test_the_oldest_generation_is_seen() -> None:
    """Without a brain's heartbeat, a state or a configuration."""
    found = await the_scene(a_folder(SAMPLES / "2026-02" / "claim_races"))

    assert len(found.agents or ()) == 6
    assert (found.brain, found.state, found.configured) == (None, None, None)
    assert found.gaps == ()


async def test_a_hung_task_is_seen() -> None:
    """A task without a sidecar whose agent has stopped."""
    found = await the_scene(a_folder(SAMPLES / "2026-03" / "big_output_hang"))
    [task] = found.tasks or ()

    assert (task.name, task.lane, task.sidecar) == (
        "big_output",
        Lane.PROCESSING,
        None,
    )


async def test_an_empty_folder_is_whole(tmp_path: Path) -> None:
    """Nothing is there, and nothing failed."""
    found = await the_scene(a_folder(tmp_path))

    assert found.lanes == dict.fromkeys(Lane, 0)
    assert (found.tasks, found.agents, found.told) == ((), (), ())
    assert (found.lives, found.logs) == ({}, ())
    assert found.gaps == ()


async def test_what_ended_long_ago_is_counted_but_not_read(tmp_path: Path) -> None:
    """Only the window's ends are tasks of the scene."""
    a_task(tmp_path, Lane.COMPLETE, 1, at=ago(hours=2))
    a_task(tmp_path, Lane.COMPLETE, 2, completed_at=naive(ago(minutes=5)),
           assigned_to="gpu-1")  # fmt: skip
    a_task(tmp_path, Lane.COMPLETE, 3, completed_at=naive(ago(minutes=5)),
           assigned_to="gpu-1", result={"success": False})  # fmt: skip
    a_task(tmp_path, Lane.FAILED, 4, at=ago(days=9))
    found = await the_scene(a_folder(tmp_path))

    assert (found.lanes or {})[Lane.COMPLETE] == 3
    assert {each.id for each in found.tasks or ()} == {an_id(2), an_id(3), an_id(4)}
    assert found.completed == {("gpu-1", "script"): 1}


async def test_a_double_in_two_lanes_is_seen_whatever_its_age(tmp_path: Path) -> None:
    """By its file of where it ended; who runs it is told, also by a cut id."""
    id = a_task(tmp_path, Lane.COMPLETE, at=ago(days=1))
    a_task(tmp_path, Lane.PROCESSING)
    a_sidecar(tmp_path, id)
    other = a_task(tmp_path, Lane.QUEUE, 2)
    a_task(tmp_path, Lane.PROCESSING, 2)
    a_gpu(tmp_path, 1, active_tasks=[{"task_id": id[:8]}])
    a_gpu(tmp_path, 2, active_tasks=[{"task_id": id}])
    found = await the_scene(a_folder(tmp_path))

    assert [
        (each.task_id, each.lanes, each.agents) for each in found.doubles or ()
    ] == [
        (id, (Lane.PROCESSING, Lane.COMPLETE), ("gpu-1", "gpu-2")),
        (other, (Lane.QUEUE, Lane.PROCESSING), ()),
    ]
    assert found.sidecars == ()
    assert {each.id for each in found.tasks or ()} == {id, other}


async def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    """The rest is read."""
    write(task_path(tmp_path, Lane.QUEUE, an_id(1)), "{")
    write(tmp_path / "gpus" / "gpu_1" / "heartbeat.json", "{")
    a_brain(tmp_path)
    found = await the_scene(a_folder(tmp_path))

    assert [gap.reason for gap in found.gaps] == [
        "gpus/gpu_1/heartbeat.json could not be read",
        f"has 1 unreadable task file: {an_id(1)}",
    ]
    assert found.unread == ("gpus/gpu_1/heartbeat.json",)
    assert found.brain is not None


async def test_a_state_and_a_configuration_that_are_torn_are_named(
    tmp_path: Path,
) -> None:
    """Else it would look as if there were none."""
    (tmp_path / "logs").mkdir()
    write(tmp_path / "brain" / "state.json", "{")
    write(tmp_path / "agents" / "config.json", "{")
    gaps = Gaps()
    with gaps.hearing():
        await the_scene(a_folder(tmp_path))

    assert [gap.reason for gap in gaps.all] == [
        f"{name} holds no JSON object: is it half written?"
        for name in ("brain/state.json", "agents/config.json")
    ]


async def test_a_part_that_the_disk_refuses_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is told as a gap."""
    folder = a_folder(tmp_path)

    def refused(name: str) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folder, "names", refused)
    found = await the_scene(folder)

    assert (found.lanes, found.tasks, found.agents, found.signals) == (None,) * 4
    assert "tasks unreadable: Permission denied" in {gap.reason for gap in found.gaps}


async def test_a_lane_that_may_not_be_read_takes_nothing_else_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is none of those that are counted."""
    id = a_task(tmp_path, Lane.QUEUE)
    a_gpu(tmp_path)
    folder = a_folder(tmp_path)
    shut(monkeypatch, tmp_path / "tasks" / "complete", tmp_path / "signals")
    found = await the_scene(folder)

    assert set(found.lanes or ()) == {*Lane} - {Lane.COMPLETE}
    assert found.hides_tasks
    assert [each.id for each in found.tasks or ()] == [id]
    assert [each.id for each in found.agents or ()] == ["gpu-1"]
    assert found.signals is None
    assert [gap.reason for gap in found.gaps] == [
        "signals unreadable in signals: Permission denied"
    ]


async def test_lines_that_tell_nothing_are_counted_once(tmp_path: Path) -> None:
    """Those of the window: what is older is asked for its last look alone."""
    old = (a_decision("RETRY", "m" * 1000, ago(days=3)) for _ in range(500))
    the_decisions(tmp_path, "x", *old, "y", a_decision("RETRY", "m", NOW), "z")
    gaps = Gaps()
    with gaps.hearing():
        await the_scene(a_folder(tmp_path))

    [gap] = gaps.all
    assert gap.reason == "logs/brain_decisions.log holds 2 lines that can't be read"


async def test_the_monitors_last_look_is_told_however_old(tmp_path: Path) -> None:
    """Other decisions of since are none."""
    the_decisions(
        tmp_path,
        a_decision("MONITOR", "x", ago(days=2)),
        a_decision("RETRY", "x", ago(days=1), note="MONITOR"),
    )
    a_log(tmp_path, "gpu-1.log", "09:00:00 [gpu-1] INFO: GPU agent ready")
    found = await the_scene(a_folder(tmp_path))

    assert found.monitor_at == ago(days=2)
    assert {each.path: each.size > 0 for each in found.logs or ()} == {
        "logs/brain_decisions.log": True,
        "logs/console/gpu-1.log": True,
    }


async def test_a_folder_at_work_is_read_without_a_wrong_count(tmp_path: Path) -> None:
    """Files are claimed, half written, finished and queued again meanwhile.

    What stays half written on a busy machine is told as a gap, and counts.
    """
    ids = [a_task(tmp_path, Lane.QUEUE, number) for number in range(60)]
    a_gpu(tmp_path)
    folder, over = a_folder(tmp_path), threading.Event()
    for lane in (Lane.PROCESSING, Lane.COMPLETE):
        task_path(tmp_path, lane, "x").parent.mkdir(parents=True, exist_ok=True)
    road = (Lane.QUEUE, Lane.PROCESSING, Lane.COMPLETE)
    beat = tmp_path / "gpus" / "gpu_1" / "heartbeat.json"

    def program() -> None:
        here = dict.fromkeys(ids, 0)
        while True:
            for id in ids:
                if over.wait(0.005):
                    return
                at, to = here[id], (here[id] + 1) % 3
                source = task_path(tmp_path, road[at], id)
                text = source.read_text()
                with task_path(tmp_path, road[to], id).open("w") as file:
                    file.write(text[:50])
                    file.flush()
                    file.write(text[50:])
                source.unlink()
                sidecar = sidecar_path(tmp_path, id)
                if road[to] is Lane.PROCESSING:
                    sidecar.write_text(json.dumps({"task_id": id}))
                else:
                    sidecar.unlink(missing_ok=True)
                doc = json.loads(beat.read_text()) | {"last_updated": naive(NOW)}
                beat.write_text(json.dumps(doc))
                here[id] = to

    thread = threading.Thread(target=program)
    thread.start()
    try:
        scenes = [await the_scene(folder) for _ in range(15)]
    finally:
        over.set()
        thread.join()

    assert {sum((each.lanes or {}).values()) for each in scenes} == {60}
    assert {len(each.doubles or ()) for each in scenes} == {0}


async def test_a_heartbeat_without_a_time_is_told_and_hinders_nothing(
    tmp_path: Path,
) -> None:
    """That of its file stands for it."""
    a_gpu(tmp_path, last_updated=None)
    found = await the_scene(a_folder(tmp_path))

    [gap] = [each for each in found.gaps if "heartbeat" in each.reason]
    assert gap.reason == (
        "gpus/gpu_1/heartbeat.json tells no time: that of its file stands for it"
    )
    assert not gap.failed
