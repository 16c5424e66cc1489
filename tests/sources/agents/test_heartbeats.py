from pathlib import Path
from typing import Any

import pytest

from bot.domain.agent_names import AgentKind
from bot.domain.file_queue import ThermalPause
from bot.domain.workers import WorkerId, WorkerPhase
from bot.sources.agents.heartbeats import heartbeats, never_started, status, worker
from tests.sources.agents.files import (
    NOW,
    SAMPLES,
    a_brain,
    a_cpu,
    a_folder,
    a_gpu,
    ago,
    naive,
    shut,
    snapshot,
    write,
)


def test_every_program_is_found_once_in_its_order(tmp_path: Path) -> None:
    """Of two files of one program the newer one is told."""
    for number in (10, 2):
        a_gpu(tmp_path, number)
    a_brain(tmp_path)
    a_cpu(tmp_path)
    late = {"worker_type": "cpu", "name": "cpu-pi1", "state": "running"}
    write(
        tmp_path / "heartbeats" / "cpu-pi1.json",
        late | {"last_updated": naive(ago(seconds=-5))},
    )
    early = {"worker_type": "brain", "name": "brain", "state": "stopping"}
    write(
        tmp_path / "heartbeats" / "brain.json",
        early | {"last_updated": naive(ago(seconds=5))},
    )
    write(tmp_path / "heartbeats" / "notes.txt", "")

    found, unread = heartbeats(a_folder(tmp_path))

    assert [each.id for each in found] == ["brain", "cpu-pi1", "gpu-2", "gpu-10"]
    assert [each.state for each in found[:2]] == ["online", "running"]
    assert unread == ()


def test_the_newest_generation_is_read_whole() -> None:
    """As the real program wrote it."""
    folder, now = snapshot("5_agents_back")
    found, _ = heartbeats(folder)
    gpu = {each.id: each for each in found}[WorkerId("gpu-1")]

    assert gpu.kind is AgentKind.GPU
    assert gpu.age(now) is not None
    assert (gpu.hot, gpu.model, gpu.reserved_for, gpu.pause) == (
        False,
        None,
        None,
        None,
    )
    assert (gpu.budget_mb, gpu.claimed_mb, gpu.vram_total_mb) == (115, 4800, 6144)
    assert (gpu.completed, gpu.failed, gpu.health_failures) == (4, 1, 0)
    [active] = gpu.active
    assert (active.worker, active.pid) == ("gpu-1-w0-1c1a09da", 13089)
    assert (active.task_class, active.vram_estimate_mb) == ("script", 4800)


