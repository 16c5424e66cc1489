"""Why the claim function passes a task over (systems/reigh.md, 1.6 and F12)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.domain.logs import LogLine
from bot.domain.orchestration import LATE
from bot.domain.orchestrator_limits import USER_CAPACITY
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import dated
from bot.sources import QueueEntry
from bot.sources.reigh.conditions import Row

# What is said where the API orchestrator was looked for in vain: it may write nowhere.
NO_LINE: Final = "the API orchestrator left no line in the log"

# The run type of what no worker takes; unknown types are GPU work (1.5).
API: Final = "api"


class Claims:
    """Says of each waiting task why it is passed over, by what stands beside it."""

    def __init__(  # noqa: PLR0913  each has its name at the call
        self,
        *,
        upstream: Mapping[TaskId, Task],
        owners: Mapping[str, str],
        users: Mapping[str, Row],
        types: Mapping[str, Row],
        running: Sequence[Task],
        api: Sequence[LogLine] | None,
        now: datetime,
    ) -> None:
        """Know tasks and types by their names, owners by project, users by id.

        *api* is the newest line of the API orchestrator, if it left one; None where
        it was not looked for.
        """
        self._upstream = upstream
        self._owners = owners
        self._users = users
        self._types = types
        self._api = api
        self._now = now
        self._held = Counter(
            owners.get(task.project_id or "")
            for task in running
            if not task.coordinates
        )

    def entry(self, task: Task) -> QueueEntry:
        """Return the task with the first reason that is true, if one is."""
        by_api = self._types.get(task.task_type, {}).get("run_type") == API
        for reason, detail in (
            self._dependency(task),
            self._person(task),
            self._kind(task),
        ):
            if reason:
                return QueueEntry(
                    task=task, reason=reason, detail=detail, by_api=by_api
                )
        unseen = by_api and self._api is not None and not self._api
        detail = NO_LINE if unseen else ""
        return QueueEntry(task=task, reason=None, detail=detail, by_api=by_api)

    def _dependency(self, task: Task) -> tuple[str | None, str]:
        open_ones = []
        for id in task.dependencies:
            other = self._upstream.get(id)
            if other is None:
                return "dependency gone", f"{id} no longer exists, so it never runs"
            if other.phase in (TaskPhase.FAILED, TaskPhase.CANCELLED):
                return (
                    "dependency failed",
                    f"{id} is {other.status}, so it never runs",
                )
            if other.phase is not TaskPhase.DONE:
                open_ones.append(f"{id} is {other.status}")
        return ("waits for dependency", open_ones[0]) if open_ones else (None, "")

    def _person(self, task: Task) -> tuple[str | None, str]:
        owner = self._owners.get(task.project_id or "")
        if owner is None:
            return None, ""
        held = self._held[owner]
        if held >= USER_CAPACITY:
            return "user at capacity", f"{held} of {USER_CAPACITY} running"
        row = self._users.get(owner)
        if row is None:
            return None, ""
        credits = row.get("credits")
        if credits is not None and float(credits) <= 0:
            return "no credits", f"credits {float(credits):g}"
        if row.get("in_cloud") is False:
            return "cloud disabled", "the user's settings keep work off the cloud"
        return None, ""

    def _kind(self, task: Task) -> tuple[str | None, str]:
        row = self._types.get(task.task_type)
        if row is None:
            return None, ""
        if row.get("is_active") is False:
            return "type switched off", f"{task.task_type} is not active"
        if row.get("run_type") == API:
            return self._taker()
        return None, ""

    def _taker(self) -> tuple[str | None, str]:
        """Return whether the API orchestrator is silent; no line at all tells nothing.

        It writes every 10 s (systems/reigh.md, 3.5), if it writes there at all.
        """
        for line in self._api or ():
            if self._now - line.at > LATE:
                told = f"its newest line is of {dated(line.at, self._now)}"
                return "API orchestrator silent", told
        return None, ""
