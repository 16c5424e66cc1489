"""A task that waits for one that failed never runs (systems/reigh.md, F12)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cascades import blockade, cascade, root
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks that never run"


def blocked_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every waiting task whose dependency will never complete.

    Nor will one that waits for such a task. What that fell with is named as well.
    """
    known = case.tasks_by_id
    for task in case.tasks or ():
        blocked = blockade(task, known, case.gone)
        if blocked is None:
            continue
        cause = known.get(blocked.id)
        evidence = [f"{blocked.id} {blocked.why}, and only a complete one lets it run"]
        first = None
        if cause is not None:
            evidence.append(f"its row says: {cause.error or 'no error text'}")
            first = root(cascade(cause, known))
        if first is not None:
            said = first.error or "no error text"
            evidence.append(f"that fell with {first.id}, whose row says: {said}")
        at_fault = first or cause
        yield Finding(
            rule="blocked-task",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"task {task.id[:8]} never runs: {blocked.told}",
            subject=Subject(kind="task", id=task.id),
            evidence=tuple(evidence),
            remedy="mend and queue that one again, or have this one cancelled where it"
            " was submitted"
            if at_fault
            else "have it cancelled where it was submitted, or submit it anew without"
            " that dependency: no command here does either",
            ask=f"task {at_fault.id if at_fault else task.id}",
        )
