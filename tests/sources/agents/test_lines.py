from datetime import date

import pytest

from bot.domain.logs import Level, LogLine
from bot.sources.agents.lines import (
    HEAD,
    console_line,
    day_of,
    decided,
    decision_in,
    heads,
    names_task,
    task_in,
)
from tests.sources.agents.files import NOW

ID = "3a333f8c-8470-4efc-81da-07a9419aa14b"


def a_line(raw: str) -> LogLine:
    data = raw.encode()
    begun = HEAD.match(data)
    assert begun is not None
    line = console_line(data, begun.end(), at=NOW, id="1")
    assert line is not None
    return line


@pytest.mark.parametrize(
    ("raw", "source", "name", "level", "message"),
    [
        ("08:55:09 [brain] INFO: ready", "brain", "brain", "INFO", "ready"),
        (
            "08:55:09 [gpu-1] DEBUG: Queue empty",
            "worker",
            "gpu-1",
            "DEBUG",
            "Queue empty",
        ),
        (
            "2026-11-23T08:48:14 [cpu-pi1] claimed cpu task cb999d6e (probe_media)",
            "worker",
            "cpu-pi1",
            "INFO",
            "claimed cpu task cb999d6e (probe_media)",
        ),
        (
            "2026-11-23T08:48:14 [cpu-pi1] finished cpu task cb999d6e: FAIL",
            "worker",
            "cpu-pi1",
            "WARNING",
            "finished cpu task cb999d6e: FAIL",
        ),
        (
            "[21:05:50] [gpu-1] GPU agent ready",
            "worker",
            "gpu-1",
            "INFO",
            "GPU agent ready",
        ),
        (
            "[2026-02-07 21:45:30] [worker-gpu1] No suitable tasks",
            "worker",
            "worker-gpu1",
            "INFO",
            "No suitable tasks",
        ),
        (
            "\x1b[31m09:00:00 [worker-1.executor] WARNING: BLOCKED bash\x1b[0m",
            "worker",
            "worker-1.executor",
            "WARNING",
            "BLOCKED bash",
        ),
        ("09:00:00 [worker] WARN: x", "subprocess", "worker", "WARNING", "x"),
        ("09:00:00 [httpx] ERROR: x", "program", "httpx", "ERROR", "x"),
    ],
)
def test_every_form_of_a_line_is_read(
    raw: str, source: str, name: str, level: str, message: str
) -> None:
    """Of three generations and of the guide (systems/agents.md, 1A.7)."""
    line = a_line(raw)

    assert (line.source, line.source_id) == (source, name)
    assert (line.level, line.message) == (level, message)
    own = source in ("worker", "brain")
    worker = name.removesuffix(".executor") if own else None
    assert line.worker_id == worker


def test_a_traceback_is_folded_into_its_line() -> None:
    """But no endless one."""
    raw = "09:09:53 [gpu-2] ERROR: crashed: x\nTraceback:\n  File\nKeyError: x\n"
    endless = "09:09:53 [gpu-2] ERROR: x\n" + "y\n" * 5000

    assert a_line(raw).message == "crashed: x\nTraceback:\n  File\nKeyError: x"
    assert a_line(endless).message.count("\n") == 199


def test_a_line_without_a_logger_is_none() -> None:
    """It begins like one."""
    assert console_line(b"09:09:53 [", 9, at=NOW, id="1") is None


@pytest.mark.parametrize(
    ("message", "task"),
    [
        ("Claimed script task: 3a333f8c... (render_long) [4800MB]", "3a333f8c"),
        ("Attempting claim: 35e315d7", "35e315d7"),
        ("Lost race: 0cb54352 (claimed by another worker)", "0cb54352"),
        ("Killed worker gpu-2-w0-22d25838 (shutdown)", "22d25838"),
        (f"finished {ID}", ID),
        ("Batch 20261123_084557 finished", None),
        ("Aborted batch c7924be4", None),
        ("deadbeefcafe", None),
        ("Queue empty", None),
    ],
)
def test_a_task_is_known_by_its_first_characters(
    message: str, task: str | None
) -> None:
    """A batch is none."""
    assert task_in(message) == task


def test_a_line_may_be_about_a_task_in_several_ways() -> None:
    """By its id, its first characters, or in a list of others."""
    lists = a_line("09:00:00 [brain] WARNING: Stuck: [{'task_id': '3a333f8c'}]")
    second = a_line("09:00:00 [gpu-1] INFO: 0206c08f after 3a333f8c")
    other = a_line("09:00:00 [gpu-1] INFO: Attempting claim: 0206c08f")

    assert names_task(a_line(f"09:00:00 [gpu-1] INFO: {ID}"), ID)
    assert names_task(lists, ID)
    assert names_task(second, ID)
    assert not names_task(other, ID)
    twin = ID[:9] + "0" * 4 + ID[13:]
    assert not names_task(a_line(f"09:00:00 [gpu-1] INFO: {twin}"), ID)


def test_what_the_console_repeats_of_a_decision_is_known() -> None:
    """Its own start is none, nor is another program's text."""
    brain = "09:00:00 [brain] INFO: "

    assert decided(a_line(brain + "[RETRY] Retrying")) == "RETRY"
    assert decided(a_line(brain + "[STARTUP] Brain ready")) is None
    assert decided(a_line(brain + "Loaded")) is None
    assert decided(a_line("09:00:00 [gpu-1] INFO: [RETRY] x")) is None


def test_the_last_repeated_decision_of_a_stretch_is_found() -> None:
    """It tells the stretch's day."""
    block = (
        b"08:00:00 [brain] INFO: [RETRY] one\n"
        b"08:00:01 [brain] INFO: [RETRY] two\n"
        b"08:00:02 [brain] INFO: [STARTUP] Brain ready\n"
        b"odd 08:00:03 [brain] INFO: [RETRY] quoted\n"
    )
    found = decision_in(block)

    assert found is not None
    assert (found["at"], found["message"]) == (b"08:00:01", b"two")
    assert decision_in(b"08:00:00 [gpu-1] INFO: x\n") is None


def test_heads_are_those_that_the_pattern_finds() -> None:
    """The quick way and the other agree."""
    block = (
        b"08:00:00 [brain] INFO: a\n"
        b"ab:cd:ef [no head\n"
        b"2026-11-23T08:48:14.123 [cpu-pi1] b\n"
        b"[21:05:50] [gpu-1] c\r\n"
        b"[2026-02-07 21:45:30] [w] d\n"
        b"\x1b[31m09:00:00\x1b[0m [x] e\n"
        b"[not a head\n"
        b"08:00:00 no logger\n"
    )
    slowly = [(each[2], each[1] or b"") for each in HEAD.finditer(block)]

    assert [*zip(*heads(block), strict=True)] == slowly
    assert heads(b"08:00:00 [brain] a\n08:00:01 [x] b\n") == (
        [b"08:00:00", b"08:00:01"],
        (),
    )
    assert len(slowly) == 5


def test_a_date_may_be_none() -> None:
    """Digits alone make none."""
    assert day_of(b"2026-02-07") == date(2026, 2, 7)
    assert day_of(b"2026-02-37") is None
    assert Level.INFO == "INFO"


@pytest.mark.parametrize(
    ("said", "day"),
    [
        (b"2026-11-23", date(2026, 11, 23)),
        (b"0001-01-01", None),
        (b"9999-12-31", None),
        (b"2026-13-01", None),
    ],
)
def test_a_day_beyond_all_that_are_meant_is_none(said: bytes, day: date | None) -> None:
    """No other could be reckoned from it."""
    assert day_of(said) == day
