import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.logs import LogLine
from bot.domain.redaction import HIDDEN
from bot.sources.octollm.clocks import Clock
from bot.sources.octollm.lines import begins, line, written
from tests.sources.octollm.samples import CONSOLE, JSON

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def read(text: str) -> LogLine:
    """Return the line of one record, at noon if it bears no time."""
    told = written(text.encode(), Clock(UTC))
    return line(told, at=told.at or NOON, service="orchestrator", id="1")


def as_json(**held: Any) -> LogLine:
    return read(json.dumps({"timestamp": "2026-11-23T08:00:00Z", **held}))


def test_the_real_json_lines_are_read() -> None:
    """As many of each level and kind of error as systems/octollm.md, 5B says."""
    lines = [read(each) for each in JSON.read_text().splitlines()]

    events = Counter(each.fields["event"] for each in lines)
    errors = [each for each in lines if each.alarming]
    assert Counter(each.level for each in lines) == {
        "DEBUG": 2,
        "INFO": 113,
        "WARNING": 18,
        "ERROR": 32,
    }
    assert Counter(each.fields.get("error_kind") for each in errors) == {
        "ValidationError": 4,
        "OperationalError": 2,
        "DetachedInstanceError": 1,
        None: 25,
    }
    assert events["http.request"] == 43
    assert events["task.submitted"] == 13
    assert events["task.passed_reflex_check"] == 14
    states = ("open", "half_open", "closed")
    assert [events[f"circuit_breaker.{it}"] for it in states] == [1, 1, 1]


def test_the_real_console_lines_are_read() -> None:
    """522 of them: 103 of structlog; uvicorn's, and all else folded into one above."""
    raw = CONSOLE.read_bytes().splitlines()
    told = [written(each, Clock(UTC)) for each in raw if begins(each)]

    assert len(raw) == 522
    assert Counter(each.form for each in told) == {"console": 103, "uvicorn": 43}
    assert Counter(each.level for each in told if each.form == "console") == {
        "info": 59,
        "error": 28,
        "warning": 14,
        "debug": 2,
    }


def test_both_real_forms_tell_the_same() -> None:
    """Of the same call, made in two runs."""

    def blocked(texts: list[str]) -> LogLine:
        [first, *_] = [each for each in texts if "task.blocked_by_reflex" in each]
        return read(first)

    one = blocked(JSON.read_text().splitlines())
    other = blocked(CONSOLE.read_text().splitlines())

    assert one.fields == other.fields
    assert (one.level, one.request_id) == (other.level, other.request_id)


def test_a_json_line_tells_its_request_task_and_fields() -> None:
    """The order of its keys does not matter."""
    found = as_json(
        task_id="ABC", event="task.submitted", request_id="req-1", priority="high",
        level="info", logger="app.main",
    )  # fmt: skip

    assert (found.request_id, found.task_id, found.source_id) == (
        "req-1",
        "abc",
        "app.main",
    )
    assert found.message == "task.submitted priority=high"
    assert found.fields == {"priority": "high", "event": "task.submitted"}


def test_the_guide_s_console_form_bears_a_zone() -> None:
    """And may name its logger (systems/octollm.md, 1B.5 c)."""
    found = read(
        "2025-11-10T10:00:00.5Z [warning  ] arm.slow_response [app.arms] arm_id=coder"
    )

    assert found.at == datetime(2025, 11, 10, 10, 0, 0, 500_000, tzinfo=UTC)
    assert (found.level, found.source_id) == ("WARNING", "app.arms")
    assert (found.worker_id, found.fields["arm"]) == ("coder", "coder")


def test_a_line_of_the_reflex_layer_is_read() -> None:
    """Tracing-subscriber's JSON: the message is the event (1B.5 d)."""
    text = json.dumps(
        {
            "timestamp": "2026-11-23T08:00:00.1Z",
            "level": "WARN",
            "fields": {
                "message": "Rate limit exceeded for IP: 10.0.0.1",
                "status": 429,
            },
            "target": "reflex_layer::handlers",
            "line_number": 7,
            "span": {"request_id": "r-1", "name": "request"},
        }
    )

    found = read(text)

    assert written(text.encode(), Clock(UTC)).form == "tracing"
    assert (found.level, found.request_id) == ("WARNING", "r-1")
    assert found.source_id == "reflex_layer::handlers"
    assert found.fields["event"] == "Rate limit exceeded for IP: 10.0.0.1"
    assert found.fields["status"] == 429


def test_an_access_line_of_uvicorn_is_read_without_the_caller_s_address() -> None:
    """It bears no time."""
    found = read('INFO:     127.0.0.1:53706 - "POST /submit HTTP/1.1" 202 Accepted')

    assert found.at == NOON
    assert found.message == "uvicorn.access method=POST path=/submit status_code=202"


def test_a_traceback_is_folded_into_its_line() -> None:
    """The line names what was raised in the end."""
    text = CONSOLE.read_text()
    start = text.index("ERROR:    Exception in ASGI application")
    end = text.index("2026-11-23", start)

    found = read(text[start:end])

    assert found.level == "ERROR"
    assert found.message == (
        "Exception in ASGI application: pydantic_core._pydantic_core.ValidationError:"
        " 1 validation error for TaskContract"
    )
    assert "services/orchestrator/app/main.py" in str(found.fields["traceback"])
    assert len(str(found.fields["traceback"])) <= 4_001


def test_a_traceback_within_json_is_kept_apart() -> None:
    """As structlog's `format_exc_info` writes it."""
    found = as_json(event="failed", exception="Traceback:\n  x\nOSError: no")

    assert found.message == "failed: OSError: no"
    assert str(found.fields["traceback"]).endswith("OSError: no")


