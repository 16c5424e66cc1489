"""Workers are made again and again, and most fail (systems/reigh.md, F20)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.figures import counted, has_failed
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.marks import RAPID
from bot.domain.spelling import typed
from bot.domain.times import spoken, stamp
from bot.domain.workers import Worker

MARKERS: Final = (RAPID,)
SPAN: Final = timedelta(minutes=10)  # systems/reigh.md, F20
FEWEST: Final = 3  # systems/reigh.md, F20
SHARE: Final = 0.5  # systems/reigh.md, F20: more than half of them failed
# A start may take SPAWNING_TIMEOUT_SEC (600 s) to fail, and leaves a grace of as much.
LATELY: Final = timedelta(minutes=30)
LISTED: Final = 3


def spawn_loop(case: Case) -> Iterator[Finding]:
    """Yield a finding when most workers of some 10 min failed, or too many were made.

    Scale-downs, whatever their rows call them, are no failures.
    """
    made = _loop(case)
    rapid = [
        line for line in case.marked.get(RAPID, ()) if case.now - line.at <= LATELY
    ]
    if not made and not rapid:
        return
    evidence = []
    failed = [worker for worker in made if _failed(worker)]
    if failed:
        first, last = made[0].created_at, made[-1].created_at
        evidence.append(
            f"{len(failed)} of {len(made)} workers made from {stamp(first)} to"
            f" {stamp(last)} failed"
        )
        reasons = counted(each.error_reason or each.status for each in failed)
        named = (f"{reason} ({number})" for reason, number in reasons.items())
        evidence.append("their reasons: " + "; ".join([*named][:LISTED]))
    if rapid:
        said = rapid[-1]
        evidence.append(f"at {stamp(said.at)}: {start_of(said.message.strip(), 160)}")
    yield Finding(
        rule="spawn-loop",
        severity=Severity.CRITICAL if failed else Severity.WARNING,
        confidence=Confidence.CONFIRMED if failed else Confidence.LIKELY,
        title=f"workers are made and fail: {len(failed)} of {len(made)} within"
        f" {spoken(SPAN)}"
        if failed
        else f"many workers were made at once, at {stamp(rapid[-1].at)}",
        subject=Subject(kind="fleet", id="fleet"),
        evidence=tuple(evidence),
        remedy="set MAX_ACTIVE_GPUS low, or stop the service, until starts succeed: the"
        " brake at 80 % of failures is switched off in its code",
        ask=f"worker {typed(failed[-1].id)}" if failed else "orchestrator",
    )


def _failed(worker: Worker) -> bool:
    """Tell whether it was given up or ended; one that crashed had started well."""
    return has_failed(worker) and worker.status != "crashed"


def _loop(case: Case) -> Sequence[Worker]:
    """Return the newest workers of one span of which more than half failed.

    A span holds as many as fit into it: to leave some out at one of its ends would
    make a loop of any two failures.
    """
    ours = sorted(
        (
            worker
            for worker in case.workers or ()
            if worker.runs_on_gpu and case.now - worker.created_at <= LATELY + SPAN
        ),
        key=lambda worker: (worker.created_at, worker.id),
    )
    for place, first in reversed([*enumerate(ours)]):
        within = [
            worker
            for worker in ours[place:]
            if worker.created_at - first.created_at <= SPAN
        ]
        if place and within[-1].created_at - ours[place - 1].created_at <= SPAN:
            continue  # one more fits into it
        failed = sum(map(_failed, within))
        lately = case.now - within[-1].created_at <= LATELY
        if lately and len(within) >= FEWEST and failed > SHARE * len(within):
            return within
    return ()
