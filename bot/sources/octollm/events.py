"""The events of lines that anything is made of, by their names."""

from typing import Final

from bot.domain.logs import LogLine
from bot.sources.octollm.lines import REFLEX_ANSWERED

REQUEST: Final = "http.request"
ANSWERS: Final = (REQUEST, "reflex_client.http_error")
UNCAUGHT: Final = "http.uncaught_exception"
PASSED: Final = "task.passed_reflex_check"
CREATED: Final = "database.task_created"
BLOCKED: Final = "task.blocked_by_reflex"
REFUSED: Final = "task.reflex_circuit_breaker_open"
TURNS: Final = "circuit_breaker."
ECHO: Final = "Exception in ASGI application"
LIMITS: Final = ("openai.rate_limit", "Rate limit exceeded")
NO_ARM: Final = "No suitable arm found"
NO_CANDIDATES: Final = "arm_router.no_candidates"
FAILED_START: Final = (
    "Application startup failed",
    "orchestrator.database_init_failed",
)
DATABASE_DOWN: Final = (
    *("database.health_check_failed", "database.connection.failed"),
    "database.connection.lost",
)
MARKS: Final = (
    *(REQUEST, UNCAUGHT, PASSED, CREATED, BLOCKED, REFUSED, TURNS, REFLEX_ANSWERED),
    *(*LIMITS, NO_ARM, NO_CANDIDATES, *FAILED_START, *DATABASE_DOWN),
    *("cache.hit", "cache.miss", "pii.detected", "QueuePool limit"),
)
"""What a line holds of which anything is told, beside those that report a fault."""


def event_of(line: LogLine) -> str:
    """Return the event's name, which for plain text is the text."""
    return str(line.fields.get("event", ""))


def said(line: LogLine) -> str:
    """Return the first line of the error that a line tells of, or of its message."""
    return str(line.fields.get("error", line.message)).strip().split("\n", 1)[0]


def status(line: LogLine) -> int:
    """Return the status of an answer; 0 where the line tells none."""
    held = line.fields.get("status_code")
    return held if isinstance(held, int) else 0