def test_an_echo_of_sql_hides_what_was_sent() -> None:
    """A statement's lines become one; its values are a row's."""
    statement = read(
        "2026-11-23 08:00:00,123 INFO sqlalchemy.engine.Engine SELECT tasks.id"
        " \nFROM tasks"
    )
    values = read(
        "2026-11-23 08:00:00,124 INFO sqlalchemy.engine.Engine"
        " [generated in 0.0001s] {'goal': 'mail jo@example.org'}"
    )

    assert statement.message == "SELECT tasks.id FROM tasks"
    assert values.message == f"[generated in 0.0001s] {HIDDEN}"
    assert values.at.microsecond == 124_000


def test_another_library_s_line_keeps_its_text() -> None:
    """Python's own way of logging."""
    found = read("2026-11-23 08:00:00,1 WARNING httpx: slow\nTraceback\nOSError: no")

    assert (found.level, found.source_id) == ("WARNING", "httpx")
    assert found.message == "slow: OSError: no"


def test_colours_are_taken_off() -> None:
    """As a terminal gets them."""
    text = (
        "\x1b[2m2026-11-23 08:00:00\x1b[0m [\x1b[32minfo     \x1b[0m]"
        " \x1b[1mup\x1b[0m  \x1b[36mn\x1b[0m=\x1b[35m1\x1b[0m"
    )

    assert begins(text.encode())
    assert read(text).fields == {"n": 1, "event": "up"}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"duration_seconds": 2, "duration_ms": 9}, 2.0),
        ({"duration": 1.5}, 1.5),
        ({"duration_ms": 1500}, 1.5),
        ({"latency_ms": 250}, 0.25),
        ({"processing_time_ms": 1}, 0.001),
        ({"duration": "long"}, None),
        ({"duration": True}, None),
        ({"duration_ms": -1}, None),
        ({"duration_ms": 10**400}, None),
        ({"duration_seconds": 1e308}, None),
        ({}, None),
    ],
)
def test_a_duration_is_known_by_any_of_its_names(
    given: dict[str, Any], seconds: float | None
) -> None:
    """In seconds."""
    assert as_json(event="e", **given).fields.get("duration_seconds") == seconds


def test_error_kinds_and_arms_are_known_by_any_of_their_names() -> None:
    """The first that says something."""
    found = as_json(event="e", error_code="E1", arm="", assigned_arm="judge")

    assert (found.fields["error_kind"], found.fields["arm"]) == ("E1", "judge")
    assert found.worker_id == "judge"


def test_the_other_side_s_request_id_is_not_taken_for_ours() -> None:
    """It stands under the same key (systems/octollm.md, 0.9)."""
    found = as_json(event="reflex_client.request_success", request_id="theirs")

    assert found.request_id is None
    assert found.fields["reflex_request_id"] == "theirs"


@pytest.mark.parametrize(
    ("level", "known"),
    [("warn", "WARNING"), ("fatal", "CRITICAL"), ("trace", "DEBUG"), ("odd", "ODD")],
)
def test_levels_are_known_by_other_names(level: str, known: str) -> None:
    """Writers invent levels."""
    assert as_json(event="e", level=level).level == known


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "cut',
        "{}",
        "[1]",
        "free text",
        "",
        '{"timestamp": "soon"}',
        "{" * 3000,
    ],
)
def test_any_text_is_a_line(text: str) -> None:
    """Nothing is lost for its form."""
    found = read(text)

    assert (found.at, found.level) == (NOON, "INFO")


def test_a_record_without_end_is_cut() -> None:
    """Whatever it holds."""
    assert len(read("x" * 1_000_000).message) < 3_000


def test_nobody_s_words_are_in_any_line() -> None:
    """The real ones hold a match of the injection check."""
    for path in (JSON, CONSOLE):
        for each in path.read_text().splitlines():
            assert "ignore all previous instructions" not in str(read(each))


@pytest.mark.parametrize("last", [True, False])
def test_a_json_line_too_long_to_be_read_keeps_its_level(last: bool) -> None:
    """And its event and time, whether they stand first or last."""
    told = {
        "event": "big",
        "level": "error",
        "logger": "app",
        "timestamp": "2026-11-23T09:00:00Z",
    }
    dump = {"dump": "z" * 300_000}
    raw = json.dumps({**dump, **told} if last else {**told, **dump}).encode()

    found = written(raw, Clock(UTC))

    assert (found.level, found.logger) == ("error", "app")
    assert found.at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert found.event == f"big (cut: a line of {len(raw):,} bytes)"


@pytest.mark.parametrize(
    ("head", "level", "event"),
    [
        ('{"event": "big", "level": "error", "dump": "', "error", "big"),
        ("2026-11-23 09:00:00 [error    ] big      dump='", "error", "big"),
        ("ERROR:    ", "ERROR", "z" * 199 + "…"),
        ("", "INFO", "z" * 199 + "…"),
    ],
)
def test_a_line_of_which_only_the_ends_were_read_says_how_long_it_is(
    head: str, level: str, event: str
) -> None:
    """Of its fields none is told: they may be cut."""
    raw = (head + "z" * 4_000 + "z" * 3_000 + "' task_id=x").encode()

    found = written(raw, Clock(UTC), left_out=20_000_000)

    assert (found.level, found.held) == (level, {})
    assert found.event == f"{event} (cut: a line of {20_000_000 + len(raw):,} bytes)"


def test_of_a_long_line_no_half_of_a_private_number_is_shown() -> None:
    """It is hidden before the text is cut."""
    raw = b"x" * 193 + b" 123-45-6789 " + b"z" * 8_000

    assert "123" not in written(raw, Clock(UTC), left_out=1).event
