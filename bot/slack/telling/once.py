"""Messages that must stand once, whoever leads and whoever dies while posting.

Claimed before and written down after (`bot.state.posts`). Of a claim that was cut off
the channel's history tells whether the message stands: it is known by a `block_id`. Who
may not read that history posts again, and the message says so. One that another leader
posted meanwhile is taken away again.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.notices import Posting
from bot.slack.client import answered
from bot.slack.sending.outbox import Urgency
from bot.slack.sending.refusals import Unknown, Unsent
from bot.slack.sending.sender import Sender
from bot.state.leases import Term, TermOver
from bot.state.posts import Posts
from formatters.packing import Message

log = logging.getLogger("bot.slack.telling.once")

BEFORE: Final = timedelta(minutes=1)  # the database's clock may be ahead of Slack's
READ: Final = 200


class Once:
    """Posts into one channel and its threads, with claims."""

    def __init__(
        self, posts: Posts, sender: Sender, client: AsyncWebClient, channel: str
    ) -> None:
        """Claim in *posts*; *client* reads the channel's history."""
        self._posts = posts
        self._sender = sender
        self._client = client
        self.channel = channel
        self._unsent: set[str] = set()
        """Of these Slack itself said that they do not stand."""
        self._turn = asyncio.Lock()  # what is posted first is what came first

    async def post(  # noqa: PLR0913  where, what, and how it is known
        self,
        term: Term,
        key: str,
        draw: Callable[[bool], Message],
        last: str,
        *,
        block_id: str,
        under: Posting | None = None,
    ) -> str:
        """Return the ts of the message, posted now or found to stand.

        *draw* is told whether the message may stand there already. *under* is the
        message in whose thread it belongs, if in one.

        Raises:
            Unsent: Slack does not take it; it may be tried again.
            TermOver: another process leads.
            SourceDown: it could not be claimed, or not be written down.
        """
        async with self._turn:
            channel = under.channel if under else self.channel
            claim = await self._posts.claim(term, key, channel)
            if claim.ts is not None:
                return claim.ts
            doubtful = False
            if not claim.first and key not in self._unsent:
                known, ts = await self._standing(block_id, claim.since, under)
                if ts is not None:
                    await self._posts.posted(term, key, ts)
                    return ts
                doubtful = not known
            try:
                ts = await self._sender.post(
                    channel,
                    draw(doubtful),
                    last,
                    thread_ts=under.ts if under else None,
                    urgency=Urgency.ALERT,
                    first=partial(self._posts.leases.check, term),
                )
            except Unsent as problem:
                if not isinstance(problem, Unknown):
                    self._unsent.add(key)
                raise
            self._unsent.discard(key)
            if await self._posts.posted(term, key, ts):
                return ts
            log.warning("another replica posted it meanwhile", extra={"key": key})
            await self._sender.delete(channel, ts)
            raise TermOver

    async def _standing(
        self, block_id: str, since: datetime, under: Posting | None
    ) -> tuple[bool, str | None]:
        """Return whether the history tells, and where the message stands by it."""
        oldest = str((since - BEFORE).timestamp())
        try:
            if under is None:
                answer = await self._client.conversations_history(
                    channel=self.channel, oldest=oldest, limit=READ
                )
            else:
                answer = await self._client.conversations_replies(
                    channel=under.channel, ts=under.ts, oldest=oldest, limit=READ
                )
        except SlackApiError as error:
            word = answered(error).get("error")
            log.info("the channel's history is not to be read", extra={"error": word})
            return False, None
        except Exception as error:  # noqa: BLE001  a network's, or an odd answer
            log.info("no history", extra={"error": type(error).__name__})
            return False, None
        data: Any = answer.data
        for each in data.get("messages", ()):
            blocks = each.get("blocks") or ()
            if any(block.get("block_id") == block_id for block in blocks):
                return True, str(each["ts"])
        return not data.get("has_more"), None
