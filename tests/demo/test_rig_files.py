"""A rig on a disk, read by the real adapter."""

import os
import stat
from pathlib import Path

from bot.demo.rig_files import Shared, written
from bot.domain.agent_names import Lane
from tests.demo.rigs import a_rig, queue, read


async def test_the_product_reads_what_was_meant(tmp_path: Path) -> None:
    """Tasks by lane, who beats, its task and its sidecar, whatever the zone."""
    rig = a_rig(zone="Asia/Kolkata")
    agent, batch = rig.gpu(), rig.batch(rig.ago(minutes=3), "plan")
    task = rig.run(agent, rig.task(batch, "render"), seconds=60)
    rig.task(batch, "next")

    found = await read(rig, tmp_path)

    assert found.lanes is not None
    assert (found.lanes[Lane.PROCESSING], found.lanes[Lane.QUEUE]) == (1, 1)
    assert found.agents is not None
    [gpu] = [each for each in found.agents if each.id == agent.name]
    assert gpu.beat_at == agent.beat_at
    assert gpu.runs(task.id)
    [running] = [it for it in found.tasks or () if it.lane is Lane.PROCESSING]
    assert running.sidecar is not None
    assert running.sidecar.updated_at == task.sidecar_at
    assert found.gaps == ()


async def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """A task that moves on leaves its lane."""
    rig = a_rig()
    agent, batch = rig.gpu(), rig.batch(rig.ago(minutes=3), "plan")
    task = rig.run(agent, rig.task(batch, "render"), seconds=60)
    shared = Shared(tmp_path)
    shared.bring(rig)
    kept = tmp_path / "agents/config.json"
    os.utime(kept, (1, 1))

    agent.running.clear()
    rig.end(agent, task, rig.ago(seconds=1))
    shared.bring(rig)

    assert kept.stat().st_mtime == 1
    assert not (tmp_path / f"tasks/processing/{task.id}.json").exists()
    found = await queue(tmp_path, rig.zone)
    assert found.lanes is not None
    assert (found.lanes[Lane.PROCESSING], found.lanes[Lane.COMPLETE]) == (0, 1)


def test_a_lock_may_be_closed_and_a_file_torn(tmp_path: Path) -> None:
    """What nobody may write is written again all the same: the folder is ours."""
    rig = a_rig()
    task = rig.task(rig.batch(rig.ago(minutes=1), "plan"), "half")
    task.torn = True
    rig.locked.append(task.id)
    shared = Shared(tmp_path)
    shared.bring(rig)
    lock = tmp_path / f"tasks/queue/{task.id}.json.lock"
    assert stat.S_IMODE(lock.stat().st_mode) == 0o444

    rig.locked.clear()
    shared.bring(rig)

    assert stat.S_IMODE(lock.stat().st_mode) == 0o644
    torn = (tmp_path / f"tasks/queue/{task.id}.json").read_text()
    assert torn.startswith("{")
    assert not torn.endswith("}")


def test_a_hole_takes_no_room(tmp_path: Path) -> None:
    """The file is as long as it says; the disk holds its end alone."""
    rig = a_rig()
    rig.grown = rig.cpu().name
    Shared(tmp_path).bring(rig)

    [log] = tmp_path.glob("logs/cpu_workers/*.log")

    assert log.stat().st_size > 100 * 1024 * 1024
    assert log.stat().st_blocks * 512 < 1024 * 1024


def test_signals_and_escalations_have_their_places() -> None:
    """A signal may be JSON or a time as plain text."""
    rig = a_rig()
    rig.signals["gpu-1.stop"] = (rig.now, rig.naive(rig.now))
    rig.signals["gpu-2.kill"] = (rig.now, {"timestamp": rig.now})
    rig.escalations["e"] = {"created_at": rig.now}

    files = written(rig)

    assert files["signals/gpu-1.stop"].text == "2026-01-31T12:00:00.000000"
    assert '"timestamp": "2026-01-31T12:00:00' in files["signals/gpu-2.kill"].text
    assert "brain/escalations/e.json" in files