def test_the_oldest_generation_is_read_by_its_shape() -> None:
    """Six workers, one of them hot."""
    found, _ = heartbeats(a_folder(SAMPLES / "2026-02" / "claim_races"))

    assert [each.id for each in found] == [f"worker-{n}" for n in range(1, 7)]
    assert {each.kind for each in found} == {AgentKind.WORKER}
    assert sorted((each.hot or False, each.model or "") for each in found) == [
        *[(False, "")] * 5,
        (True, "qwen2.5:7b"),
    ]
    assert [each.gpu for each in found] == [1, 2, 3, 4, 0, 1]
    assert found[0].beat_at is not None
    assert status(found[0]) == "cold"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "cold"),
        ({"runtime_state": "wedged"}, "wedged"),
        ({"runtime_state": None, "state": "hot"}, "hot"),
        ({"thermal_pause_active": True}, "thermal_pause"),
    ],
)
def test_one_word_tells_what_an_agent_does(
    tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    """A pause before its runtime."""
    a_gpu(tmp_path, **fields)
    [found], _ = heartbeats(a_folder(tmp_path))

    assert status(found) == said


def test_what_holds_an_agent_back_is_read(tmp_path: Path) -> None:
    """Reservation, heat, modules and runtime errors."""
    a_gpu(
        tmp_path,
        state="hot",
        loaded_model="qwen2.5:7b",
        reserved=True,
        reserved_for="",
        thermal_constrained=True,
        thermal_reasons=["82C >= 75C"],
        thermal_pause_active=True,
        thermal_pause_reasons=["82C >= 75C"],
        thermal_pause_until=naive(ago(seconds=-30)),
        thermal_pause_attempts=2,
        env_block_reason="missing modules: torch",
        runtime_error_code="gguf_not_found",
        runtime_error_detail="no file",
        meta_task_active=True,
        meta_task_id="m",
        active_tasks=[{"task_id": "3a333f8c"}, {"no": "id"}, 5],
    )
    [found], _ = heartbeats(a_folder(tmp_path))

    assert (found.hot, found.reserved_for) == (True, "")
    assert found.constrained == ("82C >= 75C",)
    assert found.pause == ThermalPause(
        reasons=("82C >= 75C",), until=ago(seconds=-30), attempts=2
    )
    assert found.env_block == "missing modules: torch"
    assert found.runs("3a333f8c-8470-4efc-81da-07a9419aa14b")
    assert found.meta_task == "m"
    row = worker(found)
    assert (row.error_reason, row.current_model) == (
        "gguf_not_found: no file",
        "qwen2.5:7b",
    )


def test_a_cpu_agent_names_its_only_task(tmp_path: Path) -> None:
    """And why it pauses, in one text."""
    a_cpu(
        tmp_path,
        active_task_id="t",
        active_task_pid=5,
        thermal_pause_active=True,
        thermal_pause_reason="hot",
    )
    [found], _ = heartbeats(a_folder(tmp_path))

    assert [each.task_id for each in found.active] == ["t"]
    assert found.pause == ThermalPause(reasons=("hot",))
    assert found.hot is None


@pytest.mark.parametrize(
    ("place", "doc", "id", "kind"),
    [
        ("gpus/gpu_3/heartbeat.json", {}, "gpu-3", AgentKind.GPU),
        ("workers/worker-2/heartbeat.json", {}, "worker-2", AgentKind.WORKER),
        ("cpus/cpu-x/heartbeat.json", {}, "cpu-x", AgentKind.CPU),
        ("brain/heartbeat.json", {}, "brain", AgentKind.BRAIN),
        ("heartbeats/brain.json", {}, "brain", AgentKind.BRAIN),
    ],
)
def test_a_file_that_says_little_is_told_by_its_place(
    tmp_path: Path, place: str, doc: dict[str, Any], id: str, kind: AgentKind
) -> None:
    """It has beaten all the same: when, the file's own time tells."""
    write(tmp_path / place, doc, at=ago(seconds=9))
    [found], _ = heartbeats(a_folder(tmp_path))

    assert (found.id, found.kind) == (id, kind)
    assert (found.beat_at, found.undated) == (ago(seconds=9), True)
    assert worker(found).status != "never started"


@pytest.mark.parametrize("said", [None, "soon", 17, ""])
def test_a_heartbeat_whose_time_cannot_be_read_is_as_old_as_its_file(
    tmp_path: Path, said: object
) -> None:
    """Its agent did start, and is in the state that it says."""
    a_gpu(tmp_path, last_updated=said)
    [found], unread = heartbeats(a_folder(tmp_path))

    assert (found.beat_at, found.undated, unread) == (NOW, True, ())
    assert worker(found).status == "cold"


def test_of_two_files_the_one_that_tells_its_time_is_told(tmp_path: Path) -> None:
    """Though the other may have been written later."""
    told = {"worker_type": "brain", "last_updated": naive(ago(hours=1))}
    a_brain(tmp_path, last_updated=None)
    write(tmp_path / "heartbeats" / "brain.json", told)
    [brain], _ = heartbeats(a_folder(tmp_path))

    assert (brain.beat_at, brain.undated) == (ago(hours=1), False)


def test_a_heartbeat_half_written_is_said_to_be_unread(tmp_path: Path) -> None:
    """The others are read."""
    a_gpu(tmp_path, 1)
    write(tmp_path / "gpus" / "gpu_2" / "heartbeat.json", '{"name": ')
    (tmp_path / "gpus" / "gpu_3").mkdir()

    found, unread = heartbeats(a_folder(tmp_path))

    assert [each.id for each in found] == ["gpu-1"]
    assert unread == ("gpus/gpu_2/heartbeat.json",)


def test_only_the_age_of_its_heartbeat_tells_that_an_agent_ended(
    tmp_path: Path,
) -> None:
    """A brain says at least that it stops."""
    a_gpu(tmp_path, last_updated=naive(ago(days=1)))
    a_brain(tmp_path, state="stopping")
    found, _ = heartbeats(a_folder(tmp_path))
    brain, gpu = map(worker, found)

    assert (gpu.phase, gpu.last_heartbeat_at) == (WorkerPhase.ACTIVE, ago(days=1))
    assert gpu.created_at == ago(days=1)
    assert (brain.phase, brain.runs_on_gpu) == (WorkerPhase.ENDED, False)


def test_configured_agents_that_never_beat_are_named() -> None:
    """They have no time at all."""
    [absent] = never_started([WorkerId("gpu-1")], [])
    row = worker(absent)

    assert (row.status, row.phase) == ("never started", WorkerPhase.UNKNOWN)
    assert row.pulse(NOW) is None
    assert never_started([WorkerId("gpu-1")], [absent]) == ()


def test_a_folder_that_may_not_be_listed_hides_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands among what was not read; where all are shut, nobody is known."""
    a_gpu(tmp_path, 1)
    a_cpu(tmp_path)
    a_brain(tmp_path)
    bases = [tmp_path / name for name in ("gpus", "workers", "cpus", "heartbeats")]
    with monkeypatch.context() as patched:
        shut(patched, tmp_path / "gpus")
        found, unread = heartbeats(a_folder(tmp_path))
    with monkeypatch.context() as patched:
        shut(patched, *bases)
        with pytest.raises(PermissionError):
            heartbeats(a_folder(tmp_path))

    assert [each.id for each in found] == ["brain", "cpu-pi1"]
    assert unread == ("gpus",)
