"""The digest: once a day over all replicas, what happened and what is still open."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.dispatch import Asks
from bot.domain.digests import Digest, next_due
from bot.domain.report import Report
from bot.domain.times import Window, iso
from bot.queries.health import HealthData
from bot.queries.tasks import TasksData
from bot.queries.workers import WorkersData
from bot.settings import Alerting
from bot.slack.sending.refusals import Unsent
from bot.slack.telling.looks import CALLER
from bot.slack.telling.once import Once
from bot.state.alerts import AlertBook
from bot.state.digests import Day, DigestBook
from bot.state.leases import Leases, Term
from formatters import digests as drawn

log = logging.getLogger("bot.slack.telling.digests")

HOURS: Final = 24
TASKS: Final = ("tasks", "--hours", str(HOURS), "--limit", "1")
WORKERS: Final = ("workers", "--hours", str(HOURS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A day that is over, and what orphaned pods cost an hour at its end."""

    day: Day
    hourly_usd: float | None


class Digests:
    """Adds up the day, and tells of it when it is over."""

    def __init__(
        self,
        desk: Asks,
        alerts: AlertBook,
        leases: Leases,
        once: Once,
        alerting: Alerting,
    ) -> None:
        """Ask *desk* and *alerts*, post by *once*."""
        self._desk = desk
        self._alerts = alerts
        self._book = DigestBook(leases)
        self._once = once
        self._of_day = alerting.digest

    async def add(self, term: Term, health: Report, at: datetime) -> Due | None:
        """Add the look that *health* was to the day; return the digest that is due.

        Raises:
            TermOver: another process leads.
            SourceDown: the state database can't be used.
        """
        if self._of_day is None:
            return None
        data = health.data
        hourly = data.wasted_usd_per_hour if isinstance(data, HealthData) else None
        due = next_due(at, self._of_day)
        day = await self._book.watched(term, at, due=due, usd_per_hour=hourly)
        return Due(day=day, hourly_usd=hourly) if at >= day.due_at else None

    async def tell(self, term: Term, due: Due, at: datetime) -> None:
        """Post the digest; what Slack does not take is tried again.

        Raises:
            TermOver: another process leads.
            SourceDown: the state database can't be used.
        """
        digest = await self._digest(due, at)
        try:
            await self._once.post(
                term,
                f"digest {iso(due.day.due_at)}",
                lambda doubtful: drawn.digest(digest, doubtful=doubtful),
                drawn.last_resort(digest),
                block_id=drawn.identity(digest),
            )
        except Unsent as problem:
            log.warning("the digest waits for Slack", extra={"error": problem.error})
            return
        await self._book.told(due.day, at)

    async def _digest(self, due: Due, at: datetime) -> Digest:
        window = Window.before(at, hours=HOURS)
        tasks, workers, notices = await asyncio.gather(
            self._desk.answer(TASKS, CALLER, at),
            self._desk.answer(WORKERS, CALLER, at),
            self._alerts.told_in(window),
        )
        made, fleet = tasks.data, workers.data
        return Digest(
            window=window,
            due_at=due.day.due_at,
            opened=sum(
                each.opened_at is not None and each.opened_at in window
                for each in notices
            ),
            closed=sum(each.closed_at is not None for each in notices),
            open=tuple(each for each in notices if each.closed_at is None),
            tasks=made.by_status if isinstance(made, TasksData) else None,
            deaths=fleet.deaths if isinstance(fleet, WorkersData) else None,
            wasted_usd=due.day.wasted_usd,
            watched=due.day.watched,
            wasted_usd_per_hour=due.hourly_usd,
        )
