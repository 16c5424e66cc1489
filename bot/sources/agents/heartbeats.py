"""The programs' heartbeats, whichever generation wrote them."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.domain.agent_limits import BEAT_AGEING, BEAT_STALE
from bot.domain.agent_lives import CRASHED, LOST, NEVER_STARTED, STALE, STOPPED
from bot.domain.agent_names import AgentKind
from bot.domain.file_queue import ActiveTask, Agent, ThermalPause
from bot.domain.workers import Worker, WorkerId, WorkerPhase
from bot.sources.agents.clock import Clock
from bot.sources.agents.folder import Folder, Read, Unreadable, go_on
from bot.sources.agents.lines import BRAIN
from bot.sources.agents.shapes import (
    Doc,
    flag,
    inner,
    inners,
    number,
    text,
    texts,
    whole,
)

# systems/agents.md, 1A.4; `hot` and `cold` of a generation without runtime states.
STATUSES: Final = (
    *("cold", "hot", "loading_single", "ready_single", "loading_split"),
    *("ready_split", "unloading", "wedged", "error_recoverable", "recovering_split"),
    *("recovering_single", "resetting_thermal", "thermal_pause", "idle", "running"),
    *("online", "stopping", NEVER_STARTED, CRASHED, LOST),
    *(STOPPED, STALE),
)
_TWINS: Final = "heartbeats"
_BASES: Final = ("gpus", "workers", "cpus", _TWINS)
_GPU_FOLDER: Final = re.compile(r"gpu_(\w+)")


def heartbeats(folder: Folder) -> tuple[tuple[Agent, ...], tuple[str, ...]]:
    """Return every program that ever beat, and the files that could not be read.

    One that writes two files is told by the newer one. Of folders that may not be
    listed their own names are among the files: anybody's heartbeat may lie there.

    Raises:
        PermissionError: not one of the folders may be listed.
    """
    found: dict[WorkerId, Agent] = {}
    paths, unread = _paths(folder)
    for path in paths:
        go_on()
        try:
            read = folder.json(path)
        except FileNotFoundError:
            continue
        except Unreadable:
            unread.append(path.relative_to(folder.root).as_posix())
            continue
        each = agent(path, read, folder.clock)
        known = found.get(each.id)
        if known is None or _newer(each, known):
            found[each.id] = each
    return tuple(sorted(found.values(), key=lambda each: _order(each.id))), tuple(
        unread
    )


def agent(path: Path, read: Read, clock: Clock) -> Agent:
    """Return what a heartbeat says; its shape tells what kind of program wrote it.

    One that tells no time is as old as its file.
    """
    doc, near = read.doc, read.at

    def at(value: object) -> datetime | None:
        return clock.at(value, near=near)

    kind = _kind(path, doc)
    said = at(text(doc, "last_updated", "timestamp"))
    runtime = text(doc, "runtime_state")
    stats = inner(doc, "stats")
    gpu = whole(doc, "gpu_id")
    return Agent(
        id=_name(path, doc, kind),
        kind=kind,
        beat_at=said or near,
        undated=said is None,
        state=text(doc, "state") or "",
        runtime_state=runtime,
        hot=_hot(doc, kind),
        model=text(doc, "loaded_model")
        or (text(doc, "model") if flag(doc, "model_loaded") else None),
        tier=whole(doc, "loaded_tier"),
        placement=text(doc, "runtime_placement"),
        error_code=text(doc, "runtime_error_code"),
        error_detail=text(doc, "runtime_error_detail"),
        reserved_for=(text(doc, "reserved_for") or "")
        if flag(doc, "reserved")
        else None,
        pause=_pause(doc, clock, near),
        constrained=texts(doc, "thermal_reasons")
        if flag(doc, "thermal_constrained")
        else None,
        env_block=text(doc, "env_block_reason"),
        budget_mb=whole(doc, "budget_available_mb"),
        claimed_mb=whole(doc, "claimed_vram_mb"),
        vram_total_mb=whole(doc, "vram_total_mb"),
        vram_used_mb=whole(doc, "vram_used_mb"),
        temperature_c=number(doc, "temperature_c", "cpu_temp_c"),
        health_failures=whole(inner(doc, "runtime_health"), "consecutive_failures"),
        active=_active(doc, clock, near),
        meta_task=text(doc, "meta_task_id") if flag(doc, "meta_task_active") else None,
        meta_phase=text(doc, "meta_task_phase"),
        completed=whole(stats, "tasks_completed"),
        failed=whole(stats, "tasks_failed"),
        batches=whole(doc, "active_batches"),
        gpu=gpu,
        host=text(doc, "hostname"),
        first_seen_at=_made(path),
    )


def worker(each: Agent) -> Worker:
    """Return the program as a worker.

    When it started, no heartbeat tells; its folder is made with the first one. That it
    has ended, only the age of its heartbeat tells, so all count as active.
    """
    beat = each.beat_at
    times = [at for at in (each.first_seen_at, beat) if at is not None]
    never = beat is None
    reason = ": ".join(part for part in (each.error_code, each.error_detail) if part)
    return Worker(
        id=each.id,
        status=NEVER_STARTED if never else status(each),
        phase=WorkerPhase.UNKNOWN if never else _phase(each),
        created_at=min(times, default=_NEVER),
        last_heartbeat_at=beat,
        instance_type=None if each.gpu is None else f"GPU {each.gpu}",
        current_model=each.model,
        vram_total_mb=each.vram_total_mb,
        vram_used_mb=each.vram_used_mb,
        error_reason=reason or None,
        ageing_after=BEAT_AGEING,
        stale_after=BEAT_STALE,
        runs_on_gpu=each.kind is not AgentKind.BRAIN,
    )


_NEVER: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def status(each: Agent) -> str:
    """Return the one word that tells most of what it does."""
    if each.pause is not None:
        return "thermal_pause"
    if each.runtime_state:
        return each.runtime_state
    return each.state or ("hot" if each.hot else "cold")


def never_started(
    configured: Iterable[WorkerId], known: Sequence[Agent]
) -> tuple[Agent, ...]:
    """Return the configured agents that never beat."""
    there = {each.id for each in known}
    return tuple(
        Agent(id=id, kind=AgentKind.GPU) for id in configured if id not in there
    )


def _phase(each: Agent) -> WorkerPhase:
    stopping = each.state == "stopping"
    return WorkerPhase.ENDED if stopping else WorkerPhase.ACTIVE


def _paths(folder: Folder) -> tuple[list[Path], list[str]]:
    """Return the files in which a heartbeat may be, and the folders that are shut."""
    paths, shut = [folder.root / "brain" / "heartbeat.json"], list[str]()
    for base in _BASES:
        try:
            names = sorted(folder.names(base))
        except PermissionError:
            if len(shut) + 1 == len(_BASES):
                raise
            shut.append(base)
            continue
        for name in names:
            if base != _TWINS:
                paths.append(folder.root / base / name / "heartbeat.json")
            elif name.endswith(".json"):
                paths.append(folder.root / base / name)
    return paths, shut


def _kind(path: Path, doc: Doc) -> AgentKind:
    said = text(doc, "worker_type")
    if said in ("cpu", "brain"):
        return AgentKind(said)
    if "runtime_state" in doc or _GPU_FOLDER.fullmatch(path.parent.name):
        return AgentKind.GPU
    if path.parent.name == "brain" or path.stem == "brain":
        return AgentKind.BRAIN
    if path.parent.parent.name == "cpus":
        return AgentKind.CPU
    return AgentKind.WORKER


def _name(path: Path, doc: Doc, kind: AgentKind) -> WorkerId:
    if said := text(doc, "name", "worker_id"):
        return WorkerId(said)
    if kind is AgentKind.BRAIN:
        return BRAIN
    folder = path.parent.name if path.name == "heartbeat.json" else path.stem
    return WorkerId(_GPU_FOLDER.sub(r"gpu-\1", folder))


def _hot(doc: Doc, kind: AgentKind) -> bool | None:
    if kind in (AgentKind.CPU, AgentKind.BRAIN):
        return None
    loaded = flag(doc, "model_loaded")
    state = text(doc, "state")
    return state == "hot" if state in ("hot", "cold") else loaded


def _pause(doc: Doc, clock: Clock, near: datetime) -> ThermalPause | None:
    if not flag(doc, "thermal_pause_active"):
        return None
    one = text(doc, "thermal_pause_reason")
    return ThermalPause(
        reasons=texts(doc, "thermal_pause_reasons") or ((one,) if one else ()),
        until=clock.at(doc.get("thermal_pause_until"), near=near),
        attempts=whole(doc, "thermal_pause_attempts") or 0,
    )


def _active(doc: Doc, clock: Clock, near: datetime) -> tuple[ActiveTask, ...]:
    found = [
        ActiveTask(
            task_id=id,
            task_class=text(each, "task_class") or "",
            name=text(each, "task_name") or "",
            worker=text(each, "worker_id"),
            pid=whole(each, "pid"),
            vram_estimate_mb=whole(each, "vram_estimate_mb"),
            peak_vram_mb=whole(each, "peak_vram_mb"),
            started_at=clock.at(each.get("started_at"), near=near),
            phase=text(each, "phase"),
        )
        for each in inners(doc, "active_tasks")
        if (id := text(each, "task_id"))
    ]
    # A CPU agent names its only task beside everything else.
    if id := text(doc, "active_task_id"):
        found.append(
            ActiveTask(
                task_id=id,
                task_class="cpu",
                pid=whole(doc, "active_task_pid"),
                started_at=clock.at(doc.get("active_task_started_at"), near=near),
            )
        )
    return tuple(found)


def _made(path: Path) -> datetime | None:
    """Return when the file was made: rewriting it does not change its folder."""
    try:
        return datetime.fromtimestamp(path.parent.stat().st_mtime, UTC)
    except OSError:
        return None


def _newer(one: Agent, other: Agent) -> bool:
    """Tell whether the first is to be told: one that tells its time, or the newer."""
    if one.undated != other.undated:
        return other.undated
    return (one.beat_at or _NEVER) > (other.beat_at or _NEVER)


def _order(id: str) -> tuple[str, int, str]:
    """Return what ids are sorted by: `gpu-2` before `gpu-10`."""
    found = re.fullmatch(r"(.*?)(\d+)", id)
    return (found[1], int(found[2]), id) if found else (id, 0, id)
