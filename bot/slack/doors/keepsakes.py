"""What is remembered of answers: recent questions, and private answers to share.

Written beside the answers, which never wait for it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from bot.command import Command
from bot.domain.access import Access, Caller
from bot.domain.errors import SourceDown
from bot.domain.report import Report
from bot.slack.doors.recent import Recent
from bot.slack.doors.sharing import Shares
from bot.slack.workbench import Job
from formatters.packing import Message

log = logging.getLogger("bot.slack.doors.keepsakes")

FORGET_SECONDS: Final = 300.0


class Keepsakes:
    """Has the workbench remember."""

    def __init__(
        self,
        recent: Recent,
        shares: Shares,
        commands: Mapping[str, Command],
        *,
        take: Callable[[Job], object],
    ) -> None:
        """Remember in both with *take*; *commands* tell which only look."""
        self._recent = recent
        self._shares = shares
        self._commands = commands
        self._take = take

    def remember(self, caller: Caller, report: Report) -> None:
        """Remember what was asked; what changes something is not one press away."""
        command = self._commands.get(report.command)
        if command is not None and command.access is Access.READ:
            write = partial(self._recent.remember, caller, report)
            self._take(partial(_calmly, "a question is not remembered", write))

    def offered(
        self, user: str, report: Report, messages: Sequence[Message]
    ) -> Sequence[Message]:
        """Return the private answer with a button that shares it."""
        shown, keep = self._shares.offered(user, report, messages)
        self._take(partial(_calmly, "an answer can't be shared", keep))
        return shown

    async def keep_forgetting(self) -> None:
        """Forget what is too old; never returns."""
        while True:
            for forget in (self._shares.forget, self._recent.forget):
                await _calmly("nothing is forgotten", forget)
            await asyncio.sleep(FORGET_SECONDS)


async def _calmly(otherwise: str, job: Job) -> None:
    """Do it, or say in the log what is *otherwise*."""
    try:
        await job()
    except SourceDown as error:
        log.warning("%s: %s", otherwise, error.message)
