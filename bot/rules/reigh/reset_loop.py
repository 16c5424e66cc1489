"""A task goes back to the queue again and again (systems/reigh.md, F13)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.marks import CLAIMED
from bot.domain.tasks import TaskPhase
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
    reset in the row of a task that ended says nothing.
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
        loops = len(claims) >= TWICE
        if not loops and not reset:
            continue
        evidence = []
        if loops:
            times = ", ".join(stamp(line.at) for line in claims[-LISTED:])
            before = len(claims) - LISTED
            more = f", and {some(before, 'time')} before" if before > 0 else ""
            evidence.append(f"its claims are of {times}{more}")
        if reset:
            evidence.append(f"its row says: {note[:160]}")
        if task.attempts is not None:
            evidence.append(f"its row counts {some(task.attempts, 'attempt')}")
        what = f"was claimed {len(claims)} times" if loops else "was reset"
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
