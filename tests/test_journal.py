import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from bot.journal import Redacting, open_journal
from bot.settings import Settings
from bot.tracing import request

KEY = "rpa_ABCDEF123456"


def a_record(message: str = "answered", **given: Any) -> logging.LogRecord:
    """Return a record of the desk at a fixed time."""
    record = logging.LogRecord("bot.dispatch", logging.INFO, "", 0, message, None, None)
    record.created = 1769860800.25
    vars(record).update(given)
    return record


def as_json(record: logging.LogRecord) -> Any:
    return json.loads(Redacting(as_json=True).format(record))


def test_a_line_begins_with_its_event() -> None:
    """Time, level and part of the bot before it, fields after it."""
    line = Redacting(as_json=False).format(a_record(command="task", gaps=0))

    assert line == (
        "2026-01-31T12:00:00.250Z INFO bot.dispatch answered command=task gaps=0"
    )


def test_an_event_without_fields_ends_there() -> None:
    """A field that is None is left out."""
    line = Redacting(as_json=False).format(a_record(user=None))

    assert line.endswith("bot.dispatch answered")


def test_json_holds_the_same() -> None:
    """One object to a line, with the fields beside the event."""
    assert as_json(a_record(command="task", words=["a", 1])) == {
        "at": "2026-01-31T12:00:00.250Z",
        "level": "INFO",
        "component": "bot.dispatch",
        "event": "answered",
        "command": "task",
        "words": ["a", 1],
    }


def test_json_takes_anything_for_a_field() -> None:
    """What JSON has no word for is written as text."""
    assert as_json(a_record(kind=str))["kind"] == "<class 'str'>"


def trace() -> Any:
    try:
        return int(KEY)
    except ValueError:
        return sys.exc_info()


def test_a_trace_follows_the_line() -> None:
    """With its secrets hidden."""
    line = Redacting(as_json=False).format(a_record(exc_info=trace()))

    assert "answered\nTraceback (most recent call last)" in line
    assert line.endswith("with base 10: '[hidden]'")


def test_a_trace_stands_in_json() -> None:
    """On the same line."""
    event = as_json(a_record(exc_info=trace()))

    assert event["trace"].endswith("with base 10: '[hidden]'")


@pytest.mark.parametrize("form", [True, False], ids=["json", "console"])
def test_no_secret_is_written(form: bool) -> None:
    """Neither in the event, nor in a field, nor where only its name tells."""
    record = a_record(f"got {KEY}", header={"apikey": "hunter22"}, url=KEY)

    line = Redacting(as_json=form).format(record)

    assert KEY not in line
    assert "hunter22" not in line


@pytest.mark.parametrize(
    "text",
    [
        "Private key starts with: b3BlbnNz",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl",
        "https://hooks.slack.com/services/T1/B1/x",
        '{"password": "a\\"b"}',
        "password=hunter22",
    ],
)
def test_hiding_leaves_json_whole(text: str) -> None:
    """It ends where the text ends."""
    event = as_json(a_record(text, kind=ValueError(text), after=1))

    assert event["after"] == 1
    assert "[hidden]" in event["event"]
    assert "[hidden]" in event["kind"]


@pytest.fixture
def loggers() -> Iterator[None]:
    """Put back what a test does to the loggers."""
    names = ("", "bot", "bot.slack", "slack_bolt")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.usefixtures("loggers")
def test_levels_hold_for_single_parts(capsys: pytest.CaptureFixture[str]) -> None:
    """The bot's own level, one part's, and none of what libraries chat about."""
    open_journal(
        Settings.of(
            {"DEBUG_BOT_LOG_LEVEL_SLACK": "ERROR", "DEBUG_BOT_LOG_FORMAT": "json"}
        )
    )
    logging.getLogger("bot.dispatch").info("told")
    logging.getLogger("bot.slack.app").warning("too soft")
    logging.getLogger("slack_bolt.App").info("chatter")

    lines = capsys.readouterr().err.splitlines()

    assert [json.loads(line)["event"] for line in lines] == ["told"]


def test_a_line_says_for_which_request_it_was_written() -> None:
    """Wherever it comes from; one that names another keeps that."""
    with request() as id:
        line = as_json(a_record())
        other = as_json(a_record(request_id="0a1b2c3d"))

    assert line["request_id"] == id
    assert other["request_id"] == "0a1b2c3d"
