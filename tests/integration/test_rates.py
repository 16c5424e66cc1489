"""Slack's limits, at a strict front: nothing is lost or doubled, all is in order."""

import asyncio
import itertools
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from bot.demo.faults import Fault
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, OPS, RANDOM, SOCKET_APP
from bot.settings import Settings
from bot.slack.app import Bot
from bot.slack.client import slack_client
from bot.slack.metrics import Metrics
from bot.slack.sending.files import File
from bot.slack.sending.outbox import Urgency
from bot.slack.sending.pace import Manners, Pace
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Hook, Sender
from formatters.packing import Message
from tests.counterparts import standing
from tests.demo.socket_bot import SocketBot, until
from tests.slack.bot_thread import FAST, BotThread

pytestmark = pytest.mark.slack

SCALE = 1 / 40
"""Of a second: what takes a minute at Slack takes one and a half here."""
SCALED = Manners(
    posts=Pace(burst=3, seconds=SCALE),
    updates=Pace(burst=3, seconds=6.5 * SCALE),
    same_message=Pace(burst=1, seconds=3 * SCALE),
)
# Every method by which something is sent.
METHODS = (
    *("chat.postMessage", "chat.update", "chat.postEphemeral", "response_url"),
    *("files.getUploadURLExternal", "upload", "files.completeUploadExternal"),
)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A Slack, and nothing else."""
    with standing(postgres=False, runpod=False) as stack:
        yield stack


@pytest.fixture
async def front(stack: Stack) -> SlackFront:
    """A front without memories and limits."""
    assert stack.front is not None
    assert stack.slack is not None
    await stack.slack.reset()
    stack.front.calm()
    stack.front.forget()
    stack.front.steer(rate=0, ratelimited={}, missing_scopes=[], public=False)
    return stack.front


@asynccontextmanager
async def sending(
    front: SlackFront, manners: Manners = FAST, metrics: Metrics | None = None
) -> AsyncIterator[Sender]:
    """Return what sends there."""
    client = slack_client(SOCKET_APP.bot_token, front.api_url, repeats=False)
    sender = Sender(client, metrics or Metrics(), manners)
    yield sender
    await sender.close()


def a_note(text: str) -> Message:
    """Return a message of one line."""
    return Message(blocks=(), text=text)


async def a_hook(stack: Stack, front: SlackFront) -> Hook:
    """Return the response_url of a command that Alice typed."""
    assert stack.slack is not None
    async with SocketBot(front) as bot:
        await bot.connect()
        await stack.slack.command(ALICE, OPS, "health")
        await until(lambda: bool(bot.events))
        return Hook(bot.events[-1]["payload"]["response_url"])


def texts(front: SlackFront, method: str) -> list[str]:
    """Return what was sent by the method and taken, in order."""
    return [it["payload"]["text"] for it in front.sent() if it["method"] == method]


async def test_whatever_slack_puts_off_arrives_once_and_in_order(
    stack: Stack, front: SlackFront
) -> None:
    """Every second call of every method is answered 429."""
    hook, metrics = await a_hook(stack, front), Metrics()
    front.steer(ratelimited={method: [0.5, 0.02] for method in METHODS})
    async with sending(front, replace(FAST, behind=99), metrics) as sender:
        roots = [await sender.post(OPS, a_note(f"root {n}"), "") for n in range(3)]
        replies = (
            sender.post(OPS, a_note(f"{n}.{m}"), "", thread_ts=root, urgency=urgency)
            for m, (n, root), urgency in zip(
                range(30),
                itertools.cycle(enumerate(roots)),
                itertools.cycle([*Urgency, *reversed(Urgency)]),
                strict=False,
            )
        )
        updates = (
            sender.update(OPS, root, a_note(f"new {root}"), "") for root in roots
        )
        whispers = (sender.whisper(OPS, ALICE, a_note(f"w{n}"), "") for n in range(5))
        responses = (sender.respond(hook, a_note(f"r{n}"), "") for n in range(5))
        files = (
            sender.upload(
                OPS, File(name=f"{n}.txt", content=b"x" * n, title=f"f{n}"), comment="c"
            )
            for n in range(1, 4)
        )
        await asyncio.gather(*replies, *updates, *whispers, *responses, *files)

    posted = [it for it in front.sent() if it["method"] == "chat.postMessage"]
    threads: dict[str, list[int]] = defaultdict(list)
    for each in posted[3:]:
        n, m = each["payload"]["text"].split(".")
        threads[n].append(int(m))
    shared = [
        it["payload"]["files"][0]["title"]
        for it in front.sent()
        if it["method"] == "files.completeUploadExternal"
    ]
    assert {n: len(found) for n, found in threads.items()} == dict.fromkeys("012", 10)
    assert all(found == sorted(found) for found in threads.values())
    assert sorted(texts(front, "chat.update")) == sorted(f"new {it}" for it in roots)
    assert sorted(texts(front, "chat.postEphemeral")) == [f"w{n}" for n in range(5)]
    assert sorted(texts(front, "response_url")) == [f"r{n}" for n in range(5)]
    assert sorted(shared) == ["f1", "f2", "f3"]
    put_off = Counter(it["method"] for it in front.notes() if _too_fast(it))
    assert set(put_off) == set(METHODS)
    for method, times in put_off.items():
        assert f'rate_limited_total{{method="{method}"}} {times}' in metrics.text()


def _too_fast(note: dict[str, Any]) -> bool:
    return note.get("error") == "ratelimited"


async def test_a_channel_that_is_put_off_holds_up_no_other(front: SlackFront) -> None:
    """Nor another method."""
    front.steer(public=True)
    late = {"Retry-After": "1"}
    front.faults(Fault(match=f"postMessage.*{OPS}", status=429, headers=late))
    async with sending(front) as sender:
        asked = time.monotonic()
        held = asyncio.get_running_loop().create_task(sender.post(OPS, a_note("a"), ""))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        await sender.post(RANDOM, a_note("b"), "")
        await sender.whisper(OPS, ALICE, a_note("c"), "")
        others = time.monotonic() - begun
        await held

    assert others < 0.7
    assert time.monotonic() - asked > 1
    assert texts(front, "chat.postMessage") == ["b", "a"]


@pytest.mark.parametrize("scopes", [[], ["channels:history"]])
async def test_a_message_whose_answer_was_lost(
    front: SlackFront, scopes: list[str]
) -> None:
    """It stands there once if we may look, or twice and says so; never not at all."""
    front.steer(missing_scopes=scopes)
    front.faults(Fault(match="chat.postMessage", reset=True, late=True))
    async with sending(front) as sender:
        await sender.post(OPS, a_note("the answer"), "")

    first, *second = texts(front, "chat.postMessage")
    assert first == "the answer"
    assert len(second) == len(scopes)
    assert all("may stand here twice" in each for each in second)


async def test_a_message_that_never_arrived_is_sent_again(front: SlackFront) -> None:
    """We look, and it isn't there."""
    front.faults(Fault(match="chat.postMessage", reset=True))
    async with sending(front) as sender:
        await sender.post(OPS, a_note("the answer"), "")

    assert texts(front, "chat.postMessage") == ["the answer"]


