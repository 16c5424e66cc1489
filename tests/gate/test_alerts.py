"""Alerts as a command: what is open, and who keeps it quiet."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.command import Asked
from bot.domain.access import Caller
from bot.domain.errors import Misread, NotFound, SourceDown
from bot.domain.findings import Severity, Status
from bot.domain.notices import Mark, Notice, acknowledged
from bot.domain.problems import Kind, Look, Problem
from bot.domain.report import Outcome, Report
from bot.gate.alerts import (
    AlertsData,
    AlertsQuery,
    MutedData,
    MuteQuery,
    UnmuteQuery,
    alerts,
    mute,
    unmute,
)
from bot.state.alerts import LEASE, AlertBook
from bot.state.database import Database
from bot.state.leases import Leases, Term
from bot.words import read
from tests.databases import a_file
from tests.formatters.notices import a_problem
from tests.gate.people import ALICE, MALLORY, a_person
from tests.gate.toys import SHELL, House, caller
from tests.world import TASK, WORKER, data_of, table_of, words_of

STUCK = a_problem(
    kind=Kind.STUCK_TASK,
    subject="52345358-0000-4000-8000-000000000002",
    severity=Severity.WARNING,
    title="task 52345358 runs for too long",
)
DEAD = a_problem(kind=Kind.FAILING, subject=WORKER, asks=(), title="it fails")
SILENT = a_problem(
    kind=Kind.SILENT, subject="", severity=Severity.WARNING, title="silent"
)


@dataclass
class Told:
    """The book of a bot that looks, and what it saw last."""

    book: AlertBook
    leases: Leases
    term: Term
    house: House
    elsewhere: str = ""

    async def sees(self, *problems: Problem) -> None:
        """See the problems in two looks, so that they are certain."""
        for _ in range(2):
            self.house.clock.advance(seconds=1)
            look = Look(at=self.house.clock.now, problems=problems)
            await self.book.look(self.term, look)

    async def listed(self, by: Caller | None = None) -> Report:
        """Return what `alerts` says."""
        command = alerts(lambda: self.book)
        return await command.handler(AlertsQuery(), self._asked(by))

    async def mutes(self, query: MuteQuery, by: Caller | None = None) -> Report:
        """Return what `alerts mute` says."""
        command = mute(lambda: self.book, self.house.gate)
        return await command.handler(query, self._asked(by))

    async def unmutes(self, problem: str) -> Report:
        """Return what `alerts unmute` says."""
        command = unmute(lambda: self.book, self.house.gate)
        return await command.handler(UnmuteQuery(problem=problem), self._asked(None))

    async def muted(self) -> dict[str, Mark]:
        """Return what is muted, by its name."""
        found = await self.book.living(self.house.clock.now)
        return {each.name: each.muted for each in found if each.muted}

    def _asked(self, by: Caller | None) -> Asked:
        return replace(self.house.asked(by), told_of=self.elsewhere)


@pytest.fixture
async def told(house: House, tmp_path: Path) -> AsyncIterator[Told]:
    """Return a book in which nothing stands yet."""
    database = Database(a_file(tmp_path))
    leases = Leases(database, clock=lambda _: house.clock.now)
    term = await leases.take(LEASE)
    assert term is not None
    yield Told(AlertBook(leases), leases, term, house)
    await database.close()


async def test_nothing_open_is_said_while_somebody_looks(told: Told) -> None:
    """Suspicions were never told, so they are not listed."""
    look = Look(at=told.house.clock.now, problems=(STUCK,))
    await told.book.look(told.term, look)
    report = await told.listed()

    assert (report.summary, report.status) == ("no alert is open", Status.OK)
    assert data_of(report, AlertsData) == AlertsData(alerts=(), watched=True)
    assert (report.sections, report.asks, report.notes) == ((), (), ())


async def test_silence_of_a_bot_that_does_not_look_is_not_health(told: Told) -> None:
    """Nobody would have been told."""
    await told.leases.release(told.term)
    report = await told.listed()

    assert (report.summary, report.status) == ("no alert is open", Status.UNKNOWN)
    [note] = report.notes
    assert note.startswith("no bot looks for problems just now: one that serves with")


async def test_alerts_of_another_system_are_none_of_its_own(told: Told) -> None:
    """The usual one's are not shown for it, nor muted."""
    await told.sees(STUCK)
    told.elsewhere = "reigh"
    report = await told.listed()
    with pytest.raises(NotFound) as caught:
        await told.mutes(MuteQuery(problem="all"))

    said = "no alert is open: people are told of reigh's problems alone"
    assert (report.summary, caught.value.message) == (said, said)
    assert report.hint == caught.value.hint == "alerts without --system lists them"
    assert report.status is Status.UNKNOWN
    assert data_of(report, AlertsData) == AlertsData(alerts=(), watched=False)
    assert await told.muted() == {}


