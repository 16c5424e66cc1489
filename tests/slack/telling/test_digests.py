"""Once a day, however often the bot starts and whoever leads."""

from collections.abc import AsyncIterator
from datetime import UTC, time
from pathlib import Path

import pytest

from bot.domain.deaths import Death, Deaths
from bot.domain.figures import spread
from bot.domain.report import Report
from bot.queries.tasks import TasksData
from bot.queries.workers import WorkersData
from bot.settings import Alerting
from tests.slack.alerting import CHANNEL, ILL, WELL, Watch, a_watch
from tests.slack.little_slack import LittleSlack
from tests.slack.telling.test_looks import a_report, some_data

# NOW is 12:00
AT_ONE = Alerting(channel=CHANNEL, digest=time(13, 0, tzinfo=UTC), pods_usd=99.0)
NONE = spread(())
TASKS = TasksData(
    total=3,
    by_status={"Complete": 2, "Failed": 1},
    by_type={},
    queue_seconds=NONE,
    processing_seconds=NONE,
    tasks=(),
    failures=(),
)
WORKERS = WorkersData(
    total=3,
    by_status={},
    healthy=0,
    ageing=0,
    stale=0,
    missing=0,
    unjudged=0,
    workers=(),
    failures=(),
    failures_by_reason={},
    failure_rate=None,
    deaths=(Deaths(way=Death.CRASHED, total=2, reasons={}),),
    by_ram_tier=(),
    by_volume=(),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the state is."""
    return tmp_path / "state.sqlite3"


@pytest.fixture
async def watch(little: LittleSlack, file: Path) -> AsyncIterator[Watch]:
    """Return a process that leads."""
    async with a_watch(little, file, AT_ONE) as watch:
        yield watch


def digests(watch: Watch) -> list[str]:
    """Return the texts of the digests that were posted."""
    texts = [payload["text"] for payload in watch.little.payloads]
    return [text for text in texts if text.startswith("🌅")]


async def test_a_digest_comes_at_its_time(watch: Watch) -> None:
    """With what happened, and what is still open."""
    watch.desk.others = {
        "tasks": Report(summary="", data=TASKS),
        "workers": Report(summary="", data=WORKERS),
    }
    costly = a_report(data=some_data(wasted_usd_per_hour=6.0))
    await watch.opened()
    await watch.sees(WELL)
    await watch.sees(WELL)
    await watch.sees(costly)
    await watch.sees(costly)
    assert digests(watch) == []
    await watch.sees(costly, after=60)

    [text] = digests(watch)
    assert text.splitlines()[:5] == [
        "🌅 24 h until 2026-01-31 13:06:00Z: all problems are over",
        "Problems  1 opened, 1 over",
        "Tasks  3 made, of which 2 Complete, 1 Failed",
        "Workers  2 died (2 crashed); 0 scaled down",
        (
            "Money  $0.20 wasted on orphaned pods; $6.00 an hour at its end (their"
            " hourly price at each look, over the 5 min that were watched)"
        ),
    ]


async def test_a_digest_comes_once(
    watch: Watch, little: LittleSlack, file: Path
) -> None:
    """Not at the next look, not after a restart; the next day another one."""
    await watch.sees(WELL)
    await watch.sees(WELL, after=60)
    await watch.sees(WELL)
    await watch.leases.release(watch.term)
    async with a_watch(little, file, AT_ONE, watch.clock) as later:
        await later.sees(WELL)
        assert len(digests(later)) == 1
        await later.sees(WELL, after=24 * 60)

        assert len(digests(later)) == 2


async def test_a_start_after_its_time_waits_for_the_next_day(
    little: LittleSlack, file: Path
) -> None:
    """Of a day that nobody watched there is little to tell."""
    async with a_watch(little, file, AT_ONE) as watch:
        await watch.sees(WELL, after=90)
        await watch.sees(WELL)

        assert digests(watch) == []


async def test_a_digest_that_slack_does_not_take_comes_later(watch: Watch) -> None:
    """What could not be read it names."""
    await watch.sees(WELL)
    watch.little.refuse("chat.postMessage", "not_in_channel")
    await watch.sees(ILL, after=60)
    await watch.sees(WELL)

    refused, taken = digests(watch)
    assert "Tasks  could not be read" in refused
    assert "Tasks  could not be read" in taken


async def test_without_a_time_there_is_none(little: LittleSlack, file: Path) -> None:
    """`never` in the settings."""
    async with a_watch(little, file, Alerting(channel=CHANNEL, digest=None)) as watch:
        await watch.sees(WELL)
        await watch.sees(WELL, after=48 * 60)

        assert watch.little.sent == []
