"""A task failed, and nothing better is known of it than its error."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_names import Lane
from bot.domain.cases import Case
from bot.domain.file_failures import failures, given_up, most_attempts
from bot.domain.file_proofs import called, ended, said
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "failed tasks"
PLAN: Final = "execute_plan"


def failed_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task; one that is tried again is a warning."""
    queue = case.file_queue
    if queue is None:
        return
    for task in failures(case):
        again = task.lane is Lane.FAILED and not given_up(queue.configured, task)
        plan = task.lane is Lane.COMPLETE and task.type == PLAN
        yield Finding(
            rule="failed-task",
            severity=Severity.WARNING if again else Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} failed"
            + (" and is to be tried again" if again else ""),
            subject=Subject(kind="task", id=task.id),
            evidence=(
                ended(task),
                f"its error: {error}"
                if (error := said(task.error or ""))
                else "its file holds no error text",
                *(("a plan that fails lies among the complete tasks",) if plan else ()),
                *(
                    (f"the brain wrote brain/escalations/{task.escalation}.json",)
                    if task.escalation
                    else ()
                ),
            ),
            remedy=f"the brain tries it up to {most_attempts(queue.configured)} times:"
            " see whether the next attempt fails alike"
            if again
            else "mend what its error names and submit the plan again",
            ask=f"worker {task.worker}" if task.worker else f"task {task.id}",
        )