async def test_what_is_open_is_listed_the_worst_first(told: Told) -> None:
    """By names that can be typed."""
    await told.sees(STUCK, a_problem(), DEAD, SILENT)
    report = await told.listed()

    assert report.status is Status.CRITICAL
    assert report.summary == "4 alerts open; the worst: it fails"
    assert [row[0] for row in table_of(report, "Open alerts")] == [
        *("…0a1b2c3d", "41345358", "orchestrator-silent", "52345358"),
    ]
    assert words_of(report) == ["alerts mute all"]
    entries = data_of(report, AlertsData).alerts
    assert [each.problems for each in entries] == [1] * 4


async def test_a_flood_is_one_alert_by_its_kind(told: Told) -> None:
    """More than five of a kind share a message."""
    ids = [f"{n:08x}-0000-4000-8000-000000000001" for n in range(7)]
    await told.sees(*(replace(STUCK, subject=id) for id in ids))
    report = await told.listed()

    assert report.status is Status.WARNING
    assert report.summary.startswith("1 alert open; ")
    [row] = table_of(report, "Open alerts")
    assert row[0] == "stuck-task"
    assert str(row[3]).endswith(" and 6 more")


async def test_who_cares_and_what_is_muted_is_told(told: Told) -> None:
    """And no longer once the mute has run out."""
    await told.sees(a_problem(), STUCK)
    first, *_ = await told.book.living(told.house.clock.now)
    mark = Mark(by=ALICE, at=told.house.clock.now)
    await told.book.change(first.id, lambda notice: acknowledged(notice, mark))
    await told.mutes(MuteQuery(problem="41345358", hours=2))
    await told.mutes(MuteQuery(problem="5234", until_fixed=True))
    report = await told.listed()

    assert report.summary.startswith("2 alerts open, 1 taken up, 2 muted; the worst")
    assert [row[4] for row in table_of(report, "Open alerts")] == [
        "taken up, muted until 2026-01-31 14:00:02Z",
        "muted until fixed",
    ]
    assert words_of(report) == [f"task {TASK}", "alerts unmute all"]
    entry, other = data_of(report, AlertsData).alerts
    assert (entry.acknowledged_by, entry.muted_by) == (ALICE, ALICE)
    assert (other.muted, other.muted_until) == (True, None)

    told.house.clock.advance(hours=3)
    report = await told.listed()
    assert [row[4] for row in table_of(report, "Open alerts")] == [
        *("taken up", "muted until fixed"),
    ]
    assert not data_of(report, AlertsData).alerts[0].muted


@pytest.mark.parametrize(
    ("problem", "muted"),
    [
        ("all", {"41345358", "52345358", "…0a1b2c3d", "orchestrator-silent"}),
        ("STUCK-TASK", {"52345358"}),
        ("41345358", {"41345358"}),
        ("0a1b2c3d", {"…0a1b2c3d"}),
        ("orchestrator-silent", {"orchestrator-silent"}),
    ],
)
async def test_a_problem_is_muted_by_its_name_or_kind(
    told: Told, problem: str, muted: set[str]
) -> None:
    """For an hour, by whom."""
    await told.sees(STUCK, a_problem(), DEAD, SILENT)
    report = await told.mutes(MuteQuery(problem=problem))

    found = await told.muted()
    assert set(found) == muted
    assert {each.by for each in found.values()} == {ALICE}
    assert report.summary.startswith("muted until 2026-01-31 13:00:02Z: ")
    assert {each.name for each in data_of(report, MutedData).alerts} == muted
    assert report.notes == ("their messages show it within a minute",)


async def test_a_muted_alert_is_heard_again(told: Told) -> None:
    """What is not muted stays as it is, and is not drawn anew."""
    await told.sees(STUCK, a_problem())
    await told.mutes(MuteQuery(problem="stuck-task"))
    before = {it.name: it.revision for it in await told.book.living(told.house.clock())}
    report = await told.unmutes("all")

    after = {it.name: it.revision for it in await told.book.living(told.house.clock())}
    assert await told.muted() == {}
    assert report.summary.startswith("heard again: ")
    assert after == {**before, "52345358": before["52345358"] + 1}


async def test_each_is_in_the_audit(told: Told) -> None:
    """Who kept what quiet, and for how long."""
    await told.sees(STUCK)
    await told.mutes(MuteQuery(problem="all", until_fixed=True))
    told.house.clock.advance(seconds=1)
    await told.unmutes("5234")

    assert [
        (it.who, it.action, it.target, it.reason, it.outcome)
        for it in await told.house.records()
    ] == [
        ("alice (U01ALICE)", "alerts mute", "52345358", "until fixed", "done"),
        ("alice (U01ALICE)", "alerts unmute", "52345358", "", "done"),
    ]


