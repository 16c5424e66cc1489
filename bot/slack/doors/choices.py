"""What a form offers: the newest failed tasks, and workers with the dead ones first.

Slack asks while somebody types and waits three seconds at most, so the answer comes
from what was read last; a look that is too old is repeated beside that.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bot.command import ID
from bot.dispatch import Asks
from bot.domain.access import Caller, Door
from bot.domain.report import Report
from bot.domain.spelling import SHORTEST_PREFIX
from bot.domain.times import ago
from formatters.forms import Option
from formatters.limits import OPTIONS

FRESH_SECONDS: Final = 20.0
# The words that list each kind; a form is for one of these kinds.
KINDS: Final = {
    "tasks": ("tasks", "--status", "Failed", "--limit", "1000"),
    "workers": ("workers",),
}
_SICK: Final = frozenset({"stale", "missing"})
_HEARD: Final = 200  # of what somebody typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look found; *trouble* says why there is nothing."""

    options: tuple[Option, ...] = ()
    at: datetime | None = None
    seen_at: float = float("-inf")
    trouble: str = ""


@dataclass(slots=True)
class _List:
    """The last look at one kind in one system, and the lock of the next one."""

    look: Look = field(default_factory=Look)
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Choices:
    """Remembers what can be chosen. What is read may be read in any thread."""

    def __init__(
        self, desk: Asks, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask at *desk*."""
        self._desk = desk
        self._clock = clock
        self._lists: dict[tuple[str, str], _List] = {}
        self._pods: frozenset[str] = frozenset()

    @property
    def pods(self) -> Collection[str]:
        """Return the ids of the pods that workers were seen to have."""
        return self._pods

    def look(self, kind: str, system: str = "") -> Look:
        """Return what was found last."""
        known = self._lists.get((kind, system))
        return known.look if known else Look()

    def stale(self, kind: str, system: str = "") -> bool:
        """Tell whether it is time to look again."""
        return self._clock() - self.look(kind, system).seen_at > FRESH_SECONDS

    def matching(self, kind: str, system: str, typed: str) -> tuple[Option, ...]:
        """Return what fits all the typed words, at most a hundred, best first."""
        typed = " ".join(typed[:_HEARD].split())
        words = typed.casefold().split()
        fitting = [
            option
            for option in self.look(kind, system).options
            if all(word in option.sought for word in words)
        ]
        # Whose id begins so is meant rather than whose error text holds it.
        lead = words[0] if words else ""
        fitting.sort(key=lambda option: not option.value.startswith(lead))
        own = [] if fitting else list(_typed(typed))
        return tuple((fitting or own)[:OPTIONS])

    async def refresh(self, kind: str, system: str = "") -> Look:
        """Look again unless that was done a moment ago; return what there is."""
        known = self._lists.setdefault((kind, system), _List())
        async with known.looking:
            if self.stale(kind, system):
                named = ("--system", system) if system else ()
                now = datetime.now(UTC)
                report = await self._desk.answer(
                    (*KINDS[kind], *named), Caller(door=Door.HOME), now
                )
                known.look = self._seen(kind, report, known.look, now)
            return known.look

    def _seen(self, kind: str, report: Report, before: Look, now: datetime) -> Look:
        at = self._clock()
        if report.data is None:  # what was seen before is better than nothing
            options = before.options
            return Look(
                options=options, at=before.at, seen_at=at, trouble=report.summary
            )
        now = report.generated_at or now
        found = (
            _tasks(report.data, now)
            if kind == "tasks"
            else self._workers(report.data, now)
        )
        return Look(options=tuple(found), at=now, seen_at=at)

    def _workers(self, data: object, now: datetime) -> Sequence[Option]:
        entries = getattr(data, "workers", ())
        self._pods = frozenset(each.runpod_id for each in entries if each.runpod_id)
        reasons = {each.id: each.reason or "" for each in getattr(data, "failures", ())}
        newest = sorted(entries, key=lambda each: each.created_at, reverse=True)
        newest.sort(
            key=lambda each: each.id not in reasons and each.health not in _SICK
        )
        return [
            _option(
                each.id,
                f"{each.id} {each.health or each.status}",
                f"made {ago(each.created_at, now)}"
                + (f": {reasons[each.id]}" if reasons.get(each.id) else ""),
            )
            for each in newest
        ]


def _tasks(data: object, now: datetime) -> Iterator[Option]:
    errors = {each.id: each.error or "" for each in getattr(data, "failures", ())}
    for each in sorted(getattr(data, "tasks", ()), key=_changed_at, reverse=True):
        yield _option(
            each.id,
            f"{each.id[:8]} {each.task_type}, {ago(_changed_at(each), now)}",
            errors.get(each.id) or "no error text",
        )


def _changed_at(entry: Any) -> datetime:
    """Return the last time that is known of a task; when it ended, if it has."""
    at: datetime = entry.processed_at or entry.started_at or entry.created_at
    return at


def _typed(typed: str) -> Iterator[Option]:
    """Yield what was typed, when it may be an id that is not listed."""
    if len(typed) >= SHORTEST_PREFIX and ID.fullmatch(typed):
        yield _option(typed, typed, "not among the newest: look for it all the same")


def _option(id: str, label: str, detail: str) -> Option:
    detail = " ".join(detail.split())
    sought = f"{id} {label} {detail}".casefold()
    return Option(value=id, label=label, detail=detail, sought=sought)
