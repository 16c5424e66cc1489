import math
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import SourceDown
from bot.sources.octollm.metrics import Sample, memory, moment, samples, total
from tests.sources.octollm.samples import METRICS

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MB = 1_000_000.0


def scrapes(
    *held: float, begun: float = 1.0
) -> list[tuple[datetime, float, float | None]]:
    return [
        (NOON + timedelta(minutes=10 * n), mb * MB, begun) for n, mb in enumerate(held)
    ]


def test_the_real_metrics_are_read() -> None:
    """Sums over labels, and single ones."""
    found = samples(METRICS.read_text())

    assert len(found) == 196
    assert total(found, "orchestrator_tasks_submitted_total") == 10
    assert total(found, "orchestrator_tasks_submitted_total", priority="high") == 2
    assert total(found, "process_resident_memory_bytes") == 97828864
    assert total(found, "octollm_active_tasks") is None


def test_the_real_metrics_show_no_uncaught_exception() -> None:
    """Several calls of the run answered 500 (systems/octollm.md, 0.10)."""
    found = samples(METRICS.read_text())

    assert {each.labels["status"] for each in found if "status" in each.labels} >= {
        "503"
    }
    assert all(each.labels.get("status") != "500" for each in found)


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        ("up 1", Sample("up", {}, 1.0)),
        ("up{} 1 1700000000000", Sample("up", {}, 1.0)),
        ('a{b="c",} -2.5e3', Sample("a", {"b": "c"}, -2500.0)),
        (
            r'a{ b="x\"y\\z\n}" , d="" } +Inf',
            Sample("a", {"b": 'x"y\\z\n}', "d": ""}, math.inf),
        ),
        ("a -Inf", Sample("a", {}, -math.inf)),
    ],
)
def test_a_sample_is_read_in_each_of_its_forms(text: str, sample: Sample) -> None:
    """With and without labels and a time."""
    assert samples(f"# HELP x\n\n{text}\n") == (sample,)


def test_what_is_not_a_number_is_one() -> None:
    """By its name."""
    [found] = samples("a NaN")

    assert math.isnan(found.value)


@pytest.mark.parametrize(
    "text", ["<html>", "up", "up one", 'up{a="b} 1', "up{a=b} 1", '1up{a="b"} 1']
)
def test_anything_else_is_a_clear_line(text: str) -> None:
    """A proxy's page is no metrics."""
    with pytest.raises(SourceDown, match="not in Prometheus' format"):
        samples(text)


def test_growth_is_told_from_three_scrapes_on() -> None:
    """By the line that fits best."""
    few, many = memory("o", scrapes(100, 110)), memory("o", scrapes(100, 110, 120))

    assert (few.growth_per_hour, few.growth) == (None, None)
    assert many.growth_per_hour == pytest.approx(60 * MB)
    assert many.growth == pytest.approx(0.2)
    assert (many.scrapes, many.over) == (3, timedelta(minutes=20))


def test_growth_begins_anew_with_a_restart() -> None:
    """What the last process held does not count."""
    later = [
        (at + timedelta(hours=1), held, 3600.0) for at, held, _ in scrapes(90, 90, 90)
    ]

    told = memory("o", [*scrapes(100, 500, 900), *later])

    assert (told.growth_per_hour, told.growth) == (0.0, 0.0)
    assert told.restarts == (datetime(1970, 1, 1, 1, tzinfo=UTC),)
    assert told.begun_at == datetime(1970, 1, 1, 1, tzinfo=UTC)


def test_a_process_that_does_not_tell_its_begin_is_one() -> None:
    """Nothing is guessed."""
    told = memory("o", [(at, held, None) for at, held, _ in scrapes(1, 1, 1)])

    assert (told.begun_at, told.restarts, told.scrapes) == (None, (), 3)


def test_a_time_beyond_all_calendars_is_none() -> None:
    """Metrics may say anything."""
    assert (moment(1e30), moment(None)) == (None, None)
