"""The Home tab of each person: painted at once from what is known, then afresh."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.dispatch import Asks
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.slack.doors.payloads import mapping, text
from bot.slack.doors.recent import Recent
from bot.slack.doors.views import Shown, Views
from formatters import home as drawing
from formatters.packing import Block

FRESH_SECONDS: Final = 15.0
"""So long a look serves all who open their tab."""
MOST_PEOPLE: Final = 500


class Homes:
    """Paints Home tabs. Lives in one loop."""

    def __init__(  # noqa: PLR0913  the parts that it ties together
        self,
        desk: Asks,
        views: Views,
        recent: Recent,
        *,
        openers: Sequence[Block] = (),
        fresh_seconds: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask at *desk*; *openers* are buttons that open forms."""
        self._desk = desk
        self._views = views
        self._recent = recent
        self._openers = openers
        self._fresh = fresh_seconds
        self._clock = clock
        self._health: Report | None = None
        self._looked_at = float("-inf")
        self._trouble = ""
        self._looking = asyncio.Lock()
        self._people: OrderedDict[str, _Person] = OrderedDict()

    async def open(self, caller: Caller, turn: asyncio.Semaphore) -> None:
        """Paint the person's tab with what is known, look, and paint it again."""
        first = await self._paint(caller, asking=True)
        async with turn:
            rights, recent, _ = await asyncio.gather(
                self._desk.answer(("whoami",), caller, datetime.now(UTC)),
                self._recent.of(caller),
                self._look(),
            )
        self._remember(caller, _Person(rights=rights, recent=recent))
        await self._paint(caller, over=first)

    async def told(self, caller: Caller, words: Sequence[str]) -> None:
        """Say in the tab where the answer to what was pressed there will be."""
        notice = f"`{' '.join(words)}` is answered under Messages"
        await self._paint(caller, notice=notice)

    async def _look(self) -> None:
        """See how the system is, once for all who want to know at the same time."""
        async with self._looking:
            if self._clock() - self._looked_at <= self._fresh:
                return
            report = await self._desk.answer(
                ("health",), Caller(door=Door.HOME), datetime.now(UTC)
            )
            self._looked_at = self._clock()
            known = self._health
            if _tells(report) or known is None or not _tells(known):
                self._health, self._trouble = report, ""
            else:  # what was seen before, with its age, is better than nothing
                self._trouble = report.summary

    def _known(self, caller: Caller) -> "_Person":
        return self._people.get(_key(caller), _Person())

    def _remember(self, caller: Caller, person: "_Person") -> None:
        self._people[_key(caller)] = person
        self._people.move_to_end(_key(caller))
        while len(self._people) > MOST_PEOPLE:
            self._people.popitem(last=False)

    async def _paint(
        self,
        caller: Caller,
        *,
        asking: bool = False,
        notice: str = "",
        over: Shown | None = None,
    ) -> Shown | None:
        person = self._known(caller)
        told = drawing.Home(
            now=datetime.now(UTC),
            health=self._health,
            rights=person.rights,
            recent=person.recent,
            asking=asking,
            trouble=self._trouble,
            notice=notice,
            openers=self._openers,
        )
        view = drawing.home(told)
        return await self._views.publish(caller.user_id or "", view, over=over)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """What was seen of a person when they last opened their tab."""

    rights: Report | None = None
    recent: tuple[str, ...] | None = None


def of_home(body: Mapping[str, Any]) -> Caller | None:
    """Return who opened their Home tab, or pressed a button in it; None for others."""
    event = mapping(body, "event")
    user = text(event, "user")
    if event:
        team = text(body, "team_id")
        if text(event, "tab") not in ("", "home"):
            return None
    else:
        user, team = text(mapping(body, "user"), "id"), ""
        team = text(mapping(body, "user"), "team_id")
        team = team or text(mapping(body, "team"), "id")
    if not user:
        return None
    return Caller(door=Door.HOME, user_id=user, team_id=team or None)


def _tells(report: Report) -> bool:
    return report.outcome is Outcome.ANSWERED or bool(report.findings)


def _key(caller: Caller) -> str:
    return f"{caller.team_id}/{caller.user_id}"
