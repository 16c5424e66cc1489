"""Messages that people mark with the emoji of the settings join an incident's story.

They are kept as they were; one of the bot's own, which it may have edited, is of when
it was marked. Whoever marks one must be of the bot's own workspace, and a mark that
can't be kept is told in the log.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import SourceDown
from bot.domain.pins import Pinned
from bot.domain.policy import People, outsider
from bot.domain.times import stamp
from bot.slack.client import answered
from bot.slack.doors.deliveries import Deliveries

log = logging.getLogger("bot.slack.doors.marks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An emoji that somebody put below a message, or took away."""

    emoji: str
    channel: str
    ts: str
    user: str
    added: bool
    at: datetime
    key: str
    """By which it would come a second time."""


class Keeps(Protocol):
    """Where marked messages are kept."""

    async def add(self, pinned: Pinned, /) -> bool:
        """Keep the message."""
        ...

    async def remove(self, channel: str, ts: str, pinned_by: str, /) -> bool:
        """Forget that somebody marked it."""
        ...


def of_reaction(body: Mapping[str, Any]) -> Mark | None:
    """Return which message was marked; None where it is no message, or by nobody."""
    event = body.get("event")
    event = event if isinstance(event, Mapping) else {}
    item = event.get("item")
    item = item if isinstance(item, Mapping) else {}
    told = {
        "emoji": event.get("reaction"),
        "channel": item.get("channel"),
        "ts": item.get("ts"),
        "user": event.get("user"),
    }
    kind, at = event.get("type"), _time(event.get("event_ts"))
    if not all(isinstance(each, str) and each for each in told.values()):
        return None
    if item.get("type") != "message" or at is None or _time(told["ts"]) is None:
        return None
    words = {name: str(value) for name, value in told.items()}
    # A skin's tone may follow the emoji's name.
    words["emoji"] = words["emoji"].partition("::")[0]
    key = f"mark:{kind}/{'/'.join(words.values())}/{event.get('event_ts')}"
    return Mark(added=kind == "reaction_added", at=at, key=key, **words)


def hear(app: AsyncApp, deliveries: Deliveries, take: Callable[[Mark], None]) -> None:
    """Hand every new mark to *take*, which must return at once.

    To be called before others listen to any event at all.
    """

    @app.event("reaction_added")
    @app.event("reaction_removed")
    async def _reaction(body: dict[str, Any]) -> None:
        mark = of_reaction(body)
        if mark is not None and deliveries.first([mark.key], time.monotonic()):
            take(mark)


class Marks:
    """Keeps what people mark."""

    def __init__(
        self,
        client: AsyncWebClient,
        keeps: Callable[[], Keeps],
        people: People,
        home_team: Callable[[], str | None],
        ourselves: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Read messages with the client; *keeps* opens where they are kept.

        *ourselves* tells who the bot is in Slack.
        """
        self._ourselves = ourselves
        self._client = client
        self._keeps = keeps
        self._people = people
        self._home_team = home_team
        # In the order in which they came: who takes a mark away at once means it.
        self._turn = asyncio.Lock()

    async def take(self, mark: Mark) -> None:
        """Keep or forget the message; never raises."""
        where = {"channel": mark.channel, "ts": mark.ts, "user": mark.user}
        try:
            async with self._turn:
                why = await (self._keep(mark) if mark.added else self._forget(mark))
        except SourceDown as error:
            why = f"{error.source} {error.message}"
        except SlackApiError as error:
            why = f"Slack says {answered(error).get('error') or 'nothing of use'}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            why = f"Slack cannot be reached ({type(error).__name__})"
        if why is not None:
            log.warning("a mark had no effect: %s", why, extra=where)

    async def _forget(self, mark: Mark) -> None:
        if await self._keeps().remove(mark.channel, mark.ts, mark.user):
            log.info("a marked message was forgotten", extra={"channel": mark.channel})

    async def _keep(self, mark: Mark) -> str | None:
        """Keep the message; return why not, if so."""
        person = await self._people.person(mark.user)
        if outsider(person, home_team=self._home_team()) is not None:
            return "only people of this workspace may mark messages"
        message = await self._message(mark)
        if message is None:
            return "the message is not to be found"
        written, said = _time(mark.ts) or mark.at, _said(message)
        at, user = written, self._ourselves()
        if user is not None and message.get("user") == user:
            # We edit what we wrote, and Slack does not say so: these are words of now.
            at, said = mark.at, f"{said} (as it stood then; posted at {stamp(written)})"
        kept = await self._keeps().add(
            Pinned(
                channel=mark.channel,
                ts=mark.ts,
                at=at,
                author=await self._author(message),
                text=said,
                permalink=await self._permalink(mark),
                pinned_by=mark.user,
                pinned_at=mark.at,
            )
        )
        if kept:
            log.info("a marked message was kept", extra={"channel": mark.channel})
        return None

    async def _message(self, mark: Mark) -> Mapping[str, Any] | None:
        """Return the message as it is now; a reply stands in its thread alone."""
        bounds: dict[str, Any] = {"oldest": mark.ts, "latest": mark.ts, "limit": 1}
        told = await self._client.conversations_history(
            channel=mark.channel, inclusive=True, **bounds
        )
        found = _named(told.get("messages"), mark.ts)
        if found is None:
            told = await self._client.conversations_replies(
                channel=mark.channel, ts=mark.ts, inclusive=True, **bounds
            )
            found = _named(told.get("messages"), mark.ts)
        return found

    async def _author(self, message: Mapping[str, Any]) -> str:
        """Return the author's name, or the id where nobody tells it."""
        user = str(message.get("user") or "")
        try:
            person = await self._people.person(user)
        except SourceDown:
            person = None
        named = (person.name if person else "", message.get("username"), user)
        return str(next(filter(None, named), "") or message.get("bot_id") or "somebody")

    async def _permalink(self, mark: Mark) -> str:
        """Return where the message can be read; empty where Slack does not tell."""
        try:
            told = await self._client.chat_getPermalink(
                channel=mark.channel, message_ts=mark.ts
            )
        except (SlackApiError, aiohttp.ClientError, OSError) as error:
            kind = type(error).__name__
            log.info("Slack tells no address of a message", extra={"error": kind})
            return ""
        return str(told.get("permalink") or "")


_FILES: Final = "files"


def _said(message: Mapping[str, Any]) -> str:
    """Return the text, and which files came with it."""
    text, files = message.get("text"), message.get(_FILES)
    names = [
        str(each.get("name") or "a file")
        for each in (files if isinstance(files, list) else ())
        if isinstance(each, Mapping)
    ]
    with_them = f"[with {', '.join(names)}]" if names else ""
    return " ".join(filter(None, (text if isinstance(text, str) else "", with_them)))


def _named(messages: object, ts: str) -> Mapping[str, Any] | None:
    for each in messages if isinstance(messages, list) else ():
        if isinstance(each, Mapping) and each.get("ts") == ts:
            return each
    return None


def _time(ts: object) -> datetime | None:
    """Return the time that Slack's name of a message holds."""
    try:
        return datetime.fromtimestamp(float(str(ts)), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
