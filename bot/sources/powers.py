"""What changes a system. Adapters fulfil these; nobody but the gate holds them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.pods import PodId
from bot.domain.tasks import Task
from bot.domain.workers import Worker


class PodPower(Protocol):
    """What can be done to rented machines."""

    async def locked(self) -> frozenset[PodId]:
        """Return the pods that are locked against changes.

        Raises:
            SourceDown: nobody can tell.
        """
        ...

    async def terminate(self, id: PodId) -> None:
        """Ask that the pod be ended for good; only another look tells whether it is.

        Raises:
            Refused: the cloud said no, and did nothing.
            Uncertain: it was asked, and nobody knows whether it will be done.
            SourceDown: it was not asked.
        """
        ...


class WorkerPower(Protocol):
    """What can be done to workers' rows."""

    async def end(self, seen: Worker, *, now: datetime) -> bool:
        """Mark the worker's row as ended, if it still is as it was *seen*.

        Nothing but the status and who ended it when is written. False: the row has
        changed since, and was left as it is.

        Raises:
            Uncertain: it was asked, and nobody knows whether it was done.
            SourceDown: it was not done.
        """
        ...


class TaskPower(Protocol):
    """What can be done to the queue's tasks."""

    async def requeue(self, seen: Task) -> bool:
        """Put the task back into the queue, if it still is as it was *seen*.

        It counts as one more attempt. False: the row has changed since, or its result
        is there already, and was left as it is.

        Raises:
            Uncertain: it was asked, and nobody knows whether it was done.
            SourceDown: it was not done.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """All that can be done to one system."""

    pods: PodPower
    workers: WorkerPower
    tasks: TaskPower
