"""Marked messages: what is kept, and what is told in the log when it is not."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.domain.errors import SourceDown
from bot.domain.pins import Pinned
from bot.slack.client import slack_client
from bot.slack.doors.deliveries import Deliveries
from bot.slack.doors.marks import Mark, Marks, hear, of_reaction
from bot.slack.people import SlackPeople
from tests.demo.socket_bot import until
from tests.slack.little_slack import TOKEN, LittleSlack, an_app, little_slack

TS = "1769860800.000100"
WRITTEN = datetime(2026, 1, 31, 12, 0, 0, 100, tzinfo=UTC)
ALICE = {"team_id": "T1", "name": "alice", "real_name": "Alice"}


def an_event(**given: Any) -> dict[str, Any]:
    """Return a reaction as Slack delivers it."""
    event: dict[str, Any] = {
        "type": "reaction_added",
        "user": "U01",
        "reaction": "pushpin",
        "item": {"type": "message", "channel": "C01", "ts": TS},
        "event_ts": "1769860860.000200",
    }
    return {"type": "event_callback", "team_id": "T1", "event": event | given}


def a_mark(**given: Any) -> Mark:
    """Return a mark of Alice's."""
    mark = of_reaction(an_event(**given))
    assert mark is not None
    return mark


class Kept:
    """What is kept; *down* keeps nothing."""

    def __init__(self) -> None:
        self.pins: list[Pinned] = []
        self.removed: list[tuple[str, str, str]] = []
        self.down: SourceDown | None = None

    async def add(self, pinned: Pinned) -> bool:
        """Keep it."""
        if self.down:
            raise self.down
        self.pins.append(pinned)
        return len(self.pins) == 1

    async def remove(self, channel: str, ts: str, pinned_by: str) -> bool:
        """Forget it."""
        self.removed.append((channel, ts, pinned_by))
        return len(self.removed) == 1


@asynccontextmanager
async def a_house() -> AsyncIterator[tuple[LittleSlack, Kept, Marks]]:
    """Return a Slack that knows Alice, and what takes her marks."""
    async with little_slack() as slack:
        slack.users["U01"] = dict(ALICE)
        client = slack_client(TOKEN, f"{slack.url}/api")
        kept = Kept()
        yield (
            slack,
            kept,
            Marks(
                client, lambda: kept, SlackPeople(client), lambda: "T1", lambda: "U0BOT"
            ),
        )


def _history(slack: LittleSlack, *messages: Any, method: str = "history") -> None:
    body = {"ok": True, "messages": list(messages)}
    slack.answer(f"conversations.{method}", web.json_response(body))


def _permalink(slack: LittleSlack) -> None:
    body = {"ok": True, "permalink": "https://slack.example/p1"}
    slack.answer("chat.getPermalink", web.json_response(body))


def test_a_reaction_is_read_whatever_the_skin() -> None:
    """With the time at which it came."""
    mark = a_mark(reaction="pushpin::skin-tone-2")

    assert (mark.emoji, mark.channel, mark.ts, mark.user) == (
        *("pushpin", "C01"),
        *(TS, "U01"),
    )
    assert mark.added
    assert mark.at == datetime(2026, 1, 31, 12, 1, 0, 200, tzinfo=UTC)
    assert not a_mark(type="reaction_removed").added


@pytest.mark.parametrize(
    "given",
    [
        {"item": {"type": "file", "file": "F1"}},
        {"item": None},
        {"item": {"type": "message", "channel": "C01", "ts": "soon"}},
        {"item": {"type": "message", "channel": "", "ts": TS}},
        {"user": None},
        {"reaction": 7},
        {"event_ts": None},
        {"event_ts": "1e99"},
    ],
)
def test_what_is_no_marked_message_is_none(given: dict[str, Any]) -> None:
    """However odd the payload is."""
    assert of_reaction(an_event(**given)) is None
    assert of_reaction({"event": None}) is None


async def test_a_marked_message_is_kept_as_it_is() -> None:
    """With its author's name and its address."""
    async with a_house() as (slack, kept, marks):
        text = "restarted <@U09> &lt;now&gt; <!channel>"
        _history(slack, {"ts": TS, "user": "U01", "text": text})
        _permalink(slack)

        await marks.take(a_mark())

    assert kept.pins == [
        Pinned(
            channel="C01",
            ts=TS,
            at=WRITTEN,
            author="Alice",
            text=text,
            permalink="https://slack.example/p1",
            pinned_by="U01",
            pinned_at=a_mark().at,
        )
    ]


async def test_one_of_the_bot_is_of_when_it_was_marked() -> None:
    """It may have been edited since it was posted, which Slack does not tell."""
    async with a_house() as (slack, kept, marks):
        _history(slack, {"ts": TS, "user": "U0BOT", "text": "over after 4 min"})
        _permalink(slack)
        await marks.take(a_mark())

    [pinned] = kept.pins
    stood = "(as it stood then; posted at 2026-01-31 12:00:00Z)"
    assert pinned.at == pinned.pinned_at == a_mark().at
    assert pinned.text == f"over after 4 min {stood}"


