"""Slack's SDK, patient and silent."""

import logging

import pytest

from bot.slack.client import Calm, answered, hush, quiet, slack_client
from tests.slack.little_slack import refused


def a_record(message: str, level: int = logging.ERROR) -> logging.LogRecord:
    """Return a record with a trace."""
    trace = (ValueError, ValueError("no"), None)
    return logging.LogRecord("sdk", level, "f", 1, message, None, trace)


def test_a_client_asks_slack_itself_unless_told() -> None:
    """The address of a stand-in is for tests."""
    assert slack_client("xoxb-1", None).base_url == "https://slack.com/api/"
    assert slack_client("xoxb-1", "http://x/api").base_url == "http://x/api/"


def test_the_sdk_writes_one_line_without_a_trace() -> None:
    """It retries; nobody is helped by fifty lines."""
    record = a_record("Failed to connect\n  (error: x); Retrying...")
    Calm().filter(record)

    assert record.getMessage() == "Failed to connect (error: x); Retrying..."
    assert record.exc_info is None
    assert record.levelno == logging.WARNING


def test_a_ticket_is_not_written() -> None:
    """Whoever has it can connect in our place."""
    record = a_record("can't reach wss://slack.test/link/?ticket=abc&app_id=d now")
    Calm().filter(record)

    assert record.getMessage() == "can't reach wss://slack.test/link/ now"


def test_two_ways_to_say_a_token_are_not_worth_a_line() -> None:
    """We mean it."""
    assert not Calm().filter(a_record("As you gave `authorize` as well, `token` …"))


def test_hushing_twice_is_hushing_once(caplog: pytest.LogCaptureFixture) -> None:
    """Below warnings the SDK writes whole bodies."""
    hush()
    hush()
    quiet.info("a body")

    assert "a body" not in caplog.text
    assert sum(isinstance(each, Calm) for each in quiet.filters) == 1


def test_an_error_tells_what_was_answered() -> None:
    """Nothing, where that was no JSON."""
    page = refused("x")
    page.response = "<html>"

    assert answered(refused("x"))["error"] == "x"
    assert answered(page) == {}
