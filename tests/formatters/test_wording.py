"""Words that both Slack and the shell use."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.report import Cell, Gap, Outcome, Read, Timeline
from bot.domain.times import Window
from formatters.wording import (
    ages,
    failures,
    missing,
    signature,
    span,
    sureness,
    tally,
    writer,
    written,
)
from tests.formatters.samples import NOW, a_finding, ago, asked
from tests.world import a_line


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, "unknown"),
        (True, "yes"),
        (False, "no"),
        (1284, "1,284"),
        (0.1275, "0.13"),
        (812.4, "812.4"),
        (3.0, "3"),
        (0.0, "0"),
        (0.0004, "0.0004"),
        (float("nan"), "unknown"),
        ("as it is", "as it is"),
        (NOW, "2026-01-31 12:00:00Z"),
    ],
)
def test_values_are_written_for_people(cell: Cell, expected: str) -> None:
    """What is not known is called unknown."""
    assert written(cell) == expected


def test_only_doubt_is_mentioned() -> None:
    """A confirmed finding needs no word for it."""
    assert sureness(a_finding()) == ""
    assert sureness(a_finding(confidence=Confidence.LIKELY)) == "likely"


def test_findings_are_counted_worst_first() -> None:
    """Severities without a finding are not named."""
    findings = [a_finding(severity=s) for s in (Severity.INFO, Severity.CRITICAL)]

    assert tally(findings) == "1 critical, 1 info"


def test_a_gap_that_is_nobodys_fault_sounds_calmer() -> None:
    """Only failures are called that."""
    failed = Gap(source="runpod", reason="refused")
    absent = Gap(source="runpod", reason="not configured", failed=False)

    assert missing(failed) == "could not read runpod: refused"
    assert missing(absent) == "without runpod: not configured"


def test_the_gap_that_is_the_answer_is_not_told_twice() -> None:
    """A question that failed on its only source says so in its summary."""
    gap = Gap(source="supabase", reason="refused")
    down = asked("supabase refused", words="tasks", outcome=Outcome.SOURCE_DOWN)

    assert failures(asked("partly", words="tasks", gaps=(gap,))) == (gap,)
    assert (
        failures(asked("no", words="tasks", outcome=Outcome.SOURCE_DOWN, gaps=(gap,)))
        == ()
    )
    assert failures(down) == ()


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(hours=3), "2026-01-31 09:00 to 12:00 UTC"),
        (timedelta(hours=24), "2026-01-30 12:00 to 2026-01-31 12:00 UTC"),
        (timedelta(seconds=30), "2026-01-31 11:59:30 to 12:00:00 UTC"),
    ],
)
def test_a_window_is_said_briefly(length: timedelta, expected: str) -> None:
    """The day is not repeated, and seconds only where they matter."""
    assert span(Window(since=NOW - length, until=NOW)) == expected


def test_of_a_long_window_seconds_do_not_matter() -> None:
    """Though it hardly ever ends at a whole minute."""
    until = NOW + timedelta(seconds=23)

    told = span(Window(since=until - timedelta(hours=1), until=until))

    assert told == "2026-01-31 11:00 to 12:00 UTC"


def test_the_oldest_data_of_a_source_count() -> None:
    """Two readings of one source are as old as the older."""
    report = asked(
        "x",
        words="health",
        reads=(
            Read(source="supabase", at=ago(seconds=1)),
            Read(source="supabase", at=ago(minutes=2)),
            Read(source="runpod", at=ago(seconds=4)),
        ),
    )

    assert ages(report) == ("supabase 2 min ago", "runpod just now")


def test_without_a_now_the_moment_itself_is_said() -> None:
    """An age needs something to compare with."""
    report = asked(
        "x", words="health", generated_at=None, reads=(Read(source="a", at=NOW),)
    )

    assert ages(report) == ("a as of 2026-01-31 12:00:00Z",)


def test_a_bare_report_signs_with_nothing() -> None:
    """Nothing is made up for what is not there."""
    bare = asked("x", words="help", window=None, reads=(), request_id="", gaps=())

    assert signature(bare) == ("help",)
    assert signature(replace(bare, asked_by="Ann")) == ("help", "asked by Ann")


def test_a_line_is_by_its_kind_of_writer_and_which_one() -> None:
    """Where several may have written it."""
    line = a_line(source="edge_function", source_id="claim-next-task")
    one = Timeline(title="", lines=(line,))
    several = Timeline(title="", lines=(line,), writers=True)

    assert writer(line, one) == "edge_function"
    assert writer(line, several) == "edge_function claim-next-task"
    assert writer(a_line(source_id=""), several) == "worker"


def test_a_name_that_begins_the_message_stands_once() -> None:
    """A decision of the agents' brain is called by its kind."""
    line = a_line("[RETRY] again", source="decision", source_id="RETRY")
    several = Timeline(title="", lines=(line,), writers=True)

    assert writer(line, several) == "decision"
