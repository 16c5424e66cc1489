"""How much there is to do in a fleet, as its orchestrator counts it."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime

from bot.demo.rows import Task, Worker


class Load:
    """How much there was to do, and who was there to do it, at any time."""

    def __init__(self, workers: Iterable[Worker], tasks: Iterable[Task]) -> None:
        ours = [each for each in workers if each.pod_id is not None]
        work = [each for each in tasks if "orchestrator" not in each.task_type]
        never = datetime.max.replace(tzinfo=UTC)
        self._made = sorted(each.created_at for each in ours)
        self._active = sorted(each.active_at or never for each in ours)
        self._gone_early = sorted(
            each.ended_at or never for each in ours if each.active_at is None
        )
        self._gone = sorted(each.ended_at or never for each in ours if each.active_at)
        self._queued = sorted(each.created_at for each in work)
        self._started = sorted(
            each.started_at or each.ended_at or never for each in work
        )
        self._finished = sorted(
            each.ended_at or never for each in work if each.started_at
        )
        self._never_started = sorted(
            each.ended_at or never for each in work if not each.started_at
        )

    def at(self, moment: datetime) -> tuple[int, int, int, int]:
        """Return spawning and active workers, queued and active tasks."""

        def count(times: list[datetime]) -> int:
            return bisect_left(times, moment)

        spawning = count(self._made) - count(self._active) - count(self._gone_early)
        active = count(self._active) - count(self._gone)
        queued = count(self._queued) - count(self._started)
        running = (
            count(self._started) - count(self._never_started) - count(self._finished)
        )
        return spawning, active, queued, running
