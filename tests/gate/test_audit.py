"""Who did what."""

import asyncio
from dataclasses import asdict
from typing import Any

import pytest

from bot.domain.access import Access
from bot.domain.errors import Misread
from bot.domain.offers import Decision, Fate, Record
from bot.domain.report import Report
from bot.gate.audit import AuditData, AuditEntry, AuditQuery, audit
from bot.state import tables
from tests.gate.people import ALICE, BOB, MALLORY
from tests.gate.toys import BREAK, PLACE, TOYS, House
from tests.world import NOW, data_of, table_of

_KNOWN = (
    "alerts acknowledge, alerts mute, alerts unmute, freeze, offer, toy break, unfreeze"
)


async def asked(house: House, **wanted: Any) -> Report:
    return await audit(house.gate).handler(AuditQuery(**wanted), house.asked())


async def an_evening(house: House) -> None:
    """Refuse Mallory, break two toys for Alice, and let Bob come too late."""
    house.toy.left = {TOYS[2]: "it is gone"}
    offer = await house.offer()
    house.clock.advance(seconds=1)
    await house.redeem(offer, MALLORY)
    house.clock.advance(seconds=1)
    await house.redeem(offer)
    house.clock.advance(seconds=1)
    await house.redeem(offer, BOB)


async def test_it_is_a_command_that_reads(house: House) -> None:
    """Everybody may know what was done."""
    assert audit(house.gate).access is Access.READ


async def test_there_may_be_nothing(house: House) -> None:
    """That is an answer, too."""
    report = await asked(house)

    assert report.summary == "nothing was asked for, refused or done"
    assert report.sections == ()
    assert data_of(report, AuditData) == AuditData(records=(), kept_days=90)
    assert report.notes == ("records are kept for 90 days",)
    assert [each.source for each in report.reads] == ["ledger"]


async def test_all_is_told(house: House) -> None:
    """The table has the newest first, the data the oldest."""
    await an_evening(house)
    report = await asked(house)
    rows = table_of(report, "Newest first")
    data = data_of(report, AuditData)

    assert report.summary == (
        "6 records: 2 done, 1 left alone, 1 refused, 1 too late, 1 offered"
    )
    assert [row[3] for row in rows] == [
        *("too late", "left alone", "done", "done", "refused", "offered")
    ]
    assert rows[3][1:] == (
        *("alice (U01ALICE)", f"{BREAK} {TOYS[0]}", "done", "broken"),
    )
    assert data.records[0] == AuditEntry(
        at=NOW,
        who="alice (U01ALICE)",
        action=BREAK,
        target=", ".join(TOYS),
        decision=Decision.OFFERED,
        outcome=None,
        reason="",
        channel=PLACE,
    )
    assert [each.outcome for each in data.records[2:5]] == [
        *(Fate.DONE, Fate.DONE, Fate.LEFT_ALONE)
    ]
    assert not report.truncated


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"who": "ALICE"}, 4),
        ({"who": "alice ("}, 4),
        ({"who": "u05"}, 1),
        ({"who": "nobody"}, 0),
        ({"action": "Toy Break"}, 6),
        ({"action": "freeze"}, 0),
        ({"action": "alerts acknowledge"}, 0),
        ({"target": TOYS[0]}, 2),
        ({"target": "toy-d"}, 2),
        ({"who": "alice", "target": TOYS[1]}, 2),
    ],
)
async def test_it_can_be_narrowed(
    house: House, wanted: dict[str, str], count: int
) -> None:
    """By a part of who or of the target, and by the whole action."""
    await an_evening(house)

    assert len(data_of(await asked(house, **wanted), AuditData).records) == count


async def test_an_action_that_nobody_knows_is_refused(house: House) -> None:
    """An empty audit would say that it was never done."""
    with pytest.raises(Misread, match="no action is called 'toy brake'") as caught:
        await asked(house, action="toy brake")

    assert caught.value.hint == f"did you mean '{BREAK}'? known: {_KNOWN}"


async def test_an_action_is_named_without_half_a_secret(house: House) -> None:
    """What is cut away is looked at before."""
    with pytest.raises(Misread) as caught:
        await asked(house, action="x" * 53 + ".rpa_QzQzQzQzQz")

    assert "xxx" in caught.value.message
    assert "Qz" not in caught.value.message


async def test_it_guesses_only_what_is_near(house: House) -> None:
    """All that are known are told in any case."""
    with pytest.raises(Misread) as caught:
        await asked(house, action="zzz")

    assert caught.value.hint == f"known: {_KNOWN}"


async def test_a_limit_keeps_the_newest(house: House) -> None:
    """And says so."""
    await an_evening(house)
    report = await asked(house, limit=2)

    assert report.truncated
    assert report.summary.startswith("6 records, the newest 2 shown: ")
    assert [each.decision for each in data_of(report, AuditData).records] == [
        *(Decision.ALLOWED, Decision.REFUSED)
    ]


async def test_what_is_older_than_asked_for_is_not_told(house: House) -> None:
    """The window is the last so many hours."""
    await an_evening(house)
    house.clock.advance(hours=1)

    assert data_of(await asked(house, hours=0.5), AuditData).records == ()
    assert len(data_of(await asked(house, hours=2), AuditData).records) == 6


async def test_an_act_without_an_end_is_called_begun(house: House) -> None:
    """It runs, or was cut off: what came of it is not known yet."""
    record = Record(at=NOW, who="a", action=BREAK, decision=Decision.ALLOWED)
    await house.ledger.write(record)
    report = await asked(house)

    assert table_of(report, "Newest")[0][3] == "begun"
    assert report.summary == "1 record: 1 begun"


async def test_a_press_on_what_was_cancelled_comes_too_late(house: House) -> None:
    """It is told so however the audit is narrowed."""
    offer = await house.offer()
    await house.cancel(offer)
    await house.redeem(offer, BOB)
    report = await asked(house)

    assert report.summary == "3 records: 1 cancelled, 1 too late, 1 offered"
    assert (await asked(house, who="bob")).summary == "1 record: 1 too late"
    assert data_of(report, AuditData).records[-1].decision is Decision.REFUSED


async def test_all_but_one_of_many_who_press_at_once_come_too_late(
    house: House,
) -> None:
    """Whether they were heard before the first act was written down or after it."""
    offer = await house.offer()
    await asyncio.gather(*(house.redeem(offer, by) for by in (ALICE, BOB) * 3))

    assert "1 offered" in (told := (await asked(house)).summary)
    assert "5 too late" in told
    assert "refused" not in told


@pytest.mark.parametrize("decision", [*Decision])
async def test_whatever_was_decided_is_counted(
    house: House, decision: Decision
) -> None:
    """By the word that stands in the table."""
    await house.ledger.write(Record(at=NOW, who="a", action=BREAK, decision=decision))
    report = await asked(house)

    told = table_of(report, "Newest")[0][3]
    assert report.summary == f"1 record: 1 {told}"


async def test_more_than_can_be_read_is_said(house: House) -> None:
    """Ten thousand records are looked through, however many lines each has."""
    line = asdict(Record(at=NOW, who="a", action=BREAK, decision=Decision.ALLOWED))
    acts = [{**line, "offer_id": str(number)} for number in range(9_999)]
    await house.ledger._database.do(
        lambda connection: connection.execute(tables.audit.insert(), [*acts, *acts])
    )

    assert (await asked(house)).summary.startswith("9,999 records, the newest 200")
    assert not (await asked(house, target="none")).truncated
    await house.ledger.write(Record(**line))
    assert (await asked(house, target="none")).truncated
