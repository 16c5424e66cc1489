"""A private answer is shared once, by who asked, as long as it is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import SourceDown
from bot.domain.report import Facts, Report
from bot.slack.doors.sharing import Shares
from bot.slack.sending.sender import Sender
from bot.state.answers import KEEP, PrivateAnswers
from bot.state.database import Database
from bot.state.leases import Leases
from formatters import blocks
from tests.counterparts import PATIENCE
from tests.databases import Base, base, server
from tests.gate.toys import Clock
from tests.slack.doors.test_callers import a_press
from tests.slack.little_slack import LittleSlack

__all__ = ["base", "server"]

REPORT = Report(
    summary="all is well",
    command="health",
    words="health",
    request_id="1a2b3c4d",
    sections=(Facts(title="Workers", rows=(("healthy", 3),)),),
)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that goes on when told to."""
    return Clock()


@pytest.fixture
async def process(
    sender: Sender, clock: Clock, tmp_path: Path
) -> AsyncIterator[Callable[[], Shares]]:
    """Return what starts one more process at one database."""
    made: list[Database] = []

    def start() -> Shares:
        made.append(
            Database(f"sqlite:///{tmp_path}/state.sqlite3", soon_seconds=PATIENCE)
        )
        answers = PrivateAnswers(Leases(made[-1], clock=lambda _: clock.now))
        return Shares(sender, lambda: answers)

    yield start
    for database in made:
        await database.close()


@pytest.fixture
def shares(process: Callable[[], Shares]) -> Shares:
    """Return those of one process."""
    return process()


async def offered(shares: Shares, user: str = "U0ALICE") -> str:
    """Return the value of the button under a private answer."""
    (*_, last), keep = shares.offered(user, REPORT, blocks.whole(REPORT))
    await keep()
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
    little: LittleSlack, shares: Shares
) -> None:
    """And the private one says so, without its button."""

    assert await pressed(shares, a_share(little, await offered(shares))) == ""
    verdict, rest, private = little.payloads
    assert little.methods == ["chat.postMessage", "chat.postMessage", "hook"]
    assert verdict["text"].startswith("<@U0ALICE> shared this answer")
    assert "1a2b3c4d" in verdict["text"]
    assert rest["thread_ts"] == "1.0"
    assert private["replace_original"] is True
    assert "share:answer" not in str(private["blocks"])


async def test_in_a_thread_it_is_shared_in_that_thread(
    little: LittleSlack, shares: Shares
) -> None:
    """All of it."""
    container = {"is_ephemeral": True, "channel_id": "C0OPS", "thread_ts": "1.1"}
    await pressed(shares, a_share(little, await offered(shares), container=container))

    assert {it["thread_ts"] for it in little.payloads[:2]} == {"1.1"}


async def test_a_second_press_shares_nothing_more(
    little: LittleSlack, shares: Shares
) -> None:
    """The presser is told."""
    value = await offered(shares)
    await pressed(shares, a_share(little, value))
    before = len(little.sent)

    assert "shared already" in await pressed(shares, a_share(little, value))
    assert len(little.sent) == before


async def test_nobody_else_can_share_it(little: LittleSlack, shares: Shares) -> None:
    """Even with the button's value."""
    body = a_share(little, await offered(shares, "U0BOB"))

    assert "only who asked" in await pressed(shares, body)
    assert little.sent == []


async def test_what_is_kept_no_more_can_be_asked_again(
    little: LittleSlack, shares: Shares, clock: Clock
) -> None:
    """It says how."""
    value = await offered(shares)
    clock.advance(seconds=(KEEP + timedelta(seconds=1)).total_seconds())
    said = await shares.share(a_share(little, value))

    assert said is not None
    assert "kept no more" in said[1].summary
    assert [ask.words for ask in said[1].asks] == ["health"]


async def test_a_button_that_lost_its_question_offers_none(
    little: LittleSlack, shares: Shares
) -> None:
    """It can't be guessed."""
    said = await shares.share(a_share(little, "0123"))

    assert said is not None
    assert said[1].asks == ()


async def test_a_channel_out_of_reach_is_reached_by_the_response_url(
    little: LittleSlack, shares: Shares
) -> None:
    """For all to see."""
    little.refuse("chat.postMessage", "not_in_channel")
    await pressed(shares, a_share(little, await offered(shares)))

    assert little.methods == ["chat.postMessage", "hook", "hook"]
    assert little.payloads[1]["response_type"] == "in_channel"


@pytest.mark.parametrize("again", [False, True])
async def test_what_could_not_be_shared_can_be_tried_again(
    little: LittleSlack, shares: Shares, again: bool
) -> None:
    """After the bot was invited."""
    little.refuse("chat.postMessage", "not_in_channel")
    value = await offered(shares)
    body = a_share(little, value, response_url=None)

    assert "could not be shared" in await pressed(shares, body)
    if again:
        assert await pressed(shares, body) == ""


async def test_a_press_by_nobody_says_nothing(
    little: LittleSlack, shares: Shares
) -> None:
    """There is nobody to tell."""
    assert await pressed(shares, a_share(little, "x", user=None)) == ""


async def test_another_process_shares_it_and_both_only_once(
    little: LittleSlack, sender: Sender, base: Base
) -> None:
    """After a restart, or at another replica, on each kind of database."""
    databases = [Database(base.url, soon_seconds=PATIENCE) for _ in range(3)]
    before, after, other = (
        Shares(sender, partial(PrivateAnswers, Leases(each))) for each in databases
    )
    body = a_share(little, await offered(before))
    await databases[0].close()
    told = await asyncio.gather(pressed(after, body), pressed(other, body))
    for database in databases[1:]:
        await database.close()

    assert sorted(told) == ["", "this answer is shared already"]
    verdict, *_ = little.payloads
    assert verdict["text"].startswith("<@U0ALICE> shared this answer")
    assert little.methods.count("chat.postMessage") == 2


async def test_a_database_that_is_down_offers_to_ask_again(
    little: LittleSlack, tmp_path: Path, sender: Sender
) -> None:
    """The presser hears nothing worse."""
    (tmp_path / "state.sqlite3").mkdir()
    answers = PrivateAnswers(
        Leases(Database(f"sqlite:///{tmp_path}/state.sqlite3", soon_seconds=PATIENCE))
    )
    said = await Shares(sender, lambda: answers).share(a_share(little, "0123 queue"))

    assert said is not None
    assert said[1].summary == "this answer can't be shared just now"
    assert [ask.words for ask in said[1].asks] == ["queue"]
    assert little.sent == []


async def test_what_can_not_be_let_go_of_is_a_calm_line_too(
    little: LittleSlack,
    shares: Shares,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The presser hears why it was not shared all the same."""

    async def release(self: PrivateAnswers, id: str) -> None:
        raise SourceDown("ledger", "is away")

    little.refuse("chat.postMessage", "not_in_channel")
    body = a_share(little, await offered(shares), response_url=None)
    monkeypatch.setattr(PrivateAnswers, "release", release)

    assert "could not be shared" in await pressed(shares, body)
    assert "an answer can't be shared again: is away" in caplog.messages


async def test_what_is_too_old_is_forgotten(
    little: LittleSlack, shares: Shares, clock: Clock
) -> None:
    """Even by a clock that then goes back."""
    value = await offered(shares)
    clock.advance(seconds=KEEP.total_seconds() + 1)
    await shares.forget()
    clock.advance(seconds=-2)

    assert "kept no more" in await pressed(shares, a_share(little, value))
