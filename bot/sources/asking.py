"""Asking so that one dead source does not take the answer down."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bot.domain.errors import Ambiguous, NotConfigured, NotFound, SourceDown
from bot.domain.report import Gap

T = TypeVar("T")
D = TypeVar("D")
Id = TypeVar("Id", bound=str)

MOST_CANDIDATES = 10


class Gaps:
    """What could not be read while one question was answered."""

    def __init__(self) -> None:
        """Start with nothing missing."""
        self._found: dict[Gap, None] = {}

    @property
    def all(self) -> tuple[Gap, ...]:
        """Every gap once, in the order met."""
        return tuple(self._found)

    def add(self, gap: Gap) -> None:
        """Remember a gap."""
        self._found[gap] = None

    def note(self, error: SourceDown) -> None:
        """Remember what an error left unread."""
        failed = not isinstance(error, NotConfigured)
        self.add(Gap(source=error.source, reason=error.message, failed=failed))

    async def ask(self, question: Awaitable[T], otherwise: D) -> T | D:
        """Return the answer, or *otherwise* and a gap when the source is down."""
        try:
            return await question
        except SourceDown as error:
            self.note(error)
            return otherwise


async def only(
    kind: str,
    prefix: str,
    find: Callable[[str], Awaitable[Sequence[Id]]],
    *,
    hint: str = "",
) -> Id:
    """Return the one id that begins with *prefix*.

    An id that equals it wins over longer ones.

    Raises:
        NotFound: none does.
        Ambiguous: several do; at most ten are listed, and it says so.
    """
    found = await find(prefix)
    if not found:
        msg = f"no {kind} has an id that begins with {prefix}"
        raise NotFound(msg, hint=hint)
    if len(found) == 1:
        return found[0]
    for id in found:
        if id == prefix:
            return id
    shown = found[:MOST_CANDIDATES]
    count = f"more than {len(shown)}" if len(found) > len(shown) else str(len(found))
    msg = f"{prefix} begins the id of {count} {kind}s"
    raise Ambiguous(msg, candidates=shown)
