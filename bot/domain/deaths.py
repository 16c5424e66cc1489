"""How workers ended, and where they fail: sums over their rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.figures import counted, has_failed
from bot.domain.workers import STARTUP, Pulse, Worker, WorkerId, WorkerPhase

FEWEST: Final = 5  # systems/reigh.md, F31: of fewer workers no rate is told
UNTOLD: Final = "no reason written down"
_ALIVE: Final = "not given up yet"


class Death(StrEnum):
    """A way of dying, the order in which they are told, and what it is called."""

    LOADING = "crashed loading a model"
    CRASHED = "crashed"
    NEVER_STARTED = "never started"
    STALE = "stale heartbeat"
    EXTERNAL = "terminated from outside"
    FATAL = "ended itself over a fatal error"
    GIVEN_UP = "given up by the orchestrator"
    SCALED_DOWN = "scaled down"


# How each reason that rows give begins (systems/reigh.md, 3.3).
_REASONS: Final[Mapping[Death, tuple[str, ...]]] = {
    Death.NEVER_STARTED: ("Spawning timeout", "Failed to spawn", "No Runpod ID"),
    Death.STALE: ("Stale heartbeat", "No heartbeat"),
    Death.EXTERNAL: ("Pod externally terminated", "Pod terminated"),
    Death.FATAL: ("FATAL",),
}


def death(
    worker: Worker, now: datetime, *, loading: frozenset[WorkerId] = frozenset()
) -> Death | None:
    """Return how the worker died; None while it lives, or has no GPU.

    *loading* are those of which lines tell that they died while they loaded a model.
    One whose heartbeat is stale is dead, whatever its row says, and so is one that has
    not beaten once in 10 min.
    """
    if not worker.runs_on_gpu:
        return None
    if worker.benign_end:
        return Death.SCALED_DOWN
    if worker.id in loading:
        return Death.LOADING
    if worker.status == "crashed":
        return Death.CRASHED
    if has_failed(worker):
        reason = worker.error_reason or ""
        known = (way for way, signs in _REASONS.items() if reason.startswith(signs))
        return next(known, Death.GIVEN_UP)
    silence = worker.silence(now)
    if silence is None:
        return Death.NEVER_STARTED if now - worker.created_at > STARTUP else None
    return Death.STALE if silence > worker.stale_after else None


def lost(worker: Worker, now: datetime) -> bool:
    """Tell whether the worker ended or died: it does no more work, on a GPU or not."""
    ended = worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED)
    return ended or death(worker, now) is not None


def vanished(worker: Worker, now: datetime) -> bool:
    """Tell whether the worker died in the midst of its work, and was not ended.

    It crashed, or its heartbeat was stale when it was given up, or is now.
    """
    if not worker.runs_on_gpu or worker.benign_end:
        return False
    if worker.status == "crashed":
        return True
    if worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED):
        return worker.lost_for(now) > worker.stale_after
    return worker.pulse(now) is Pulse.STALE


def died_at(worker: Worker) -> datetime | None:
    """Return when it was given up or ended, or else when it last beat.

    None while it was neither given up nor ended, and when no time is written down.
    """
    if worker.phase not in (WorkerPhase.FAILED, WorkerPhase.ENDED):
        return None
    return worker.error_at or worker.terminated_at or worker.last_heartbeat_at


def cause(worker: Worker) -> str:
    """Return the reason in its row, without its numbers: equal ones count together."""
    reason = worker.error_reason or UNTOLD
    for sign in (" (", ":"):
        reason = reason.split(sign)[0]
    # "Stuck task <uuid>" names the task.
    return "Stuck task" if reason.startswith("Stuck task") else reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Deaths:
    """Those that died in one way. *reasons* counts what their rows say of it."""

    way: Death
    total: int
    reasons: Mapping[str, int]


def deaths(
    workers: Iterable[Worker],
    now: datetime,
    *,
    loading: frozenset[WorkerId] = frozenset(),
) -> tuple[Deaths, ...]:
    """Return the dead by their way of dying, in the order of `Death`."""
    dead: dict[Death, list[Worker]] = {}
    for worker in workers:
        if (way := death(worker, now, loading=loading)) is not None:
            dead.setdefault(way, []).append(worker)
    return tuple(
        Deaths(way=way, total=len(dead[way]), reasons=counted(map(_told, dead[way])))
        for way in Death
        if way in dead
    )


def _told(worker: Worker) -> str:
    if not (worker.benign_end or has_failed(worker)):
        return _ALIVE
    vanished = worker.status == "crashed" and not worker.error_reason
    return "its process vanished" if vanished else cause(worker)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """How many workers of one kind failed; a scale-down is no failure.

    *failure_rate* is failed of *total*, None of fewer than five.
    """

    kind: str | None
    total: int
    failed: int
    scaled_down: int
    failure_rate: float | None


def tolls(
    workers: Iterable[Worker], kind: Callable[[Worker], str | None]
) -> tuple[Toll, ...]:
    """Return the toll of each kind, the most workers first; unknown kinds come last."""
    kinds: dict[str | None, list[Worker]] = {}
    for worker in workers:
        if worker.runs_on_gpu:
            kinds.setdefault(kind(worker), []).append(worker)
    order = sorted(kinds, key=lambda it: (it is None, -len(kinds[it]), it or ""))
    return tuple(_toll(each, kinds[each]) for each in order)


def _toll(kind: str | None, every: list[Worker]) -> Toll:
    failed = sum(map(has_failed, every))
    enough = len(every) >= FEWEST
    return Toll(
        kind=kind,
        total=len(every),
        failed=failed,
        scaled_down=sum(worker.benign_end for worker in every),
        failure_rate=round(failed / len(every), 4) if enough else None,
    )
