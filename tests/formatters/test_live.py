"""A report as a message that keeps itself current."""

from dataclasses import replace

import pytest
from hypothesis import given

from bot.domain.report import Ask, Outcome, Report
from formatters.limits import BUTTONS
from formatters.live import ageless, likeness, live
from formatters.packing import Block, Message
from tests.formatters import samples
from tests.formatters.referee import violations
from tests.formatters.reports import EXAMPLES, reports

STATE = "as of 2026-01-31 12:03:10Z, every 10 s until 2026-01-31 12:33:00Z"
STOP = Ask(label="Stop", words="watch stop 0123456789ab")
GLANCE = (("workers", "12 healthy, 2 stale"), ("money", "$8.28 an hour"))


def buttons(message: Message) -> list[Block]:
    """Return the message's buttons."""
    return [
        element
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_its_age_stands_below_the_sentence() -> None:
    """And no other age: neither a window nor the sources' own."""
    report = replace(samples.failed_task(), words="task 41345358")

    lines = live(report, STATE, asks=[STOP]).text.splitlines()

    assert lines[0].startswith("🛑 Task 4f2a91c0 failed")
    assert lines[1] == STATE
    assert lines[-1].startswith("watch task 41345358 · ")
    assert "UTC" not in lines[-1]
    assert "ago" not in lines[-1]


def test_it_can_be_stopped_and_asked_on() -> None:
    """Stop stands first, and stays where the answer has many questions of its own."""
    asks = tuple(Ask(label=f"Ask {n}", words=f"ask {n}") for n in range(BUTTONS))
    report = replace(samples.failed_task(), asks=asks)

    found = buttons(live(report, STATE, asks=[STOP]))

    assert [each["value"] for each in found] == [
        STOP.words,
        *(ask.words for ask in asks[:-1]),
    ]


def test_what_is_old_is_said_first() -> None:
    """Before the age of what follows."""
    trouble = "old: since 2026-01-31 12:01:00Z supabase cannot be reached"
    lines = live(samples.failed_task(), STATE, trouble=trouble).text.splitlines()

    assert lines[1:3] == [f"⚠️ {trouble}", STATE]


def test_a_dashboard_tells_each_finding_in_a_line() -> None:
    """After the fleet in a few lines, with where to read all of it."""
    report = replace(samples.sick_system(), glance=GLANCE, words="watch health")

    text = live(report, STATE).text

    assert "\nworkers  12 healthy, 2 stale\nmoney  $8.28 an hour\n" in text
    assert "told in full by health: " in text
    assert 0 < sum(line[0] in "🔴🔶🔹" for line in text.splitlines()) <= 7
    assert "→" not in text
    assert "in the thread" not in text


def test_an_answer_without_a_glance_tells_the_worst_with_proof() -> None:
    """As a verdict does."""
    text = live(samples.failed_task(), STATE).text

    assert "\n&gt; " in text


def test_only_what_grows_old_makes_no_difference() -> None:
    """Spans, times of day, and the id of the request."""
    before = replace(
        samples.failed_task(),
        summary="silent for 2 min 5 s since 11:58:05Z",
        request_id="aaaa",
    )
    after = replace(
        before, summary="silent for 12 min since 11:58:04Z", request_id="bbbb"
    )
    other = replace(before, summary="silent for 2 min 5 s, and dead")
    asked = replace(before, asks=())

    like = likeness(live(before, STATE, asks=[STOP]))

    assert likeness(live(after, "as of later", asks=[STOP])) == like
    assert likeness(live(other, STATE, asks=[STOP])) != like
    assert likeness(live(asked, STATE, asks=[STOP])) != like


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("5 queued, 3 s old", "5 queued, … old"),
        ("2 d 4 h ago, 1.5 h", "… ago, …"),
        ("at 12:03:10 UTC, 12:33", "at … UTC, …"),
        ("2026-01-31 12:00:00Z", "2026-01-31 …"),
        ("3 slow, 4 dead, 1 healthy", "3 slow, 4 dead, 1 healthy"),
    ],
)
def test_what_grows_old_is_known_by_its_form(words: str, left: str) -> None:
    """What only looks like it stays."""
    assert ageless(words) == left


def test_its_times_are_those_of_whoever_reads_it() -> None:
    """And of a day: it stands there long after it was kept current."""
    _, state, *_ = live(samples.failed_task(), STATE).blocks

    assert [
        each["timestamp"]
        for each in state["elements"][0]["elements"]
        if each["type"] == "date"
    ] == [1769860990, 1769862780]


def test_what_is_watched_offers_no_more_to_watch_it() -> None:
    """Only to stop; all else that can be asked stays."""
    report = samples.failed_task()
    follow = Ask(label="Follow it", words="watch task 41345358")
    watched = live(replace(report, asks=(*report.asks, follow)), STATE, asks=[STOP])

    assert "Follow it" not in str(watched.blocks)
    assert watched == live(report, STATE, asks=[STOP])


def test_a_fruitless_answer_is_calm_here_too() -> None:
    """Nothing was read yet, and the message says so."""
    report = Report(summary="supabase is down", outcome=Outcome.SOURCE_DOWN)

    lines = live(report, STATE).text.splitlines()

    assert lines[0] == "🔌 supabase is down"
    assert lines[1] == STATE


@EXAMPLES
@given(report=reports)
def test_any_report_is_something_that_slack_takes(report: Report) -> None:
    """With the longest glance and trouble as well."""
    glance = (("a label " * 20, "a value & more " * 100),) * 20
    fat = replace(report, glance=glance, as_json=False)

    message = live(fat, STATE, trouble="trouble <&> " * 100, asks=[STOP, STOP])

    assert violations(message.blocks, message.text) == []
