"""A worker died while it loaded a model (systems/reigh.md, F4)."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.deaths import vanished
from bot.domain.excerpts import cut, start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.marks import GENERATES, LOADED, SWITCH_BEGUN, SWITCH_ENDED
from bot.domain.proofs import last_beat, reason, said_at
from bot.domain.spelling import typed
from bot.domain.tasks import TaskPhase
from bot.domain.times import SKEW, spoken, stamp
from bot.domain.workers import Pulse, Worker

SEVERAL: Final = "workers lost while loading a model"
ENDS: Final = (
    *(SWITCH_ENDED, "Model switch failed", *LOADED, "switched model:", GENERATES),
    "MODEL UNLOAD:",
)
MARKERS: Final = (SWITCH_BEGUN, *ENDS, "[RAM]")
EXPLAINS: Final = (
    *("crashed-worker", "failed-worker", "heartbeat-ageing", "heartbeat-stale"),
    *("not-logging", "orphaned-task", "stuck-task", "worker-without-pod"),
)
QUIET: Final = timedelta(seconds=120)  # systems/reigh.md, F4: age of its last line
FULL: Final = 90.0  # systems/reigh.md, F4: per cent of the system's RAM
AMPLE: Final = 72  # GB; systems/reigh.md, 2.9: 2.3 % of these fail, 16.7 % of 60 GB
_LONGEST: Final = 200
_MODEL: Final = re.compile(r" to (\S+)\s*$")
_SYSTEM: Final = re.compile(r"System=\s*(\d+(?:\.\d+)?)\s*%")


def model_load_death(case: Case) -> Iterator[Finding]:
    """Yield a finding for lost workers whose newest model switch never ended.

    One clock wrote all lines of a worker, so their order is the true one.
    """
    for worker in case.workers or ():
        if worker.id not in case.last_lines:  # of many workers few may be heard
            continue
        switches = case.said(worker.id, SWITCH_BEGUN)
        if not switches or not worker.runs_on_gpu or case.scaled_down(worker):
            continue
        switch = switches[-1]
        how = _lost(worker, case)
        ends = [line.at for line in case.said(worker.id, *ENDS)]
        if how is None or _ended(switch, ends, worker, case):
            continue
        whole = worker.id in case.logs_read or switch.task_id in case.task_logs_read
        dead = worker.pulse(case.now) is not Pulse.AGEING
        cure = case.cure(worker)
        yield Finding(
            rule="model-load-death",
            severity=Severity.CRITICAL if dead else Severity.WARNING,
            confidence=Confidence.LIKELY if whole else Confidence.POSSIBLE,
            title=_title(switch, worker, dead=dead),
            subject=Subject(kind="worker", id=worker.id),
            evidence=(
                (
                    f"at {stamp(switch.at)}: {cut(switch.message, _LONGEST)}; no line"
                    " tells its end"
                ),
                *how,
                *_memory(worker, case),
            ),
            remedy="RAM or VRAM probably ran out: have it run on the"
            f" {AMPLE} GB tier or with a smaller model; {cure.told}"
            if dead
            else "look again in a minute: a load takes 30 to 300 s, but beats go on",
            ask=cure.words if dead else f"worker {typed(worker.id)}",
        )


def _title(switch: LogLine, worker: Worker, *, dead: bool) -> str:
    model = _MODEL.search(switch.message)
    died = "crashed" if worker.status == "crashed" else "died"
    title = (
        f"{worker.id} {died if dead else 'fell silent'} while it loaded"
        f" {start_of(model[1], 60) if model else 'a model'}"
    )
    beat = worker.last_heartbeat_at
    if beat is None or beat <= switch.at:
        return title
    return f"{title}, {spoken(beat - switch.at)} into the load"


def _lost(worker: Worker, case: Case) -> tuple[str, ...] | None:
    """Return how we know that it is lost, or may be; None while it beats."""
    beat = last_beat(worker, case.now)
    ended = case.failsafe(worker)
    if ended is not None:
        return beat, said_at(ended)
    if vanished(worker, case.now):
        return beat, *reason(worker)
    line = case.last_lines[worker.id]
    ageing = worker.pulse(case.now) is Pulse.AGEING
    if ageing and case.now - line.at > QUIET + SKEW:
        return beat, f"its last line is of {stamp(line.at)}"
    return None


def _ended(
    switch: LogLine, ends: Sequence[datetime], worker: Worker, case: Case
) -> bool:
    task = case.tasks_by_id.get(switch.task_id) if switch.task_id else None
    over = (TaskPhase.DONE, TaskPhase.FAILED)
    if task is not None and task.worker_id == worker.id and task.phase in over:
        return True
    return any(at >= switch.at for at in ends)


def _memory(worker: Worker, case: Case) -> Iterator[str]:
    """Yield what speaks for memory: the system's RAM was full, or is small."""
    lines = case.said(worker.id, "[RAM]")
    used = _SYSTEM.search(lines[-1].message) if lines else None
    if used and float(used[1]) > FULL:
        yield f"at {stamp(lines[-1].at)} {used[1]} % of its RAM were used"
    elif worker.ram_tier and worker.ram_tier < AMPLE:
        yield f"it was rented for {worker.ram_tier} GB of RAM, not {AMPLE}"
