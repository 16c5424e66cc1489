"""A message stands there once, or says that it may stand there twice."""

import pytest
from aiohttp import web

from bot.slack.client import slack_client
from bot.slack.sending.posting import Posting
from bot.slack.sending.refusals import Payload, TooFast, Unknown
from tests.slack.little_slack import TOKEN, LittleSlack

PAYLOAD: Payload = {"text": "all of it"}


def a_posting(little: LittleSlack, told: list[Unknown] | None = None) -> Posting:
    """Return a message for a channel."""
    return Posting(
        slack_client(TOKEN, f"{little.url}/api", repeats=False),
        "C1",
        None,
        PAYLOAD,
        reads="C1",
        look_seconds=0.01,
        doubted=(told if told is not None else []).append,
    )


def lost(little: LittleSlack, times: int = 1) -> None:
    """Let Slack answer nothing that makes sense."""
    for _ in range(times):
        little.answer("chat.postMessage", web.Response(status=504))


async def test_a_message_bears_a_mark(little: LittleSlack) -> None:
    """Each its own."""
    posting, other = a_posting(little), a_posting(little)
    await posting.send()
    await other.send()

    one, two = [each["metadata"] for each in little.payloads]
    assert one != two
    assert posting.went_to == "C1"


async def test_one_that_is_put_off_is_sent_again_as_it_was(little: LittleSlack) -> None:
    """Nothing about it is in doubt."""
    late = web.json_response({"ok": False}, status=429, headers={"Retry-After": "3"})
    little.answer("chat.postMessage", late)
    posting, told = a_posting(little), list[Unknown]()
    with pytest.raises(TooFast) as caught:
        await posting.send()
    await posting.send()

    first, second = little.payloads
    assert caught.value.seconds == 3
    assert first == second
    assert told == []


async def test_one_in_doubt_that_is_put_off_stays_in_doubt(little: LittleSlack) -> None:
    """It still says so when Slack takes it."""
    lost(little)
    late = web.json_response({"ok": False}, status=429, headers={"Retry-After": "0"})
    little.answer("chat.postMessage", late)
    told = list[Unknown]()
    posting = a_posting(little, told)
    with pytest.raises(TooFast):
        await posting.send()
    await posting.send()

    assert "twice" in little.payloads[-1]["text"]
    assert [each.error for each in told] == ["status 504"]


async def test_one_that_is_lost_twice_is_given_up(little: LittleSlack) -> None:
    """After a last look."""
    lost(little, times=2)

    with pytest.raises(Unknown):
        await a_posting(little).send()
    assert little.methods == ["chat.postMessage", "conversations.history"] * 2
