"""What an action is: how it is planned, looked at again, done, and settled.

An action is declared once, as a command is (`bot.command`): its words are the same at
all doors. It only says what to do; the gate (`bot.gate`) decides whether, remembers it,
and is the only one that holds the powers.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bot import command
from bot.command import Asked, Query, Reader
from bot.domain.offers import Ended, Item, Plan
from bot.domain.pods import PodId
from bot.sources import Gaps, System

if TYPE_CHECKING:  # what only the gate needs, --help does not pay for
    from bot.domain.policy import Limits
    from bot.sources.powers import Powers

LOOKS: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each look for whether a pod is gone: it may take some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """What an action may know when it makes its plan."""

    asked: Asked
    limits: "Limits"
    locked: Callable[[], Awaitable[frozenset[PodId] | None]]
    """Returns the locked pods; None, and a gap, where nobody can tell."""

    @property
    def system(self) -> System:
        """The system that would be changed."""
        return self.asked.system

    @property
    def now(self) -> datetime:
        """As of when the plan is made."""
        return self.asked.now

    @property
    def gaps(self) -> Gaps:
        """What could not be read."""
        return self.asked.gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What an action may use while it is carried out. Only the gate gives them."""

    system: System
    powers: "Powers"
    limits: "Limits"
    clock: Callable[[], datetime]
    looks: tuple[float, ...] = LOOKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One way to change the world.

    *plan* only reads. *look* asks once more, right before an item is done, and returns
    why it is not to be done, or None. *do* does it. *settle* is for an item that was
    begun when the bot died: it finds out what became of it, and never destroys.
    """

    name: str
    answers: str
    """What it does, for help."""
    query: type[Query]
    plan: Callable[[Any, Planning], Awaitable[Plan]]
    look: Callable[[Item, Hands], Awaitable[Ended | None]]
    do: Callable[[Item, Hands], Awaitable[Ended]]
    settle: Callable[[Item, Hands], Awaitable[Ended]]
    warning: str
    """What the confirm dialog says."""
    always_second: bool = False
    """Whether two people are needed however small it is."""
    examples: tuple[str, ...] = ()
    place: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """The flags of every action."""

    dry_run: bool = command.switch("stop after the plan")
    yes: int | None = command.argument(
        "in a shell: do it without asking, if the plan has exactly N items",
        meta="N",
        read=command.whole_number,
        default=None,
    )


def one(*, listed_by: str, read: Reader | None = None) -> Any:
    """Declare the ID of the one thing that an action is about."""
    return command.identifier(
        "its id, or the first 4 or more characters", listed_by=listed_by, read=read
    )
