"""A message stands once, whoever leads and whoever dies while posting."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.notices import Posting
from bot.slack.client import slack_client
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Sender
from bot.slack.telling.once import Once
from bot.state.database import Database
from bot.state.leases import Leases, Term, TermOver
from bot.state.posts import Posts
from formatters.packing import Message
from tests.counterparts import PATIENCE
from tests.databases import a_file
from tests.slack.little_slack import TOKEN, LittleSlack


@pytest.fixture
async def leases(tmp_path: Path) -> AsyncIterator[Leases]:
    """Return the leases of one process."""
    database = Database(a_file(tmp_path))
    yield Leases(database)
    await database.close()


@pytest.fixture
async def term(leases: Leases) -> Term:
    """Return the term in which this process leads."""
    term = await leases.take("alerts")
    assert term is not None
    return term


def a_once(little: LittleSlack, sender: Sender, leases: Leases) -> Once:
    """Return what posts once, as after a start."""
    client = slack_client(TOKEN, f"{little.url}/api", repeats=False)
    return Once(Posts(leases), sender, client, "C1")


def draw(doubtful: bool) -> Message:
    """Return a message that says whether it may stand there twice."""
    text = "twice?" if doubtful else "once"
    block = {"type": "section", "block_id": "mark", "text": text}
    return Message(blocks=(block,), text=text)


async def post(once: Once, term: Term) -> str:
    """Post it."""
    return await once.post(term, "a", draw, "last", block_id="mark")


async def test_a_message_is_posted_once(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """The second time it is known to stand."""
    once = a_once(little, sender, leases)

    assert await post(once, term) == await post(once, term) == "1.0"
    assert little.methods == ["chat.postMessage"]


async def test_what_was_cut_off_is_found_in_the_history(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """Where we may read it; it is not posted again."""
    little.readable = True
    await Posts(leases).claim(term, "a", "C1")
    await sender.post("C1", draw(doubtful=False), "last")  # and then it was killed
    found = await post(a_once(little, sender, leases), term)

    assert found == "1.0"
    assert little.methods == ["chat.postMessage", "conversations.history"]
    assert await post(a_once(little, sender, leases), term) == "1.0"


async def test_what_never_arrived_is_posted_without_a_word(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """The history says so."""
    little.readable = True
    await Posts(leases).claim(term, "a", "C1")
    await post(a_once(little, sender, leases), term)

    assert little.payloads[-1]["text"] == "once"


async def test_who_may_not_read_says_that_it_may_stand_twice(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """A doubled alert does less harm than a lost one."""
    await Posts(leases).claim(term, "a", "C1")
    await post(a_once(little, sender, leases), term)

    assert little.payloads[-1]["text"] == "twice?"


async def test_a_history_that_goes_on_proves_nothing(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """And neither does one that breaks off."""
    await Posts(leases).claim(term, "a", "C1")
    page = {"ok": True, "messages": [{"ts": "9.0"}], "has_more": True}
    little.answer("conversations.history", web.json_response(page))
    await post(a_once(little, sender, leases), term)
    assert little.payloads[-1]["text"] == "twice?"

    await Posts(leases).claim(term, "b", "C1")
    little.answer("conversations.history", web.Response(text="<html>"))
    once = a_once(little, sender, leases)
    await once.post(term, "b", draw, "last", block_id="mark")
    assert little.payloads[-1]["text"] == "twice?"


async def test_what_slack_refused_is_posted_later_without_a_word(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """It can't stand there."""
    once = a_once(little, sender, leases)
    little.refuse("chat.postMessage", "not_in_channel")
    with pytest.raises(Unsent):
        await post(once, term)
    await post(once, term)

    assert little.methods == ["chat.postMessage"] * 2
    assert little.payloads[-1]["text"] == "once"


async def test_what_may_have_arrived_is_looked_for_later(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """Slack did not say whether it took it."""
    once = a_once(little, sender, leases)
    little.answer("chat.postMessage", *(web.Response(status=500) for _ in range(4)))
    with pytest.raises(Unsent):
        await post(once, term)
    little.answers.clear()
    await post(once, term)

    assert little.methods[-2:] == ["conversations.history", "chat.postMessage"]
    assert little.payloads[-1]["text"].startswith("twice?")


async def test_what_another_leader_posted_meanwhile_is_taken_away_again(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """As when this process was frozen between its claim and its post."""
    later = Term(name=term.name, token=term.token + 1)

    class Overtaken(Posts):
        async def posted(self, term: Term, key: str, ts: str) -> bool:
            await self.overtake()
            return await super().posted(term, key, ts)

        async def overtake(self) -> None:
            await leases.release(term)
            assert await leases.take("alerts") == later
            await self.claim(later, "a", "C1")

    client = slack_client(TOKEN, f"{little.url}/api", repeats=False)
    once = Once(Overtaken(leases), sender, client, "C1")
    with pytest.raises(TermOver):
        await post(once, term)

    method, payload = little.sent[-1]
    assert (method, payload["ts"]) == ("chat.delete", "1.0")


async def test_what_waits_until_another_leads_is_not_posted(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """The claim alone does not tell whose turn it is by then."""
    turn = asyncio.Event()

    async def lose() -> None:
        async with asyncio.timeout(PATIENCE):
            while not sender._outbox.posts("C1")._waiting:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await leases.release(term)
        turn.set()

    _, posted, _ = await asyncio.gather(
        sender.post("C1", draw(doubtful=True), "last", first=turn.wait),
        post(a_once(little, sender, leases), term),
        lose(),
        return_exceptions=True,
    )

    assert isinstance(posted, TermOver)
    assert [each["text"] for each in little.payloads] == ["twice?"]


async def test_a_line_that_was_cut_off_is_found_in_its_thread(
    little: LittleSlack, sender: Sender, leases: Leases, term: Term
) -> None:
    """Where the message stands, whatever the settings say by now."""
    little.readable = True
    under = Posting(channel="C0OLD", ts="0.5")
    await Posts(leases).claim(term, "a/1", "C0OLD")
    await sender.post("C0OLD", draw(doubtful=False), "last", thread_ts="0.5")
    once = a_once(little, sender, leases)
    found = await once.post(term, "a/1", draw, "last", block_id="mark", under=under)
    await once.post(term, "a/2", draw, "last", block_id="other", under=under)

    assert found == "1.0"
    posted, asked, new = little.sent
    assert [posted[0], asked[0]] == ["chat.postMessage", "conversations.replies"]
    assert (asked[1]["channel"], asked[1]["ts"]) == ("C0OLD", "0.5")
    assert (new[1]["channel"], new[1]["thread_ts"]) == ("C0OLD", "0.5")
