"""How a worker's start went, by the lines that it leaves behind."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.excerpts import start_of
from bot.domain.logs import LogLine
from bot.domain.marks import (
    CUDA_MISSING,
    DIED_AT_ONCE,
    DISK_ISSUE,
    LAUNCH_FAILED,
    MODULE_MISSING,
    NO_SPACE,
    POD_REFUSED,
    PROMOTED,
    QUEUE_MADE,
    QUEUE_STARTED,
    RENTED,
    SCRIPT_FAILED,
    SCRIPT_UNMADE,
    STATUS,
    UP,
)
from bot.domain.times import spoken, stamp
from bot.domain.workers import Worker

# What the start of a worker leaves behind (systems/reigh.md, 3.2 and 3.3). Words such
# as "model" or "loading" would match its ordinary work.
STARTUP_MARKS: Final = (
    *(UP, QUEUE_MADE, QUEUE_STARTED),
    "[LAZY_INIT]",
    "[CUDA_DEBUG]",
    CUDA_MISSING,
    "Failed to initialize",
    "Creating worker:",
    *(RENTED, POD_REFUSED),
    "Failed to create pod",
    "startup script",
    "STARTUP SCRIPT",
    "Startup logs for",
    *(STATUS, DISK_ISSUE),
    "Potential errors in",
    "startup status",
    *(MODULE_MISSING, NO_SPACE, DIED_AT_ONCE),
    "is still running after",
    SCRIPT_FAILED,
    "INSTALLING DEPENDENCIES",
    "GIT PULL",
    "SSH_EXEC",
    "SSH_AUTH",
    PROMOTED,
    "now logging",
    "MARKING AS ERROR",
)


def of_startup(line: LogLine, marks: Iterable[str] = STARTUP_MARKS) -> bool:
    """Tell whether the line is of a start, by *marks*, and not of ordinary work."""
    return any(mark in line.message for mark in marks)


# What stopped a start, as the orchestrator's copy of the pod's log tells it.
_STOPPED: Final = (
    *(POD_REFUSED, LAUNCH_FAILED, SCRIPT_UNMADE, DISK_ISSUE, SCRIPT_FAILED),
    *(MODULE_MISSING, DIED_AT_ONCE),
)
_LONGEST: Final = 100
_PROFILE: Final = re.compile(r"Initializing with Memory Profile (\d+)")


def stopped(lines: Iterable[LogLine]) -> tuple[LogLine, str] | None:
    """Return the first line that shows what a start stopped at, and its telling part.

    The lines are those that name the worker, oldest first. None where none shows it.
    """
    for line in lines:
        for text in line.message.splitlines():
            if any(mark in text for mark in _STOPPED):
                return line, start_of(text.strip(), _LONGEST)
    return None


def came_up(lines: Sequence[LogLine]) -> LogLine | None:
    """Return the line that only a started worker writes; None where there is none."""
    return next((line for line in lines if UP in line.message), None)


def memory_profile(lines: Sequence[LogLine]) -> str | None:
    """Return the memory profile that a worker which came up began with.

    Only versions of some days in 2025 wrote it (systems/reigh.md, 3.2). None where no
    line tells of its start.
    """
    for line in lines:
        if found := _PROFILE.search(line.message):
            return found[1]
    return None if came_up(lines) is None else "not logged by this worker version"


def started(worker: Worker, lines: Sequence[LogLine], now: datetime) -> str:
    """Return how far its start came, by the line that only a started worker writes."""
    up = came_up(lines)
    if up is not None:
        took = spoken(max(up.at - worker.created_at, timedelta(0)))
        return f"{worker.id} came up at {stamp(up.at)}, {took} after its creation"
    if worker.last_heartbeat_at is not None:
        return (
            f"{worker.id} beat, last at {stamp(worker.last_heartbeat_at)}, but no line"
            " of the window says that its program came up"
        )
    age = spoken(now - worker.created_at)
    return f"{worker.id} has not come up in the {age} since its creation"
