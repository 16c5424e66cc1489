"""A task goes back to the queue again and again (systems/reigh.md, F13)."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.marks import CLAIMED
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import stamp

SEVERAL: Final = "tasks reset again and again"
MARKERS: Final = (CLAIMED,)
RESET: Final = "Reset - "
BY_HAND: Final = "through debug-bot"
TWICE: Final = 2  # systems/reigh.md, F13
LISTED: Final = 3


def reset_loop(case: Case) -> Iterator[Finding]:
    """Yield a finding for open tasks that were claimed twice, or were reset.

    Attempts do not tell: hardly anything counts them (systems/reigh.md, 1.6). An old
    reset in the row of a task that ended says nothing. A claim after a person had the
    task queued again is none of the system's; who did, the audit and the row tell.
    """
    for task in case.tasks or ():
        if task.phase not in (TaskPhase.WAITING, TaskPhase.RUNNING):
            continue
        claims = [
            line
            for line in case.told_of_task(task.id, CLAIMED)
            if line.source == "edge_function"
        ]
        note = (task.note or "").strip()
        reset = note.startswith(RESET) and BY_HAND not in note
        wished = _wished(task, claims, case)
        loops = len(claims) - wished >= TWICE
        if not loops and not reset:
            continue
        evidence = []
        if loops:
            times = ", ".join(stamp(line.at) for line in claims[-LISTED:])
            before = len(claims) - LISTED
            more = f", and {some(before, 'time')} before" if before > 0 else ""
            evidence.append(f"its claims are of {times}{more}")
            evidence += _who(task, wished, case)
        if reset:
            evidence.append(f"its row says: {start_of(note, 160)}")
        if task.attempts is not None:
            evidence.append(f"its row counts {some(task.attempts, 'attempt')}")
        mine = f", {wished} of them at a person's wish," if wished else ""
        what = f"was claimed {len(claims)} times{mine}" if loops else "was reset"
        yield Finding(
            rule="reset-loop",
            severity=Severity.WARNING if loops else Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"task {task.id[:8]} {what} and is not done",
            subject=Subject(kind="task", id=task.id),
            evidence=tuple(evidence),
            remedy="compare what ended its workers; if it is the task that kills them,"
            " cancel it or submit it anew with smaller parameters"
            if loops
            else "it is tried again by itself; look whether that fails as well",
            ask=f"task {task.id} --logs-only --hours 72",
        )


def _wished(task: Task, claims: Sequence[LogLine], case: Case) -> int:
    """Return how many of the claims followed a person's wish to have it done again."""
    if not claims:
        return 0
    known = [at for at in (case.requeued or {}).get(task.id, ()) if at < claims[-1].at]
    # Its row tells of the last time alone, which need not have led to a claim yet.
    by_row = BY_HAND in (task.note or "") and task.phase is TaskPhase.RUNNING
    return min(max(len(known), int(by_row)), len(claims))


def _who(task: Task, wished: int, case: Case) -> tuple[str, ...]:
    """Return who had it done again, as far as anything tells."""
    if wished:
        return (f"people had it queued again before {some(wished, 'claim')}",)
    if case.requeued is None and BY_HAND in (task.note or ""):
        return ("people had it queued again; how often was not read from the audit",)
    return ()
