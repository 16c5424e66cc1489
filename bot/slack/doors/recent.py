"""What each person asked lately, for their Home tab.

Kept in memory alone: it is a convenience, gone with the process, and of several
replicas each remembers what it answered. Nobody's questions are written down for it.
"""

from collections import OrderedDict
from typing import Final

from bot.domain.access import Caller
from bot.domain.redaction import HIDDEN
from bot.domain.report import Outcome, Report
from formatters.limits import BUTTON_WORDS

MOST_WORDS: Final = 8
MOST_PEOPLE: Final = 1_000
# Home has these on it, or says nothing when they are asked again.
_PLAIN: Final = frozenset({"help", "whoami", "health"})


class Recent:
    """Remembers the newest questions of the people who asked last."""

    def __init__(self, *, words: int = MOST_WORDS, people: int = MOST_PEOPLE) -> None:
        """Keep so many questions each, of so many people."""
        self._words = words
        self._people = people
        self._asked: OrderedDict[tuple[str | None, str], OrderedDict[str, None]]
        self._asked = OrderedDict()

    def remember(self, caller: Caller, report: Report) -> None:
        """Remember what was answered, in its one proper spelling."""
        if caller.user_id is None or report.outcome is not Outcome.ANSWERED:
            return
        words = report.words
        if not words or report.command in _PLAIN or len(words) > BUTTON_WORDS:
            return
        if HIDDEN in words:  # that would ask something else
            return
        key = (caller.team_id, caller.user_id)
        mine = self._asked.setdefault(key, OrderedDict())
        self._asked.move_to_end(key)
        mine[words] = None
        mine.move_to_end(words)
        while len(mine) > self._words:
            mine.popitem(last=False)
        while len(self._asked) > self._people:
            self._asked.popitem(last=False)

    def of(self, caller: Caller) -> tuple[str, ...]:
        """Return what they asked, newest first."""
        if caller.user_id is None:
            return ()
        return tuple(reversed(self._asked.get((caller.team_id, caller.user_id), ())))
