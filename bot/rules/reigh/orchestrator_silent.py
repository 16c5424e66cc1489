"""The orchestrator writes nothing any more (systems/reigh.md, F22)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.figures import waiting
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestration import DOWN, LATE, Orchestration
from bot.domain.times import spoken, stamp

EXPLAINS: Final = ("idle-worker", "queue-without-workers", "waiting-task")


def orchestrator_silent(case: Case) -> Iterator[Finding]:
    """Yield a finding when its newest line is older than 5 min, or there is none.

    Its log thread can die while its loop goes on: workers that moved in the last 5
    min, or 15 where it counts as down, say so. No line at all proves nothing, for it
    logs only when told to. With nothing in the queue a short silence hurts nobody.
    """
    life = case.orchestration
    if life is None:
        return
    subject = Subject(kind="orchestrator", id="orchestrator")
    moved = life.workers_moved_at
    if life.last_line is None:
        suspect = case.queued != 0 and not life.moved_within(DOWN, case.now)
        yield Finding(
            rule="orchestrator-silent",
            severity=Severity.WARNING if suspect else Severity.INFO,
            confidence=Confidence.POSSIBLE,
            title="the orchestrator has left no line that is still kept",
            subject=subject,
            evidence=(
                "system_logs holds no row of orchestrator_gpu, of whatever age",
                _moves(life),
            ),
            remedy="it writes there only with ENABLE_DB_LOGGING=true; check that first,"
            " then whether the service runs",
            ask="config --explain",
        )
        return
    silence = case.now - life.last_line.at
    if silence <= LATE:
        return
    down = silence > DOWN
    alive = life.moved_within(DOWN if down else LATE, case.now)
    idle = case.queued == 0
    evidence = [
        f"its newest line is of {stamp(life.last_line.at)}: "
        + start_of(life.last_line.message, 120)
    ]
    if moved is not None:
        evidence.append(f"a worker's row moved last at {stamp(moved)}")
    if case.queued is not None:
        evidence.append(waiting(case.queued))
    if alive:
        title = f"the orchestrator's log is broken since {spoken(silence)}, it lives"
        severity = Severity.WARNING
        remedy = (
            "no need to restart it for its workers' sake: check ENABLE_DB_LOGGING and"
            " its own log where it is deployed, for its thread that writes lines ended"
        )
    else:
        title = f"the orchestrator has been silent for {spoken(silence)}"
        severity = _severity(down=down, idle=idle)
        remedy = (
            "look at the service where it is deployed and restart it, and check"
            " ENABLE_DB_LOGGING; until then no worker is started or ended"
        )
    yield Finding(
        rule="orchestrator-silent",
        severity=severity,
        confidence=Confidence.LIKELY,
        title=title,
        subject=subject,
        evidence=tuple(evidence),
        remedy=remedy,
        ask="orchestrator",
    )


def _severity(*, down: bool, idle: bool) -> Severity:
    if down:
        return Severity.WARNING if idle else Severity.CRITICAL
    return Severity.INFO if idle else Severity.WARNING


def _moves(life: Orchestration) -> str:
    if life.workers_moved_at:
        return f"a worker's row moved last at {stamp(life.workers_moved_at)}"
    if not life.workers_read:
        return "the workers' rows could not be read"
    return "no worker's row tells of it either"
