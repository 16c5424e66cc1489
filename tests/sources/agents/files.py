"""Builders of the files that agents write, and the samples of real ones."""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.agent_names import Lane
from bot.domain.tasks import TaskId
from bot.sources.agents.clock import Clock
from bot.sources.agents.folder import Folder
from bot.sources.agents.lanes import sidecar_path, task_path
from bot.sources.asking import Gaps

SAMPLES = Path(__file__).parents[2] / "samples" / "agents"
SNAPSHOTS = SAMPLES / "2026-03" / "snapshots"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def an_id(number: int) -> TaskId:
    """Return an id whose first eight characters differ from all others'."""
    return TaskId(f"{number:08x}-0000-4000-8000-{number:012x}")


def naive(at: datetime) -> str:
    """Return the time as programs on a host in UTC write it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat()


def ago(**span: float) -> datetime:
    """Return the moment so long before now."""
    return NOW - timedelta(**span)


def a_folder(root: Path, zone: str = "UTC", **how: Any) -> Folder:
    """Return the folder at *root*, written on a host in that zone."""
    (root / "tasks").mkdir(parents=True, exist_ok=True)
    return Folder(root, Clock(ZoneInfo(zone)), **how)


def snapshot(name: str) -> tuple[Folder, datetime]:
    """Return a sample, and the moment at which it was taken."""
    root = SNAPSHOTS / name
    clock = Clock(ZoneInfo("UTC"))
    at = clock.at((root / "SNAPSHOT_AT").read_text())
    assert at is not None
    return Folder(root, clock), at


def write(path: Path, doc: Mapping[str, Any] | str, *, at: datetime = NOW) -> Path:
    """Write a file, as of then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(doc if isinstance(doc, str) else json.dumps(doc))
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def running(root: Path, name: str = "5_agents_back") -> tuple[Folder, datetime]:
    """Return a copy of a sample with its logs, written until then and no further."""
    _, at = snapshot(name)
    shutil.copytree(SNAPSHOTS / name, root, dirs_exist_ok=True)
    for path in root.rglob("*"):  # a checkout is as old as it is
        os.utime(path, (at.timestamp(), at.timestamp()))
    for source in (SAMPLES / "2026-03" / "logs").rglob("*.log"):
        kept, last = [], ""
        for line in source.read_text().splitlines(keepends=True):
            found = re.search(r"\d\d:\d\d:\d\d", line[:50])
            last = found[0] if found else last
            if last <= f"{at:%H:%M:%S}":
                kept.append((last, line))
        below = source.relative_to(SAMPLES / "2026-03")
        end = datetime.fromisoformat(f"2026-11-23T{kept[-1][0]}Z")
        write(root / below, "".join(line for _, line in kept), at=end)
    return a_folder(root), at


def racing(root: Path) -> datetime:
    """Copy the sample of February's workers, and return when its last line was."""
    at = datetime(2026, 11, 23, 9, 9, 47, tzinfo=UTC)
    shutil.copytree(SAMPLES / "2026-02" / "claim_races", root, dirs_exist_ok=True)
    for path in root.rglob("*"):
        os.utime(path, (at.timestamp(), at.timestamp()))
    return at


def a_log(root: Path, name: str, *lines: str, at: datetime = NOW) -> Path:
    """Write a console's log, last written then."""
    path = root / "logs" / "console" / name
    return write(path, "".join(f"{line}\n" for line in lines), at=at)


def a_decision(kind: str, message: str, at: datetime, **details: Any) -> str:
    """Return a line of the brain's decisions."""
    doc = {"timestamp": naive(at), "type": kind, "message": message}
    return json.dumps(doc | {"details": details})


def the_decisions(root: Path, *lines: str, at: datetime = NOW) -> Path:
    """Write the brain's decisions."""
    path = root / "logs" / "brain_decisions.log"
    return write(path, "".join(f"{line}\n" for line in lines), at=at)


def a_task(
    root: Path,
    lane: Lane,
    number: int = 1,
    *,
    at: datetime = NOW,
    **fields: Any,
) -> TaskId:
    """Write a task's file, last changed then, and return its id."""
    id = an_id(number)
    doc = {
        "task_id": id,
        "type": "shell",
        "name": f"step_{number}",
        "task_class": "script",
        "batch_id": "20261123_080000",
        "executor": "worker",
        "created_at": naive(NOW - timedelta(minutes=10)),
        **fields,
    }
    write(task_path(root, lane, id), doc, at=at)
    return id


def a_sidecar(root: Path, id: str, **fields: Any) -> None:
    """Write a task's sidecar."""
    doc = {"task_id": id, "worker_id": "gpu-1-w0", "updated_at": naive(NOW), **fields}
    write(sidecar_path(root, id), doc)


def a_gpu(root: Path, number: int = 1, **fields: Any) -> None:
    """Write the heartbeat of a cold GPU agent that beats now."""
    doc = {
        "gpu_id": number,
        "name": f"gpu-{number}",
        "state": "cold",
        "runtime_state": "cold",
        "last_updated": naive(NOW),
        "budget_available_mb": 4800,
        **fields,
    }
    write(root / "gpus" / f"gpu_{number}" / "heartbeat.json", doc)


def a_cpu(root: Path, name: str = "cpu-pi1", **fields: Any) -> None:
    """Write the heartbeat of a CPU agent that beats now."""
    doc = {
        "worker_type": "cpu",
        "name": name,
        "state": "idle",
        "last_updated": naive(NOW),
        **fields,
    }
    write(root / "cpus" / name / "heartbeat.json", doc)


def a_brain(root: Path, **fields: Any) -> None:
    """Write the heartbeat of a brain that beats now."""
    doc = {
        "worker_type": "brain",
        "name": "brain",
        "state": "online",
        "last_updated": naive(NOW),
        **fields,
    }
    write(root / "brain" / "heartbeat.json", doc)


def shut(patched: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let nobody list the folders: root could, whatever their modes are."""
    access = os.access

    def refusing(list_: Any) -> Any:
        def listed(path: Path) -> Any:
            if path in folders:
                raise PermissionError(13, "Permission denied", str(path))
            return list_(path)

        return listed

    def may(path: str, mode: int) -> bool:
        return Path(path) not in folders and access(path, mode)

    patched.setattr(os, "access", may)
    patched.setattr(os, "listdir", refusing(os.listdir))
    patched.setattr(os, "scandir", refusing(os.scandir))


def untold_by(question: Callable[[], object]) -> list[str]:
    """Return what the answer to a question leaves untold."""
    gaps = Gaps()
    with gaps.hearing():
        question()
    return [gap.reason for gap in gaps.all]
