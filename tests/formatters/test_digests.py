"""A day in a few lines."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.deaths import Death, Deaths
from bot.domain.digests import Digest
from bot.domain.findings import Severity
from bot.domain.times import Window
from formatters import digests, limits
from formatters.alerts import DOUBT
from tests.formatters.notices import a_notice, a_problem, an_alert
from tests.formatters.referee import violations
from tests.world import NOW


def a_digest(**given: Any) -> Digest:
    """Return a busy day's."""
    values: dict[str, Any] = {
        "window": Window.before(NOW, hours=24),
        "due_at": NOW,
        "opened": 5,
        "closed": 4,
        "open": (a_notice(),),
        "tasks": {"Complete": 120, "Failed": 4},
        "deaths": (
            Deaths(way=Death.CRASHED, total=3, reasons={}),
            Deaths(way=Death.STALE, total=2, reasons={}),
            Deaths(way=Death.SCALED_DOWN, total=12, reasons={}),
        ),
        "wasted_usd": 4.123,
        "watched": timedelta(hours=23, minutes=40),
        "wasted_usd_per_hour": 0.69,
    }
    return Digest(**(values | given))


def told(digest: Digest) -> list[str]:
    """Return the lines of the message, which Slack must take."""
    message = digests.digest(digest)
    assert violations(message.blocks, message.text) == []
    return message.text.splitlines()


def test_a_day_in_a_few_lines() -> None:
    """With how the money was reckoned."""
    assert told(a_digest()) == [
        "🌅 24 h until 2026-01-31 12:00:00Z: 1 problem open then",
        "Problems  5 opened, 4 over",
        "Tasks  124 made, of which 120 Complete, 4 Failed",
        "Workers  5 died (3 crashed, 2 stale heartbeat); 12 scaled down",
        (
            "Money  $4.12 wasted on orphaned pods; $0.69 an hour at its end (their"
            " hourly price at each look, over the 23 h 40 min that were watched)"
        ),
        (
            "🔴 task 41345358 is orphaned: its worker is terminated  since"
            " 2026-01-31 11:46:00Z"
        ),
        "2026-01-30 12:00 to 2026-01-31 12:00 UTC",
    ]


def test_a_quiet_day() -> None:
    """Nothing is made up."""
    quiet = a_digest(opened=0, closed=0, open=(), tasks={}, deaths=(), wasted_usd=0.0)
    lines = told(quiet)

    assert lines[0] == "🌅 24 h until 2026-01-31 12:00:00Z: no problem was seen"
    assert lines[2:4] == ["Tasks  0 made", "Workers  none died; 0 scaled down"]
    over = told(replace(quiet, closed=1))
    assert over[0] == "🌅 24 h until 2026-01-31 12:00:00Z: all problems are over"


def test_what_could_not_be_read_is_said() -> None:
    """No number is not nought."""
    dark = a_digest(
        tasks=None, deaths=None, watched=timedelta(0), wasted_usd_per_hour=None
    )

    assert told(dark)[2:5] == [
        "Tasks  could not be read",
        "Workers  could not be read",
        "Money  what orphaned pods cost could not be watched",
    ]
    untold = told(a_digest(wasted_usd_per_hour=None))
    assert "orphaned pods (their hourly price" in untold[4]


def test_many_open_problems_are_counted() -> None:
    """The worst are named."""
    mild = a_notice(an_alert(a_problem(severity=Severity.WARNING)))
    lines = told(a_digest(open=(mild, *(a_notice(id=str(n)) for n in range(11)))))

    assert sum(line.startswith("🔴") for line in lines) == 8
    assert "4 more" in lines


def test_a_digest_that_may_stand_twice_says_so() -> None:
    """And one is known by its block_id."""
    message = digests.digest(a_digest(), doubtful=True)

    assert DOUBT in message.text
    assert message.blocks[0]["block_id"] == "digest:2026-01-31T12:00:00Z"


def test_the_last_resort_is_short() -> None:
    """All the same it holds the numbers."""
    words = digests.last_resort(a_digest())

    assert "124 made" in words
    assert len(words) <= limits.LAST_RESORT