async def test_live_updates_keep_to_slacks_pace(
    front: SlackFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one is shown; those between are told that they weren't needed."""
    async with sending(front, SCALED) as sender:
        ts = await sender.post(OPS, a_note("live"), "")
        went, changing, begun = _noted(sender, monkeypatch), [], time.monotonic()
        for number in range(60):
            change = sender.update(
                OPS, ts, a_note(str(number)), "", urgency=Urgency.LIVE
            )
            changing.append(asyncio.get_running_loop().create_task(change))
            await asyncio.sleep(SCALE / 4)
        shown = await asyncio.gather(*changing)
        took = time.monotonic() - begun

    came = [it for it in front.requests() if "chat.update" in it["path"]]
    apart = [later - one for one, later in itertools.pairwise(went)]
    assert shown[-1]
    assert texts(front, "chat.update")[-1] == "59"
    assert sum(shown) == len(came) == len(went) <= took / (3 * SCALE) + 1
    assert min(apart) > 2 * SCALE


def _noted(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return when changes are sent from now on; a busy front takes them later."""
    went, change = list[float](), sender._client.chat_update

    async def noted(**given: Any) -> Any:
        went.append(time.monotonic())
        return await change(**given)

    monkeypatch.setattr(sender._client, "chat_update", noted)
    return went


async def test_a_flood_of_alerts_keeps_to_slacks_pace_and_answers_overtake_it(
    front: SlackFront,
) -> None:
    """Five hundred in a minute; nothing is refused, what is left out is said."""
    front.steer(rate=SCALE)
    metrics, waits = Metrics(), []
    async with sending(front, SCALED, metrics) as sender:

        async def alert(number: int) -> None:
            await asyncio.sleep(number * 60 * SCALE / 500)
            text = f"alert {number}"
            await sender.post(OPS, a_note(text), "", urgency=Urgency.ALERT)

        loop, begun = asyncio.get_running_loop(), time.monotonic()
        alerts = [loop.create_task(alert(number)) for number in range(500)]
        for number in range(5):
            await asyncio.sleep(10 * SCALE)
            asked = time.monotonic()
            await sender.post(OPS, a_note(f"answer {number}"), "")
            waits.append(time.monotonic() - asked)
        ends = await asyncio.gather(*alerts, return_exceptions=True)
        took = time.monotonic() - begun

    said = texts(front, "chat.postMessage")
    left_out = sum(isinstance(end, Unsent) for end in ends)
    came = [it["at"] for it in front.requests() if "postMessage" in it["path"]]
    notes = [text for text in said if "messages" in text]
    alerts_said = [int(text.split()[1]) for text in said if text.startswith("alert")]
    # By Slack's own count: what it refused is not in it.
    assert len(said) <= took / SCALE + 4
    assert sum(map(_too_fast, front.notes())) <= 5
    assert all(sum(at <= it < at + 10 * SCALE for it in came) <= 10 + 4 for at in came)
    assert alerts_said == sorted(set(alerts_said))
    assert len(alerts_said) + left_out == 500
    assert "messages behind" in notes[0]
    assert notes[1:] == [
        f"{left_out} messages were left out here: more than 200 waited at once."
    ]
    assert f'left_out_total{{urgency="alert"}} {left_out}' in metrics.text()
    # An answer waits for the one on its way and for its turn, not for two hundred.
    assert max(waits) < 20 * SCALE


async def test_no_acknowledgement_waits_for_a_flood(
    stack: Stack, front: SlackFront
) -> None:
    """The bot itself, flooded, with people who go on asking; no answer waits either."""
    assert stack.slack is not None
    front.steer(rate=0.2)
    manners = replace(SCALED, posts=Pace(burst=3, seconds=0.2))
    bot, ready = Bot(Settings.of(stack.environment), manners), asyncio.Event()
    sender, over = bot._answers._sender, threading.Event()

    async def flood() -> None:
        posts = (
            sender.post(OPS, a_note(f"alert {n}"), "", urgency=Urgency.ALERT)
            for n in range(500)
        )
        flooding = asyncio.gather(*posts, return_exceptions=True)
        await asyncio.to_thread(over.wait)
        flooding.cancel()
        with suppress(asyncio.CancelledError):
            await flooding

    acknowledged, answered = [], []
    async with bot.running():
        running = asyncio.get_running_loop().create_task(bot.front(ready.set))
        await ready.wait()
        await stack.slack.message(ALICE, OPS, "<@U0DEBUG> health")  # pays for imports
        await _until_answered(front, 1)
        assert bot._bench.take(flood)
        for number in range(6):
            await asyncio.sleep(0.5)
            before = len(_answers(front))
            asked = time.monotonic()
            await stack.slack.command(ALICE, OPS, "orphans")
            acknowledged.append(time.monotonic() - asked)
            await stack.slack.message(ALICE, OPS, f"<@U0DEBUG> queue {number}")
            await _until_answered(front, before + 2)
            answered.append(time.monotonic() - asked)
        over.set()
        running.cancel()

    assert max(acknowledged) < 1
    assert max(answered) < 3
    assert sum(it["payload"]["text"].startswith("alert") for it in front.sent()) > 3


async def test_a_bot_that_is_always_put_off_answers_each_question_once(
    stack: Stack, front: SlackFront
) -> None:
    """Every second call of all that it asks of Slack, the very first ones too."""
    assert stack.slack is not None
    front.steer(ratelimited={"*": [0.5, 0.05]})
    with BotThread(stack.environment):
        for number in range(1, 6):
            await stack.slack.command(ALICE, OPS, f"orphans --hours {number}")
            await stack.slack.message(ALICE, OPS, f"<@U0DEBUG> nonsense{number}")
        await until(lambda: len(_asked(front)) >= 10)
        await asyncio.sleep(0.5)

    assert sorted(_asked(front)) == sorted(
        [f"--hours {n}" for n in range(1, 6)] + [f"nonsense{n}" for n in range(1, 6)]
    )


def _asked(front: SlackFront) -> list[str]:
    """Return what the first message of each answer is about."""
    found = re.compile(r"nonsense\d|--hours \d")
    said = (str(it["payload"].get("text")) for it in _answers(front))
    return [match[0] for match in map(found.search, said) if match]


async def _until_answered(front: SlackFront, number: int) -> None:
    await until(lambda: len(_answers(front)) >= number)


def _answers(front: SlackFront) -> list[dict[str, Any]]:
    return [
        it
        for it in front.sent()
        if "text" in it["payload"]
        and not it["payload"]["text"].startswith("alert")
        and "messages behind" not in it["payload"]["text"]
    ]
