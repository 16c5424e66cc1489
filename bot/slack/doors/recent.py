"""What each person asked lately, for their Home tab: a mere convenience."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bot.domain.access import Caller
from bot.domain.errors import SourceDown
from bot.domain.redaction import HIDDEN
from bot.domain.report import Outcome, Report
from formatters.limits import BUTTON_WORDS

if TYPE_CHECKING:
    from bot.state.asked import Asked

log = logging.getLogger("bot.slack.doors.recent")

# Home has these on it, or says nothing when they are asked again.
_PLAIN: Final = frozenset({"help", "whoami", "health"})


class Recent:
    """Remembers the newest questions of each person."""

    def __init__(self, asked: "Callable[[], Asked]") -> None:
        """Have them kept there."""
        self._asked = asked

    async def remember(self, caller: Caller, report: Report) -> None:
        """Remember what was answered, in its one proper spelling.

        Raises:
            SourceDown: it could not be written.
        """
        if caller.user_id is None or report.outcome is not Outcome.ANSWERED:
            return
        words = report.words
        if not words or report.command in _PLAIN or len(words) > BUTTON_WORDS:
            return
        if HIDDEN in words:  # that would ask something else
            return
        await self._asked().add(caller.team_id, caller.user_id, words)

    async def forget(self) -> None:
        """Forget what was asked too long ago.

        Raises:
            SourceDown: that could not be done.
        """
        await self._asked().forget()

    async def of(self, caller: Caller) -> tuple[str, ...] | None:
        """Return what they asked, newest first; None if that is not known just now."""
        if caller.user_id is None:
            return ()
        try:
            return await self._asked().of(caller.team_id, caller.user_id)
        except SourceDown as error:
            log.warning("recent questions are not known: %s", error.message)
            return None