@pytest.mark.parametrize("by", [caller(MALLORY), SHELL])
async def test_whoever_belongs_here_may(told: Told, by: Caller) -> None:
    """As with the button: a role is for what changes the system."""
    await told.sees(STUCK)
    report = await told.mutes(MuteQuery(problem="all"), by)

    assert report.outcome is Outcome.ANSWERED
    [mark] = (await told.muted()).values()
    assert mark.by == (by.user_id or by.who)


async def test_a_guest_may_not(told: Told) -> None:
    """Which is recorded."""
    assert told.house.people is not None
    told.house.people.persons[MALLORY] = a_person(MALLORY, guest=True)
    await told.sees(STUCK)
    report = await told.mutes(MuteQuery(problem="all"), caller(MALLORY))

    assert report.outcome is Outcome.REFUSED
    assert "guests may never change anything" in report.summary
    assert await told.muted() == {}
    [record] = await told.house.records()
    assert (record.action, record.target) == ("alerts mute", "all")


@pytest.mark.parametrize(
    ("problems", "problem", "message", "hint"),
    [
        ((STUCK,), "4134", "no open alert is about 4134", "open are: 52345358"),
        ((), "4134", "no alert is open", ""),
        ((), "all", "no alert is open", ""),
        ((), "rag", "no alert is open", ""),
    ],
)
async def test_what_is_not_open_is_not_muted(
    told: Told, problems: Sequence[Problem], problem: str, message: str, hint: str
) -> None:
    """What is, is named."""
    await told.sees(*problems)
    with pytest.raises(NotFound) as caught:
        await told.mutes(MuteQuery(problem=problem))

    assert (caught.value.message, caught.value.hint) == (message, hint)


async def test_what_is_called_in_short_is_named_whole(told: Told) -> None:
    """Three characters of something longer fit too much."""
    await told.sees(replace(STUCK, subject="rag"))
    with pytest.raises(Misread, match="'ra' is too short for an id"):
        await told.mutes(MuteQuery(problem="ra"))
    report = await told.mutes(MuteQuery(problem="RAG"))

    assert report.summary.startswith("muted until")


async def test_what_ends_meanwhile_is_not_muted(told: Told) -> None:
    """It would stay so for ever."""
    await told.sees(STUCK)
    at_once = told.book.change

    async def late(id: str, change: Callable[[Notice], Notice]) -> Notice | None:
        await told.sees()
        return await at_once(id, change)

    told.book.change = late  # type: ignore[method-assign]
    report = await told.mutes(MuteQuery(problem="all", until_fixed=True))

    assert report.summary == "they are over meanwhile"
    assert await told.muted() == {}
    assert await told.house.records() == ()


async def test_of_many_that_are_muted_five_are_named(told: Told) -> None:
    """The data has all."""
    kinds = [kind for kind in Kind if kind is not Kind.BLIND]
    await told.sees(*(replace(SILENT, kind=kind) for kind in kinds))
    report = await told.mutes(MuteQuery(problem="all"))

    assert report.summary.endswith(" and 2 more")
    assert len(data_of(report, MutedData).alerts) == len(kinds)


async def test_a_mute_ends_in_one_way(told: Told) -> None:
    """Not in two."""
    with pytest.raises(Misread, match="both say how long"):
        await told.mutes(MuteQuery(problem="all", hours=2, until_fixed=True))


async def test_a_ledger_that_is_down_is_said(told: Told) -> None:
    """What is not recorded is not told as done."""
    await told.sees(STUCK)
    told.house.ledger.fails.add("write")

    with pytest.raises(SourceDown):
        await told.mutes(MuteQuery(problem="all"))


async def test_a_problem_is_read_as_it_is_listed(house: House) -> None:
    """With the dots of a short id, and whatever a worker is called."""
    known = {"alerts mute": mute(lambda: pytest.fail("asked"), house.gate)}

    for typed, problem in (
        ("…0a1b2c3d", "0a1b2c3d"),
        ("ALL", "all"),
        ("rack/7", "rack/7"),
        ("rag", "rag"),
    ):
        query = read(["alerts", "mute", typed], known, house.clock()).query
        assert query == MuteQuery(problem=problem)
    with pytest.raises(Misread, match="too short"):
        read(["alerts", "mute", "…"], known, house.clock())


async def test_examples_are_understood(house: House) -> None:
    """Help must not teach what is then refused."""
    book = AlertBook
    commands = (alerts(lambda: book), mute(lambda: book, house.gate))  # type: ignore[arg-type, return-value]
    known = {each.name: each for each in commands}

    for each in commands:
        for example in each.examples:
            assert read(example.split(), known, house.clock()).command is each


def test_a_mute_lasts_an_hour_unless_told_otherwise() -> None:
    """A forgotten one must end by itself."""
    assert timedelta(hours=MuteQuery(problem="all").hours) == timedelta(hours=1)
