"""Builders of lines as the services write them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.logs import LogLine
from bot.domain.tasks import TaskId
from bot.domain.times import Window

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = Window(since=START, until=START + timedelta(hours=1))


def a_line(
    seconds: float,
    event: str,
    *,
    level: str = "INFO",
    service: str = "orchestrator",
    task: str | None = None,
    **fields: Any,
) -> LogLine:
    """Return a line of so many seconds after eight."""
    return LogLine(
        at=START + timedelta(seconds=seconds), level=level, source=service,
        message=event, task_id=TaskId(task) if task else None,
        fields={"event": event, **fields}, id=f"o-1-{int(seconds * 1000):012x}",
    )  # fmt: skip


def after(seconds: float) -> datetime:
    """Return the time so many seconds after eight."""
    return START + timedelta(seconds=seconds)
