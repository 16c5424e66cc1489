"""The times in which a circuit breaker turned calls away, from its changes of state."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.domain.services import Turn


OPEN: Final = "open"
HALF_OPEN: Final = "half_open"
CLOSED: Final = "closed"
TRIAL_FAILED: Final = "half_open_failure"
SUCCESSES: Final = 3  # systems/octollm.md, 3B, 4: so many close it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """One time from a breaker's opening until it closed again.

    *opened_at* is None where it had opened before anything is told.
    """

    opened_at: datetime | None
    state: str
    """`open`, `half_open` or `closed`, as it was last."""
    last_at: datetime
    """When it came into that state."""
    openings: int = 0
    """How often it opened: when a trial fails it opens again."""
    refused: int = 0
    reason: str | None = None
    count: int | None = None


def _order(turn: "Turn") -> tuple[datetime, int]:
    """Return by what turns are sorted; of one instant it opens, tries, and closes.

    Or it opens again, since the trial failed.
    """
    if turn.state == OPEN:
        return turn.at, 3 if turn.reason == TRIAL_FAILED else 0
    return turn.at, 1 if turn.state == HALF_OPEN else 2


def spells(turns: "Iterable[Turn]") -> tuple[Spell, ...]:
    """Return a breaker's spells, the oldest first; *turns* come in any order.

    A reset by hand closes it.
    """
    found: list[Spell] = []
    for turn in sorted(turns, key=_order):
        state = turn.state if turn.state in (OPEN, HALF_OPEN) else CLOSED
        running = bool(found) and found[-1].state != CLOSED
        if not running and turn.state == "reset":
            continue
        if not running:
            begun = turn.at if state == OPEN else None
            found.append(Spell(opened_at=begun, state=state, last_at=turn.at))
        last = found[-1]
        opens = state == OPEN
        found[-1] = replace(
            last,
            state=state,
            last_at=turn.at,
            openings=last.openings + opens,
            refused=last.refused + turn.refused,
            reason=turn.reason if opens else last.reason,
            count=turn.count if opens else last.count,
        )
    return tuple(found)
