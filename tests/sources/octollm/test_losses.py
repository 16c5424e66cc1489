from datetime import timedelta
from typing import Any

import pytest

from bot.sources.octollm import losses
from bot.sources.octollm.tally import tally
from tests.sources.octollm.told import HOUR, a_line, after

POOL = (
    "QueuePool limit of size 1 overflow 0 reached, connection timed out, timeout 30.00"
    " (Background on this error at: https://sqlalche.me/e/21/3o7r)"
)


def test_a_pool_that_is_exhausted_tells_its_numbers() -> None:
    """And how many tasks were on their way into the database."""
    lines = [
        a_line(0, "task.passed_reflex_check", task="long ago"),
        a_line(100, "task.passed_reflex_check", task="a"),
        a_line(101, "task.passed_reflex_check", task="b"),
        a_line(102, "task.passed_reflex_check", task="c"),
        a_line(103, "database.task_created", task="c"),
        a_line(131, "http.uncaught_exception", level="ERROR", error=POOL),
        a_line(131, "Exception in ASGI application", level="ERROR", error=POOL),
    ]

    [found] = losses.pool(lines)

    assert (found.size, found.overflow) == (1, 0)
    assert (found.timeout, found.in_flight) == (timedelta(seconds=30), 2)


def test_a_pool_of_no_size_that_is_meant_is_none() -> None:
    """Nobody could reckon with it."""
    for number in ("size 1", "timeout 30.00"):
        name = number.split()[0]
        error = POOL.replace(number, f"{name} {'9' * 5000}")
        found = losses.pool([a_line(1, "x", error=error)])

        assert [each.timeout for each in found] in ([], [None])


def test_a_pool_may_not_tell_how_long_it_waits() -> None:
    """The text is cut."""
    [found] = losses.pool([a_line(1, "x", error=POOL[:55])])

    assert found.timeout is None


def test_a_task_is_lost_when_its_minute_is_over() -> None:
    """Exactly then; before it may still be stored."""
    line = a_line(3540, "task.passed_reflex_check", task="a")
    late = a_line(3541, "task.passed_reflex_check", task="b")

    assert [it.task_id for it in tally([line, late], HOUR).lost] == ["a"]


def test_what_was_raised_right_after_it_is_why() -> None:
    """By the same service, within the minute."""
    lines = [
        a_line(10, "http.uncaught_exception", level="ERROR", error="before"),
        a_line(20, "task.passed_reflex_check", task="a"),
        a_line(
            21, "http.uncaught_exception", level="ERROR", error="x", service="coder"
        ),
        a_line(50, "http.uncaught_exception", level="ERROR", error="pool\nmore"),
        a_line(200, "task.passed_reflex_check", task="b"),
        a_line(201, "task.passed_reflex_check"),
        a_line(300, "http.uncaught_exception", level="ERROR", error="late"),
    ]

    assert [(it.task_id, it.error) for it in tally(lines, HOUR).lost] == [
        ("a", "pool"), ("b", None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "required", "available"),
    [
        ({}, None, None),
        (
            {"required_capabilities": "python, sql", "available": 0},
            {"python", "sql"},
            set(),
        ),
        ({"required": "", "available_capabilities": "sql"}, set(), {"sql"}),
    ],
)
def test_a_task_without_an_arm_tells_what_it_needed(
    fields: dict[str, Any], required: set[str] | None, available: set[str] | None
) -> None:
    """Where the line says so."""
    [found] = losses.unmatched(
        [a_line(1, "arm_router.no_candidates", task="a", **fields)]
    )

    assert (found.task_id, found.required, found.available) == (
        "a",
        required,
        available,
    )


def test_a_task_without_an_arm_is_known_by_its_error_too() -> None:
    """Whatever event tells it."""
    assert len(losses.unmatched([a_line(1, "task.failed: No suitable arm found")])) == 1
    assert losses.unmatched([a_line(1, "task.failed")]) == ()


def test_a_failed_start_names_the_last_exception() -> None:
    """The published code's own (systems/octollm.md, 0.7)."""
    trace = (
        "Traceback (most recent call last):\n  x\n"
        "sqlalchemy.exc.ArgumentError: Pool class QueuePool cannot be used with asyncio"
    )
    lines = [
        a_line(
            1, "orchestrator.database_init_failed", level="ERROR", error="first\nlast"
        ),
        a_line(2, "Traceback", level="ERROR", traceback=trace),
        a_line(3, "Application startup failed. Exiting.", level="ERROR"),
        a_line(4, "Application startup failed. Exiting.", service="coder"),
    ]

    assert [(it.at, it.error) for it in losses.startups(lines)] == [
        (after(1), "last"),
        (after(3), trace.rsplit("\n", maxsplit=1)[-1]),
        (after(4), "no line tells why"),
    ]


def test_a_database_that_is_down_is_known_by_event_or_kind() -> None:
    """A mere note of the kind is none."""
    told = [
        a_line(1, "database.health_check_failed", level="ERROR"),
        a_line(2, "x", level="ERROR", error_kind="OperationalError"),
        a_line(3, "x", error_kind="OperationalError"),
        a_line(4, "x", level="ERROR"),
    ]

    assert [losses.database_down(it) for it in told] == [True, True, False, False]


@pytest.mark.parametrize(
    ("error", "down"),
    [
        ("(psycopg.OperationalError) connection failed: Connection refused", True),
        ("(psycopg.errors.AdminShutdown) terminating connection", True),
        ("(psycopg2.errors.CannotConnectNow) the database system is starting up", True),
        ("(psycopg.errors.DeadlockDetected) deadlock detected", False),
        ("(psycopg.errors.QueryCanceled) canceling statement due to timeout", False),
        ("(asyncpg.OperationalError) deadlock detected", False),
    ],
)
def test_a_database_that_answers_is_not_down(error: str, down: bool) -> None:
    """A deadlock is of the same kind as a lost connection."""
    line = a_line(1, "x", level="ERROR", error_kind="OperationalError", error=error)

    assert losses.database_down(line) is down


@pytest.mark.parametrize(
    ("event", "service", "down"),
    [
        ("http.uncaught_exception", "orchestrator", True),
        ("http.uncaught_exception", "coder", False),
        ("reflex_client.request_error", "orchestrator", False),
    ],
)
def test_a_refusal_that_nobody_caught_is_the_database_s(
    event: str, service: str, down: bool
) -> None:
    """As asyncpg raises it; the reflex layer's are caught and told."""
    line = a_line(
        1, event, level="ERROR", service=service, error_kind="ConnectionRefusedError"
    )

    assert losses.database_down(line) is down
