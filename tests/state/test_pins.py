"""Marked messages, on each kind of database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.pins import Pinned
from bot.domain.times import Window
from bot.state.database import Database
from bot.state.pins import KEPT, MOST, Pins
from tests.databases import Base
from tests.domain.test_pins import PINNED
from tests.world import NOW, ago

HOUR = Window.before(NOW, hours=1)


@pytest.fixture
async def pins(base: Base) -> AsyncIterator[Pins]:
    """Return the marks of an empty database."""
    database = Database(base.url)
    yield Pins(database)
    await database.close()


def _another(ts: str, **given: object) -> Pinned:
    return replace(PINNED, ts=ts, **given)  # type: ignore[arg-type]


async def test_a_message_is_kept_as_it_was(pins: Pins) -> None:
    """Hostile text is text, and a NUL is no reason to lose it."""
    hostile = replace(PINNED, text="'; drop table pins; -- <!channel> \0 `x` 語")

    assert await pins.add(hostile)

    [kept] = await pins.within(HOUR, channel="C01")
    assert kept == replace(hostile, text=hostile.text.replace("\0", ""))


async def test_a_message_is_listed_once_whoever_marks_it(pins: Pins) -> None:
    """As it was at first: an edit later changes nothing."""
    later = replace(PINNED, pinned_by="U02", text="edited", pinned_at=ago(minutes=1))

    assert await pins.add(PINNED)
    assert not await pins.add(replace(PINNED, text="sent again"))
    assert await pins.add(later)

    assert await pins.within(HOUR, channel=None) == (PINNED,)


async def test_a_mark_that_is_taken_away_counts_no_more(pins: Pins) -> None:
    """Those of others do."""
    later = replace(PINNED, pinned_by="U02", pinned_at=ago(minutes=1))
    await pins.add(PINNED)
    await pins.add(later)

    assert await pins.remove("C01", PINNED.ts, "U01")
    assert not await pins.remove("C01", PINNED.ts, "U01")
    assert await pins.within(HOUR, channel="C01") == (later,)
    assert await pins.remove("C01", PINNED.ts, "U02")
    assert await pins.within(HOUR, channel="C01") == ()


async def test_a_channel_sees_its_own_alone(pins: Pins) -> None:
    """Another one may be private."""
    await pins.add(PINNED)
    await pins.add(_another(PINNED.ts, channel="G02", text="secret"))

    assert [it.channel for it in await pins.within(HOUR, channel="C01")] == ["C01"]
    assert len(await pins.within(HOUR, channel=None)) == 2
    assert await pins.within(HOUR, channel="") == ()


async def test_messages_stand_in_the_order_they_were_written(pins: Pins) -> None:
    """Within the window alone."""
    await pins.add(_another("2", at=ago(minutes=2)))
    await pins.add(_another("1", at=ago(minutes=5)))
    await pins.add(_another("0", at=ago(minutes=61)))

    assert [each.ts for each in await pins.within(HOUR, channel="C01")] == ["1", "2"]


async def test_messages_are_kept_for_ninety_days(pins: Pins) -> None:
    """Since they were marked."""
    await pins.add(PINNED)
    late = PINNED.pinned_at + KEPT + timedelta(seconds=1)

    await pins.add(_another("9", pinned_at=late))

    assert [each.ts for each in await pins.within(HOUR, channel=None)] == ["9"]


async def test_an_answer_holds_the_newest_thousand(
    pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody marks more in one incident."""
    monkeypatch.setattr("bot.state.pins.MOST", 2)
    for number in range(3):
        await pins.add(_another(str(number), at=ago(minutes=9 - number)))

    assert MOST == 1_000
    assert [each.ts for each in await pins.within(HOUR, channel="C01")] == ["1", "2"]
