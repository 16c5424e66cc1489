"""How a rig lies on a disk: the files that its programs would have written by now."""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.demo import rig_february as february
from bot.demo.rig import Rig
from bot.demo.rig_beats import beats, brain, config, heartbeat, state
from bot.demo.rig_consoles import Written, console, of_brain, plain, text
from bot.demo.rig_parts import RigTask

LANES: Final[Mapping[str, str]] = {
    "private": "brain/private_tasks",
    **{each: f"tasks/{each}" for each in ("queue", "processing", "complete", "failed")},
}


class Shared:
    """The folder of a rig on a disk, in which only what changed is written."""

    def __init__(self, root: Path) -> None:
        """Write below *root*."""
        self.root = root
        self._known: dict[str, Written] = {}

    def bring(self, rig: Rig) -> None:
        """Make the folder as the rig is; files of tasks that moved on are gone."""
        files = written(rig)
        for path, file in files.items():
            if self._known.get(path) != file:
                self._write(self.root / path, file)
        for path in self._known.keys() - files.keys():
            (self.root / path).unlink(missing_ok=True)
        self._known = files

    def _write(self, path: Path, file: Written) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.chmod(0o644)
        with path.open("wb") as handle:
            handle.truncate(file.hole)
            handle.seek(file.hole)
            handle.write(file.text.encode())
        os.utime(path, (file.at.timestamp(), file.at.timestamp()))
        path.chmod(file.mode)


def written(rig: Rig) -> dict[str, Written]:
    """Return the files by their paths below the shared folder."""
    return dict(_files(rig))


def _files(rig: Rig) -> Iterator[tuple[str, Written]]:
    yield from _of_brain(rig)
    yield from of_brain(rig)
    for agent in rig.agents.values():
        for path in beats(agent):
            yield path, _doc(rig, heartbeat(agent), min(agent.beat_at, rig.now))
        if agent.logged:
            yield console(rig, agent)
    for task in rig.tasks.values():
        yield from _of_task(rig, task)
    for number in range(rig.leftovers):
        id = f"{number:08x}-0000-4000-8000-000000000000"
        yield f"tasks/queue/{id}.json.lock", Written("", rig.begin)
    for name, (at, said) in rig.signals.items():
        plainly = isinstance(said, str)
        yield f"signals/{name}", Written(said, at) if plainly else _doc(rig, said, at)


def _of_brain(rig: Rig) -> Iterator[tuple[str, Written]]:
    yield "agents/config.json", _doc(rig, config(rig), rig.begin)
    if rig.february:
        return
    yield "brain/brain_agent.lock", Written("", rig.begin)
    for path in ("brain/heartbeat.json", "heartbeats/brain.json"):
        yield path, _doc(rig, brain(rig), rig.brain_at)
    yield "brain/state.json", _doc(rig, state(rig), rig.brain_at)
    for id, each in rig.escalations.items():
        path = f"brain/escalations/{id}.json"
        yield path, _doc(rig, each, each["created_at"])
    for batch in rig.batches:
        base = f"plans/{batch.plan}/history/{batch.id}/logs"
        lines = [json.dumps(plain(rig, each)) for each in batch.events]
        at = batch.events[-1]["recorded_at"] if batch.events else batch.at
        yield f"{base}/batch_events.jsonl", Written(text(lines), at)


def _doc(rig: Rig, value: Any, at: datetime) -> Written:
    return Written(json.dumps(plain(rig, value), indent=2), at)


def _of_task(rig: Rig, task: RigTask) -> Iterator[tuple[str, Written]]:
    if task.lane:
        yield f"{LANES[task.lane]}/{task.id}.json", _task(rig, task)
    if task.lane != "private":
        mode = 0o444 if task.id in rig.locked else 0o644
        lock = Written("", task.created_at, mode)
        yield f"tasks/queue/{task.id}.json.lock", lock
    if task.sidecar_at is not None and not rig.february:
        yield f"tasks/processing/{task.id}.heartbeat.json", _sidecar(rig, task)


def _task(rig: Rig, task: RigTask) -> Written:
    fields = {name: it for name, it in task.fields.items() if not name.startswith("_")}
    times = [it for it in fields.values() if isinstance(it, datetime)]
    plan = f"shared/plans/{task.batch.plan}"
    shown = {
        "task_id": task.id,
        "type": "shell",
        "batch_id": task.batch.id,
        "name": task.name,
        "priority": 5,
        "task_class": task.task_class,
        "depends_on": [],
        "executor": "worker",
        "status": "pending",
        "created_at": task.created_at,
        "created_by": "brain",
        "retry_count": 0,
        "plan_path": plan if task.batch.plan else None,
        "batch_path": f"{plan}/history/{task.batch.id}",
        **fields,
    }
    if rig.february:
        shown = february.in_file(task, shown)
    whole = json.dumps(plain(rig, shown), indent=2)
    cut = len(whole) // 2 if task.torn else None
    return Written(whole[:cut], max([task.created_at, *times]))


def _sidecar(rig: Rig, task: RigTask) -> Written:
    who, at = task.sidecar_by, task.sidecar_at or rig.now
    shown = {
        "task_id": task.id,
        "worker_id": f"{who}-w0-{task.short}",
        **({"worker": who} if who.startswith("cpu-") else {"gpu": who}),
        "pid": task.fields.get("_pid"),
        **({} if task.peak_mb is None else {"peak_vram_mb": task.peak_mb}),
        "updated_at": at,
    }
    return Written(json.dumps(plain(rig, shown), indent=2), at)
