"""How an agent came by its work, and what it passed over, as its own lines tell.

At INFO it tells what it claimed; the rest stands in its log at DEBUG alone
(systems/agents.md, 1A.7).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.figures import counted
from bot.domain.logs import LogLine

_ATTEMPT: Final = "Attempting claim: "
_LOST: Final = "Lost race: "
_LOST_TASK: Final = re.compile(r"Lost race: ([0-9a-f-]{8,36})")
_LOCKED: Final = "Lock timeout: "
_TURNED_AWAY: Final = "Claim attempt: "
_CLAIMED: Final = re.compile(r"[Cc]laimed (\w+) task:? ?[0-9a-f]")
_NOTHING: Final = ("No suitable tasks", "No tasks claimed")
_EMPTY: Final = "Queue empty"
_SKIPPED: Final = "Skipping "
_HELD_BACK: Final = ("TASKS_RESERVED", "TASKS_THERMAL_PAUSED")
_QUEUE: Final = re.compile(r"Queue: \[([^\]]*)\]")
_CLASS: Final = re.compile(r"(\w+):(\d+)")
_PREFERRED: Final = re.compile(r"Preferred: \[([^\]]*)\]")
_LOADED: Final = re.compile(r"[Mm]odel loaded: (True|False)")
_BUDGET: Final = re.compile(r"budget: (-?\d+)MB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at tasks that ended without a claim; None: the line says nothing."""

    at: datetime
    text: str
    queue: Mapping[str, int]
    """How many tasks of each class it saw."""
    preferred: tuple[str, ...] | None
    model_loaded: bool | None
    budget_mb: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the lines tell of claims; *win_rate* is None where none was tried."""

    attempts: int
    """Claims tried one by one, whether or not each try was written down."""
    claimed: int
    by_class: Mapping[str, int]
    lost_races: int
    lost_tasks: tuple[str, ...]
    """The tasks of these races, by their first characters."""
    lock_timeouts: int
    win_rate: float | None
    turned_away: int
    """Looks in which others had claimed all that it wanted."""
    skipped: int
    """How often it passed over a task that it could see."""
    looks: int
    """Looks at tasks that ended without a claim."""
    empty_looks: int
    """Looks at an empty queue."""
    last_claim_at: datetime | None
    last_look: Look | None
    told: bool
    """Whether looks and tries were written down at all."""


def of_claims(line: LogLine) -> bool:
    """Tell whether the line is of a claim, a try, or of a look that ended in none."""
    text = line.message
    begins = (
        *(_ATTEMPT, _LOST, _LOCKED, _TURNED_AWAY, _SKIPPED, _EMPTY),
        *(*_NOTHING, *_HELD_BACK),
    )
    return text.startswith(begins) or _CLAIMED.match(text) is not None


def claims(lines: Iterable[LogLine]) -> Claims:
    """Return what an agent's own lines tell of its claims, oldest first."""
    tried = lost = locked = away = skipped = looks = empty = 0
    classes: list[str] = []
    tasks: list[str] = []
    last_claim: datetime | None = None
    last_look: LogLine | None = None
    for line in lines:
        text = line.message
        if claimed := _CLAIMED.match(text):
            classes.append(claimed[1])
            last_claim = line.at
        elif text.startswith(_NOTHING):
            looks += 1
            last_look = line
        elif race := _LOST_TASK.match(text):
            tasks.append(race[1])
        tried += text.startswith(_ATTEMPT)
        lost += text.startswith(_LOST)
        locked += text.startswith(_LOCKED)
        away += text.startswith(_TURNED_AWAY)
        skipped += text.startswith(_SKIPPED)
        empty += text.startswith(_EMPTY)
    # GPU agents write no line before they try.
    attempts = max(tried, len(classes) + lost + locked)
    return Claims(
        attempts=attempts,
        claimed=len(classes),
        by_class=counted(classes),
        lost_races=lost,
        lost_tasks=tuple(tasks),
        lock_timeouts=locked,
        win_rate=round(len(classes) / attempts, 4) if attempts else None,
        turned_away=away,
        skipped=skipped,
        looks=looks,
        empty_looks=empty,
        last_claim_at=last_claim,
        last_look=None if last_look is None else _look(last_look),
        told=bool(tried or lost or locked or away or skipped or looks or empty),
    )


def _look(line: LogLine) -> Look:
    text = line.message
    queue = _QUEUE.search(text)
    preferred = _PREFERRED.search(text)
    loaded = _LOADED.search(text)
    budget = _BUDGET.search(text)
    return Look(
        at=line.at,
        text=text,
        queue={kind: int(n) for kind, n in _CLASS.findall(queue[1] if queue else "")},
        preferred=None
        if preferred is None
        else tuple(re.findall(r"\w+", preferred[1])),
        model_loaded=None if loaded is None else loaded[1] == "True",
        budget_mb=None if budget is None else int(budget[1]),
    )
