"""A private answer is shared once, by who asked, as long as it is kept."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.report import Facts, Report
from bot.slack.doors.sharing import Shares
from bot.slack.sending.sender import Sender
from formatters import blocks
from tests.slack.doors.test_callers import a_press
from tests.slack.little_slack import LittleSlack

REPORT = Report(
    summary="all is well",
    command="health",
    words="health",
    request_id="1a2b3c4d",
    sections=(Facts(title="Workers", rows=(("healthy", 3),)),),
)


def offered(shares: Shares, user: str = "U0ALICE") -> str:
    """Return the value of the button under a private answer."""
    *_, last = shares.offered(user, REPORT, blocks.whole(REPORT))
    [button] = [
        element
        for block in last.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == "share:answer"
    ]
    value: str = button["value"]
    return value


def a_share(little: LittleSlack, value: str, **given: Any) -> dict[str, Any]:
    """Return the press of such a button under a private answer."""
    action = {"type": "button", "action_id": "share:answer", "value": value}
    body = {
        "actions": [action],
        "container": {"is_ephemeral": True, "channel_id": "C0OPS"},
        "message": None,
        "response_url": little.hook.url,
    }
    return a_press(**{**body, **given})


async def pressed(shares: Shares, body: dict[str, Any]) -> str:
    """Return what the presser alone is told; empty when all is said."""
    said = await shares.share(body)
    return said[1].summary if said else ""


async def test_the_same_answer_is_posted_with_its_thread(
    little: LittleSlack, sender: Sender
) -> None:
    """And the private one says so, without its button."""
    shares = Shares(sender)

    assert await pressed(shares, a_share(little, offered(shares))) == ""
    verdict, rest, private = little.payloads
    assert little.methods == ["chat.postMessage", "chat.postMessage", "hook"]
    assert verdict["text"].startswith("<@U0ALICE> shared this answer")
    assert "1a2b3c4d" in verdict["text"]
    assert rest["thread_ts"] == "1.0"
    assert private["replace_original"] is True
    assert "share:answer" not in str(private["blocks"])


async def test_in_a_thread_it_is_shared_in_that_thread(
    little: LittleSlack, sender: Sender
) -> None:
    """All of it."""
    shares = Shares(sender)
    container = {"is_ephemeral": True, "channel_id": "C0OPS", "thread_ts": "1.1"}
    await pressed(shares, a_share(little, offered(shares), container=container))

    assert {it["thread_ts"] for it in little.payloads[:2]} == {"1.1"}


async def test_a_second_press_shares_nothing_more(
    little: LittleSlack, sender: Sender
) -> None:
    """The presser is told."""
    shares = Shares(sender)
    value = offered(shares)
    await pressed(shares, a_share(little, value))
    before = len(little.sent)

    assert "shared already" in await pressed(shares, a_share(little, value))
    assert len(little.sent) == before


async def test_nobody_else_can_share_it(little: LittleSlack, sender: Sender) -> None:
    """Even with the button's value."""
    shares = Shares(sender)
    body = a_share(little, offered(shares, "U0BOB"))

    assert "only who asked" in await pressed(shares, body)
    assert little.sent == []


async def test_what_is_kept_no_more_can_be_asked_again(
    little: LittleSlack, sender: Sender
) -> None:
    """It says how."""
    clock = [0.0]
    shares = Shares(sender, keep=timedelta(seconds=10), clock=lambda: clock[0])
    value = offered(shares)
    clock[0] = 11.0
    said = await shares.share(a_share(little, value))

    assert said is not None
    assert "kept no more" in said[1].summary
    assert [ask.words for ask in said[1].asks] == ["health"]


async def test_a_button_that_lost_its_question_offers_none(
    little: LittleSlack, sender: Sender
) -> None:
    """It can't be guessed."""
    said = await Shares(sender).share(a_share(little, "0123"))

    assert said is not None
    assert said[1].asks == ()


async def test_only_so_many_are_kept(little: LittleSlack, sender: Sender) -> None:
    """The newest."""
    shares = Shares(sender, most=1)
    first, second = offered(shares), offered(shares)

    assert "kept no more" in await pressed(shares, a_share(little, first))
    assert await pressed(shares, a_share(little, second)) == ""


async def test_a_channel_out_of_reach_is_reached_by_the_response_url(
    little: LittleSlack, sender: Sender
) -> None:
    """For all to see."""
    little.refuse("chat.postMessage", "not_in_channel")
    shares = Shares(sender)
    await pressed(shares, a_share(little, offered(shares)))

    assert little.methods == ["chat.postMessage", "hook", "hook"]
    assert little.payloads[1]["response_type"] == "in_channel"


@pytest.mark.parametrize("again", [False, True])
async def test_what_could_not_be_shared_can_be_tried_again(
    little: LittleSlack, sender: Sender, again: bool
) -> None:
    """After the bot was invited."""
    little.refuse("chat.postMessage", "not_in_channel")
    shares = Shares(sender)
    value = offered(shares)
    body = a_share(little, value, response_url=None)

    assert "could not be shared" in await pressed(shares, body)
    if again:
        assert await pressed(shares, body) == ""


async def test_a_press_by_nobody_says_nothing(
    little: LittleSlack, sender: Sender
) -> None:
    """There is nobody to tell."""
    assert await pressed(Shares(sender), a_share(little, "x", user=None)) == ""
