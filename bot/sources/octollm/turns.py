"""How a circuit breaker turned, by its own lines and by what it let through."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import zip_longest
from typing import Final

from bot.domain.breakers import CLOSED, HALF_OPEN, OPEN, SUCCESSES, TRIAL_FAILED
from bot.domain.logs import LogLine
from bot.domain.services import Turn
from bot.sources.octollm.events import REFUSED, TURNS, event_of
from bot.sources.octollm.lines import REFLEX_ANSWERED

ONE_PASSED: Final = "a_call_went_well"
ENOUGH_PASSED: Final = f"{SUCCESSES}_calls_went_well"


@dataclass(slots=True, kw_only=True)
class _Told:
    """A turn as a line tells it, with what came of calls until the next one."""

    line: LogLine
    state: str
    refused: int = 0
    passed: list[LogLine] = field(default_factory=list)
    """Calls that went well since it refused one last."""


def turns(lines: Iterable[LogLine]) -> tuple[Turn, ...]:
    """Return how breakers turned; *lines* are oldest first.

    An open one lets nothing through: what goes well after it opened tells that it
    tries again or has closed, even where no line says so.
    """
    told: list[_Told] = []
    for line in lines:
        event = event_of(line)
        if event.startswith(TURNS):
            told.append(_Told(line=line, state=event.removeprefix(TURNS)))
        elif told and event == REFUSED:
            told[-1].refused += 1
            told[-1].passed.clear()  # it is open still
        elif told and event == REFLEX_ANSWERED and _begun_after(told[-1], line):
            told[-1].passed.append(line)
    return tuple(
        turn
        for each, following in zip_longest(told, told[1:])
        for turn in (_turn(each), *_untold(each, following))
    )


def _begun_after(told: _Told, call: LogLine) -> bool:
    """Tell whether a call was begun after a turn: it may have been on its way."""
    took = call.fields.get("duration_seconds")
    begun = call.at - timedelta(seconds=took if isinstance(took, float) else 0)
    return told.line.source == call.source and begun >= told.line.at


def _turn(told: _Told) -> Turn:
    fields = told.line.fields
    count, reason = fields.get("count"), fields.get("reason")
    return Turn(
        at=told.line.at,
        service=told.line.source,
        state=told.state,
        reason=None if reason is None else str(reason),
        count=count if isinstance(count, int) else None,
        refused=told.refused,
    )


def _untold(told: _Told, following: _Told | None) -> Iterator[Turn]:
    """Yield the turns that calls prove and no line tells."""
    if following is not None:
        trial_failed = following.line.fields.get("reason") == TRIAL_FAILED
        if following.state != OPEN or trial_failed:
            return  # lines tell how it went on
    if told.state == OPEN and told.passed:
        yield _proved(told.passed[0], HALF_OPEN, ONE_PASSED)
    if told.state in (OPEN, HALF_OPEN) and len(told.passed) >= SUCCESSES:
        yield _proved(told.passed[SUCCESSES - 1], CLOSED, ENOUGH_PASSED)


def _proved(call: LogLine, state: str, reason: str) -> Turn:
    return Turn(at=call.at, service=call.source, state=state, reason=reason)
