"""How long a task may wait before that is no longer normal."""

from datetime import datetime, timedelta
from typing import Final

from bot.domain.cases import Thresholds
from bot.domain.tasks import Task

HELD: Final = timedelta(hours=1)
"""Whatever it waits for has ended by then: no task's own limit is longer than 3600 s
(systems/reigh.md, 3.2)."""
NEVER: Final = ("dependency failed", "dependency gone")
"""What no queue releases, and so lasts for ever."""

UNTOLD: Final = "not known"
"""Why a task waits of which nobody can tell, for not all was read that may take it."""


def normal(reason: str | None, thresholds: Thresholds) -> timedelta:
    """Return how long a wait for this reason may be; None: nothing holds it back.

    A task that could be claimed is taken when a busy worker ends its own, for which
    TASK_STUCK_TIMEOUT_SEC is the most, or when one more has come up, which is sooner.
    """
    return thresholds.stuck if reason is None else HELD


def overdue(
    task: Task, reason: str | None, thresholds: Thresholds, now: datetime
) -> bool:
    """Tell whether a waiting task waits for longer than is normal."""
    return now - task.created_at > normal(reason, thresholds)
