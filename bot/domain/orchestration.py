"""The life of the program that starts and ends workers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.logs import LogLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One turn of its loop. None means that no line of the window says so."""

    number: int | None
    started_at: datetime | None
    completed_at: datetime | None
    took: timedelta | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orchestration:
    """What its log lines tell.

    *last_line* is its newest line whatever the window (None: it left no line that is
    still kept); *cycles* are those of the window, oldest first; *restarts* counts how
    often the cycle number fell back.
    """

    last_line: LogLine | None
    cycles: tuple[Cycle, ...] = ()
    errors: tuple[LogLine, ...] = ()
    restarts: tuple[datetime, ...] = ()
    workers_moved_at: datetime | None = None
    """When it last created, promoted or ended a worker, as the workers' rows say."""
