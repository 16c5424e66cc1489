"""A busy worker beats but writes nothing (systems/reigh.md, F32)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.spelling import typed
from bot.domain.tasks import TaskPhase
from bot.domain.times import spoken, stamp
from bot.domain.workers import Pulse, Worker

SEVERAL: Final = "busy workers that log nothing"
QUIET: Final = timedelta(minutes=5)  # systems/reigh.md, F32


def not_logging(case: Case) -> Iterator[Finding]:
    """Yield a finding for live workers with a task and no line for over 5 min."""
    for worker in case.workers or ():
        busy = [
            task
            for task in case.tasks_by_worker.get(worker.id, ())
            if task.phase is TaskPhase.RUNNING
        ]
        if (
            worker.id not in case.logs_read
            or worker.pulse(case.now) is not Pulse.HEALTHY
            or not busy
        ):
            continue
        last = case.last_lines.get(worker.id)
        begun = max((task.started_at or worker.created_at) for task in busy)
        silent_since = max(last.at, begun) if last else begun
        quiet = case.now - silent_since
        if quiet <= QUIET:
            continue
        seen = (
            f"its last line is of {stamp(last.at)}: {start_of(last.message, 120)}"
            if last
            else "no line of the window is its own"
        )
        yield Finding(
            rule="not-logging",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE,
            title=f"{worker.id} works on a task but has logged nothing"
            f" for {spoken(quiet)}",
            subject=Subject(kind="worker", id=worker.id),
            evidence=(
                seen,
                case.reading(by=worker.id),
                f"it holds task {busy[0].id} and still beats",
            ),
            remedy=_remedy(worker, quiet, case),
            ask=f"task {busy[0].id}",
        )


def _remedy(worker: Worker, quiet: timedelta, case: Case) -> str:
    """Return what to do; past the time that a task gets, nothing lags so long."""
    if quiet <= case.thresholds.stuck or not worker.runs_on_gpu:
        return (
            "do not call it dead: a model load is silent, and lines may lag or be"
            " dropped; look again in a few minutes"
        )
    return (
        "no model load is silent for so long: unless its lines are lost on their way,"
        f" it hangs, and worker terminate {typed(worker.id)} ends its pod and gives its"
        " tasks back"
    )