async def test_a_reply_is_looked_for_in_its_thread() -> None:
    """A channel's history does not hold it."""
    async with a_house() as (slack, kept, marks):
        _history(slack, {"ts": "1.0", "text": "another"}, "nonsense")
        _history(slack, {"ts": TS, "text": "a reply"}, method="replies")

        await marks.take(a_mark())

    [pinned] = kept.pins
    assert (pinned.text, pinned.permalink) == ("a reply", "")


@pytest.mark.parametrize(
    ("message", "author", "text"),
    [
        ({"user": "U77", "text": "hi"}, "U77", "hi"),
        ({"username": "alerts", "bot_id": "B1", "text": "down"}, "alerts", "down"),
        ({"bot_id": "B1", "text": None}, "B1", ""),
        ({"files": [{"name": "a.png"}, {}, 7]}, "somebody", "[with a.png, a file]"),
        (
            {"user": "U01", "text": "see", "files": [{"name": "a.png"}]},
            "Alice",
            "see [with a.png]",
        ),
    ],
)
async def test_an_author_may_be_unknown_and_a_text_absent(
    message: dict[str, Any], author: str, text: str
) -> None:
    """Bots write as well, and pictures say nothing."""
    async with a_house() as (slack, kept, marks):
        _history(slack, {"ts": TS, **message})

        await marks.take(a_mark())

    [pinned] = kept.pins
    assert (pinned.author, pinned.text) == (author, text)


async def test_taking_the_emoji_away_forgets_the_message() -> None:
    """Slack need not be asked; a second time changes nothing."""
    async with a_house() as (slack, kept, marks):
        await marks.take(a_mark(type="reaction_removed"))
        await marks.take(a_mark(type="reaction_removed"))

        assert slack.sent == []
    assert kept.removed[0] == ("C01", TS, "U01")


async def test_marks_take_effect_in_their_order() -> None:
    """Whoever takes one away at once means it, however long Slack takes."""
    async with a_house() as (slack, kept, marks):
        slack.delay = 0.02
        _history(slack, {"ts": TS, "text": "hi"})

        await asyncio.gather(
            marks.take(a_mark()), marks.take(a_mark(type="reaction_removed"))
        )

    assert len(kept.pins) == 1
    assert kept.removed == [("C01", TS, "U01")]


@pytest.mark.parametrize(
    "user",
    [
        {**ALICE, "team_id": "T2"},
        {**ALICE, "is_bot": True},
        {**ALICE, "is_stranger": True},
    ],
)
async def test_strangers_and_bots_mark_nothing(
    user: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """In a shared channel, for one; the message is not even read."""
    async with a_house() as (slack, kept, marks):
        slack.users["U01"] = user

        await marks.take(a_mark())

        assert slack.methods == ["users.info"]
    assert kept.pins == []
    assert "only people of this workspace may mark messages" in caplog.text


@pytest.mark.parametrize("method", ["users.info", "conversations.history"])
async def test_what_slack_refuses_is_told_in_the_log(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With its word for it."""
    async with a_house() as (slack, kept, marks):
        slack.refuse(method, "not_in_channel")

        await marks.take(a_mark())

    assert kept.pins == []
    assert "a mark had no effect" in caplog.text
    assert "not_in_channel" in caplog.text


async def test_a_message_that_is_gone_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Somebody deleted it meanwhile."""
    async with a_house() as (slack, kept, marks):
        _history(slack)
        _history(slack, method="replies")

        await marks.take(a_mark())

    assert kept.pins == []
    assert "the message is not to be found" in caplog.text


async def test_a_slack_that_cannot_be_reached_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It went away after it had told who marked."""
    async with a_house() as (slack, kept, _):
        people = SlackPeople(slack_client(TOKEN, f"{slack.url}/api"))
        away = slack_client(TOKEN, "http://127.0.0.1:9/api", repeats=False)

        await Marks(away, lambda: kept, people, lambda: "T1").take(a_mark())

    assert "Slack cannot be reached" in caplog.text


async def test_a_database_that_is_down_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody waits for an answer that could say so."""
    async with a_house() as (slack, kept, marks):
        kept.down = SourceDown("ledger", "cannot be used: disk full")
        _history(slack, {"ts": TS, "text": "hi"})

        await marks.take(a_mark())

    assert "ledger cannot be used: disk full" in caplog.text


async def test_a_second_mark_of_one_person_is_no_news(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is kept already."""
    caplog.set_level(logging.INFO)
    async with a_house() as (slack, _, marks):
        for _ in range(2):
            _history(slack, {"ts": TS, "text": "hi"})
            await marks.take(a_mark())

    assert caplog.text.count("a marked message was kept") == 1


async def test_each_mark_is_heard_once() -> None:
    """Slack delivers again what it thinks was missed."""
    app = an_app()
    heard: list[Mark] = []
    hear(app, Deliveries(), heard.append)

    for body in (
        an_event(),
        an_event(),
        an_event(item={"type": "file"}),
        an_event(type="reaction_removed"),
    ):
        request = AsyncBoltRequest(mode="socket_mode", body=body)
        assert (await app.async_dispatch(request)).status == 200

    await until(lambda: len(heard) == 2)
    assert [each.added for each in heard] == [True, False]
