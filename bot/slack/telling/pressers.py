"""Who may press on alerts: whoever may mute them by words."""

import contextlib
from collections.abc import Callable
from typing import Final, Protocol

from bot.domain.excerpts import start_of
from bot.domain.notices import Notice
from bot.domain.report import Report
from bot.gate import reports
from bot.gate.alerts import ACKNOWLEDGE, MUTE, UNMUTE
from bot.gate.gate import Gate
from bot.slack.doors.answers import hook_of
from bot.slack.doors.callers import Place
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Hook
from bot.slack.telling.cares import Care, Wish

# How the audit calls what is pressed, and how long it lasts.
_RECORDED: Final = {
    Wish.MUTE: (MUTE, "for 1 h"),
    Wish.SILENCE: (MUTE, "until fixed"),
    Wish.UNMUTE: (UNMUTE, ""),
    Wish.ACKNOWLEDGE: (ACKNOWLEDGE, ""),
}


class Whisper(Protocol):
    """Brings a report to one person alone."""

    async def __call__(self, place: Place, report: Report, hook: Hook | None) -> None:
        """Bring it.

        Raises:
            Unsent: that can't be done.
        """
        ...


class Pressers:
    """Asks the gate who they are, as the words `alerts mute` do."""

    def __init__(self, gate: Callable[[], Gate], whisper: Whisper) -> None:
        """Ask the gate, and refuse by *whisper*."""
        self._gate = gate
        self._whisper = whisper

    async def admits(self, care: Care) -> bool:
        """Tell whether they may; who may not is told so, and it is written down."""
        gate = self._gate()
        standing = await gate.rights.standing(care.caller)
        if standing.why is None:
            return True
        action, _ = _RECORDED[care.wish]
        target = start_of(ascii(care.id)[1:-1], 64)
        await gate.refused(action, care.caller, standing.why, target=target)
        report = reports.refused(action, standing.why)
        with contextlib.suppress(Unsent):
            await self._whisper(care.place, report, hook_of(care.place))
        return False

    async def noted(self, care: Care, notice: Notice) -> None:
        """Write down what was muted, or is so no longer; nothing else changes anything.

        Raises:
            SourceDown: it could not be written.
        """
        if care.wish is Wish.ACKNOWLEDGE:
            return
        action, reason = _RECORDED[care.wish]
        await self._gate().noted(
            action,
            care.caller,
            care.caller.who,
            target=notice.name,
            reason=reason,
        )
