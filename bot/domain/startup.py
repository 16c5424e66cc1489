"""How a worker's start went, by the lines that it leaves behind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.logs import LogLine
from bot.domain.times import spoken, stamp
from bot.domain.workers import Worker

# What the start of a worker leaves behind (systems/reigh.md, 3.2 and 3.3). Words such
# as "model" or "loading" would match its ordinary work.
_STARTUP: Final = (
    " started. Polling every",
    "HeadlessTaskQueue initialized",
    "Task queue started with",
    "[LAZY_INIT]",
    "[CUDA_DEBUG]",
    "is_available() returned False",
    "Failed to initialize",
    "Creating worker:",
    "SUCCESS:",
    "Error creating pod",
    "Failed to create pod",
    "startup script",
    "STARTUP SCRIPT",
    "Startup logs for",
    "system status:",
    "DISK SPACE ISSUE",
    "Potential errors in",
    "startup status",
    "ModuleNotFoundError",
    "No space left",
    "died immediately",
    "is still running after",
    "SCRIPT FAILED",
    "INSTALLING DEPENDENCIES",
    "GIT PULL",
    "SSH_EXEC",
    "SSH_AUTH",
    "detected as active via logging",
    "now logging",
    "MARKING AS ERROR",
)
_UP: Final = _STARTUP[0]


def of_startup(line: LogLine) -> bool:
    """Tell whether the line is of a start, not of ordinary work."""
    return any(mark in line.message for mark in _STARTUP)


def started(worker: Worker, lines: Sequence[LogLine], now: datetime) -> str:
    """Return how far its start came, by the line that only a started worker writes."""
    up = next((line for line in lines if _UP in line.message), None)
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
