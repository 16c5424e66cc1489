"""Alerts in a little Slack: a desk that answers what it is told to, and a clock."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.domain.access import Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.notices import Notice
from bot.domain.report import Report
from bot.settings import Alerting
from bot.slack.client import slack_client
from bot.slack.doors.callers import Place
from bot.slack.metrics import Metrics
from bot.slack.sending.sender import Sender
from bot.slack.telling.alerts import Alerts
from bot.slack.telling.cares import Care, Wish
from bot.slack.telling.once import Once
from bot.state.alerts import AlertBook
from bot.state.database import Database
from bot.state.leases import Leases, Term
from bot.state.posts import Posts
from tests.gate.toys import Clock
from tests.slack.little_slack import TOKEN, LittleSlack, a_sender
from tests.slack.telling.test_looks import ORPHAN, a_report

CHANNEL = "C0ALERTS"
DOWN = "U0DOWN"
"""What they press can't be recorded."""
STRANGER = "U0EVE"
"""May press nothing."""
ILL = a_report(ORPHAN)
WELL = a_report()


@dataclass
class FakeDesk:
    """Answers `health` with *now*, and everything else with *others*."""

    now: Report = WELL
    others: dict[str, Report] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime
    ) -> Report:
        """Return what it is told to."""
        assert caller.door is Door.CLOCK
        self.asked.append(tuple(words))
        return self.others.get(words[0], self.now)


@dataclass
class FakePressers:
    """Lets all in but the stranger, and remembers what was pressed."""

    pressed: list[tuple[Wish, str]] = field(default_factory=list)

    async def admits(self, care: Care) -> bool:
        """Tell whether they are no stranger."""
        return care.place.user != STRANGER

    async def noted(self, care: Care, notice: Notice) -> None:
        """Remember it."""
        self.pressed.append((care.wish, notice.name))
        if care.place.user == DOWN:
            source, why = "ledger", "is down"
            raise SourceDown(source, why)


@dataclass
class Watch:
    """One process that leads, and what it is made of."""

    alerts: Alerts
    term: Term
    desk: FakeDesk
    clock: Clock
    leases: Leases
    little: LittleSlack
    sender: Sender
    noted: list[tuple[Wish, str]]

    async def sees(self, report: Report, *, after: float = 1) -> None:
        """Look so many minutes later, and tell all there is to tell."""
        self.clock.advance(minutes=after)
        self.desk.now = report
        await self.alerts.round(self.term)
        await self.alerts.settle()

    async def opened(self) -> None:
        """See the same problem twice, so that it is told."""
        await self.sees(ILL)
        await self.sees(ILL)

    async def press(
        self, wish: Wish, *, id: str = "", channel: str = CHANNEL, user: str = "U1"
    ) -> None:
        """Press a button of the only alert."""
        [notice] = await AlertBook(self.leases).living(self.clock.now)
        care = Care(
            id=id or notice.id,
            wish=wish,
            caller=Caller(door=Door.BUTTON, user_id=user, channel_id=channel),
            place=Place(channel=channel, user=user),
            ts="1.0",
            keys=(),
        )
        await self.alerts.pressed(care)

    @property
    def told(self) -> list[tuple[str, str]]:
        """Return what was sent: the method, and the first line of the text."""
        return [
            (method, payload["text"].splitlines()[0])
            for method, payload in self.little.sent
        ]


@asynccontextmanager
async def a_watch(
    little: LittleSlack, file: Path, alerting: Alerting, clock: Clock | None = None
) -> AsyncIterator[Watch]:
    """Return a process that leads, from its start to its end."""
    clock, desk = clock or Clock(), FakeDesk()
    database = Database(f"sqlite:///{file}")
    leases = Leases(database)
    term = await leases.take("alerts")
    assert term is not None
    client = slack_client(TOKEN, f"{little.url}/api", repeats=False)
    async with a_sender(little) as sender:
        once = Once(Posts(leases), sender, client, CHANNEL)
        pressers = FakePressers()
        alerts = Alerts(
            desk,
            leases,
            once,
            sender,
            Metrics(),
            alerting=alerting,
            clock=clock,
            pressers=pressers,
        )
        yield Watch(alerts, term, desk, clock, leases, little, sender, pressers.pressed)
    await leases.release(term)
    await database.close()
