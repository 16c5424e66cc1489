"""What can be wrong with the agents and their file queue (systems/agents.md, 3A)."""

from typing import Final

from bot.domain import agent_retries
from bot.domain.cases import Case
from bot.domain.findings import Finding
from bot.domain.tasks import Task
from bot.domain.workers import Worker

_BREADTH: Final = {"orchestrator": 0, "queue": 0, "worker": 1}
_ALONE: Final = 2


def breadth(finding: Finding) -> int:
    """Return how few it concerns: a brain all, an agent some, a failed task itself.

    What is down now goes before what failed once, which waits.
    """
    return _BREADTH.get(finding.subject.kind, _ALONE)


def retry(task: Task, worker: Worker | None, case: Case) -> str | None:
    """Return what the brain does by itself about a task in progress, or a failed one.

    None where it need do nothing; what begins with `no: ` it does not do.
    """
    del worker
    queue = case.file_queue
    return None if queue is None else agent_retries.retry(queue, task.id, case.now)
