"""The doors of the real bot, on a local Slack behind a strict front."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from bot.demo.faults import Fault
from bot.demo.gateway import Gateway
from bot.demo.local_slack import LocalSlack, find_action
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, BOB, HTTP_APP, OPS, RANDOM
from bot.slack.doors.answers import STILL_ASKING
from tests.counterparts import PATIENCE, patient, standing
from tests.demo.socket_bot import until
from tests.slack.bot_thread import BotThread, Sent, sent

pytestmark = [pytest.mark.slack, pytest.mark.postgrest]

ACK_SECONDS = 1.0  # a third of what Slack waits for


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Return a queue and a Slack; both are empty."""
    with standing(runpod=False) as stack:
        yield stack


@pytest.fixture
async def slack(stack: Stack) -> LocalSlack:
    """Return a Slack in which nobody said anything."""
    assert stack.slack is not None
    await stack.slack.reset()
    return stack.slack


@pytest.fixture
def gateway(stack: Stack) -> Iterator[Gateway]:
    """Return the queue's gateway, which is calm again afterwards."""
    assert stack.gateway is not None
    yield stack.gateway
    stack.gateway.calm()


@pytest.fixture
def front(stack: Stack, slack: LocalSlack) -> Iterator[SlackFront]:
    """Return a front without memories, which does not slow messages down."""
    assert stack.front is not None
    front = stack.front
    front.calm()
    front.forget()
    front.steer(rate=0, ack_seconds=3, public=False, request_url="", ratelimited={})
    yield front
    front.calm()


@pytest.fixture
def bot(socket_bot: BotThread, front: SlackFront) -> Iterator[BotThread]:
    """Return the bot in Socket Mode before a fresh front."""
    yield socket_bot
    socket_bot.rest()


@pytest.fixture
def called_bot(http_bot: BotThread, front: SlackFront) -> Iterator[BotThread]:
    """Return the bot that the front calls over HTTP."""
    front.steer(request_url=f"{http_bot.url}/slack/events", retry_seconds=[0, 0, 0])
    yield http_bot
    http_bot.rest()


def so_many(number: int) -> Callable[[Sent], bool]:
    """Return whether so many messages were sent."""
    return lambda found: len(found) >= number


# --- slash command ------------------------------------------------------------------


async def test_a_command_is_answered_in_the_channel_and_its_thread(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """The verdict stands in the channel, the investigation in the verdict's thread."""
    await slack.command(ALICE, OPS, "health")
    verdict, investigation = await sent(front, so_many(2))

    assert verdict["method"] == investigation["method"] == "chat.postMessage"
    assert "thread_ts" not in verdict["payload"]
    assert investigation["payload"]["thread_ts"] == verdict["ts"]


async def test_nothing_unfurls_and_nobody_is_pinged(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Whatever a log line holds."""
    await slack.command(ALICE, OPS, "health")
    [verdict, _] = await sent(front, so_many(2))

    payload = verdict["payload"]
    assert payload["unfurl_links"] is False
    assert payload["unfurl_media"] is False
    assert payload["link_names"] is False


async def test_a_command_of_another_name_is_answered(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """The manifest may call it otherwise."""
    await slack.command(ALICE, OPS, "queue", command="/dbg")

    assert (await sent(front, so_many(1)))[0]["method"] == "chat.postMessage"


async def test_a_mistyped_command_is_told_to_the_asker_alone(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """With the nearest right word."""
    await slack.command(ALICE, OPS, "helth")
    [answer] = await sent(front, so_many(1))

    assert answer["method"] == "response_url"
    assert answer["payload"]["response_type"] == "ephemeral"
    assert "health" in answer["payload"]["text"]


async def test_a_private_command_is_answered_to_the_asker_alone(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """In full, and nothing goes to the channel."""
    await slack.command(ALICE, OPS, "health --private")
    answers = await sent(front, so_many(1))

    kinds = {it["payload"].get("response_type") for it in answers}
    assert kinds == {"ephemeral"}


async def test_a_command_is_answered_where_the_bot_is_no_member(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Through the response_url, which reaches such channels, for all to see."""
    await slack.command(ALICE, RANDOM, "health")
    [answer] = await sent(front, so_many(1))

    assert answer["method"] == "response_url"
    assert answer["payload"]["response_type"] == "in_channel"


async def test_a_slow_source_delays_no_acknowledgement(
    slack: LocalSlack, front: SlackFront, bot: BotThread, gateway: Gateway
) -> None:
    """The asker hears meanwhile that we still ask, and then the answer."""
    gateway.faults(Fault(match="/rest/v1", delay=3.5, times=1000))
    began = time.monotonic()
    await slack.command(ALICE, OPS, "tasks")
    seconds = time.monotonic() - began
    [answer, *_] = await sent(front, so_many(1))
    [reminder, *_] = front.sent()

    assert seconds < ACK_SECONDS
    assert reminder["method"] == "response_url"
    assert reminder["payload"]["response_type"] == "ephemeral"
    assert reminder["payload"]["text"] == f"{STILL_ASKING} supabase for `tasks` …"
    assert answer["method"] == "chat.postMessage"


async def test_many_commands_at_once_are_all_acknowledged_and_answered(
    slack: LocalSlack, front: SlackFront, bot: BotThread, gateway: Gateway
) -> None:
    """Twenty people, a slow source, eight turns at a time."""
    gateway.faults(Fault(match="/rest/v1", delay=1.2, times=1000))
    waits: list[float] = []

    async def ask() -> None:
        began = time.monotonic()
        await slack.command(ALICE, OPS, "queue --private")
        waits.append(time.monotonic() - began)

    async with anyio.create_task_group() as people:
        for _ in range(20):
            people.start_soon(ask)
    answers = await sent(
        front, lambda it: sum("request" in each["payload"]["text"] for each in it) >= 20
    )

    assert max(waits) < ACK_SECONDS
    assert {it["payload"]["response_type"] for it in answers} == {"ephemeral"}


async def test_a_dead_source_is_named_in_the_answer(
    slack: LocalSlack, front: SlackFront, bot: BotThread, gateway: Gateway
) -> None:
    """An answer comes all the same."""
    gateway.faults(Fault(match="/rest/v1", status=503, body="{}", times=1000))
    await slack.command(ALICE, OPS, "tasks")
    [answer, *_] = await sent(front, so_many(1))

    assert "supabase" in answer["payload"]["text"]


# --- mention and direct message -----------------------------------------------------


async def test_a_mention_opens_a_thread(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """At the message that mentions us."""
    message = await slack.message(ALICE, OPS, "<@U0DEBUG> health")
    [answer, *_] = await sent(front, so_many(1))

    assert answer["payload"]["thread_ts"] == message["ts"]


async def test_a_mention_in_a_thread_is_answered_there(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Wherever the mention stands in the message."""
    head = await slack.message(BOB, OPS, "it hangs")
    await slack.message(ALICE, OPS, "well, <@U0DEBUG> queue", thread_ts=head["ts"])
    [answer] = await sent(front, so_many(1))

    assert answer["payload"]["thread_ts"] == head["ts"]
    assert "queue" in answer["payload"]["text"]


async def test_a_mention_is_read_as_a_phone_types_it(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Curly quotes and long dashes mean what was meant."""
    await slack.message(ALICE, OPS, "<@U0DEBUG> logs —search “out of memory”")
    [answer, *_] = await sent(front, so_many(1))

    assert "logs --search 'out of memory'" in answer["payload"]["text"]


async def test_a_mistyped_mention_is_answered_privately(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Outside the thread, which without replies shows nothing private."""
    await slack.message(ALICE, OPS, "<@U0DEBUG> helth")
    [answer] = await sent(front, so_many(1))

    assert answer["method"] == "chat.postEphemeral"
    assert answer["payload"]["user"] == ALICE
    assert "thread_ts" not in answer["payload"]


async def test_a_mistyped_mention_in_a_thread_is_answered_in_it(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """To the asker alone."""
    head = await slack.message(BOB, OPS, "it hangs")
    await slack.message(ALICE, OPS, "<@U0DEBUG> helth", thread_ts=head["ts"])
    [answer] = await sent(front, so_many(1))

    assert answer["method"] == "chat.postEphemeral"
    assert answer["payload"]["thread_ts"] == head["ts"]


async def test_a_direct_message_is_answered_in_place(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Help too: nobody else is there."""
    channel = await slack.direct(ALICE)
    await slack.message(ALICE, channel, "help")
    [answer, *_] = await sent(front, so_many(1))

    assert answer["method"] == "chat.postMessage"
    assert answer["payload"]["channel"] == channel
    assert "thread_ts" not in answer["payload"]


async def test_a_direct_message_in_a_thread_is_answered_there(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """A mention before the words changes nothing."""
    channel = await slack.direct(ALICE)
    head = await slack.message(ALICE, channel, "queue")
    await sent(front, so_many(1))
    await slack.message(ALICE, channel, "<@U0DEBUG> help", thread_ts=head["ts"])
    [_, answer, *_] = await sent(front, so_many(2))

    assert answer["payload"]["thread_ts"] == head["ts"]


async def test_chatter_in_a_channel_is_none_of_ours(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Only what mentions us; and never what we or other bots say."""
    await slack.message(ALICE, OPS, "health")
    async with patient(slack.url) as client:
        await client.post(
            "/api/chat.postMessage",
            json={"channel": OPS, "text": "<@U0DEBUG> health"},
            headers={"Authorization": f"Bearer {HTTP_APP.bot_token}"},
        )
    await slack.message(BOB, OPS, "<@U0DEBUG> tasks")
    await sent(front, lambda it: any("tasks" in x["payload"]["text"] for x in it))

    assert len(front.sent()) == 1


# --- buttons ------------------------------------------------------------------------


async def test_a_pressed_button_is_answered_in_the_thread_of_its_message(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Its value is read as words."""
    await slack.command(ALICE, OPS, "tasks")
    [verdict] = await sent(front, so_many(1))
    [message] = await slack.messages(OPS)
    await slack.press(BOB, OPS, verdict["ts"], find_action(message, "ask:1"))
    [_, answer, *_] = await sent(front, so_many(2))

    assert answer["payload"]["thread_ts"] == verdict["ts"]


async def test_a_button_of_a_private_answer_is_answered_privately(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """The message that holds it stays."""
    await slack.command(ALICE, OPS, "tasks --private")
    [private] = await sent(front, so_many(1))
    [message] = await slack.messages(OPS)
    await slack.press(ALICE, OPS, private["ts"], find_action(message, "ask:1"))
    [_, answer, *_] = await sent(front, so_many(2))

    assert answer["method"] == "response_url"
    assert answer["payload"]["response_type"] == "ephemeral"
    assert answer["payload"]["replace_original"] is False


async def test_a_button_in_a_direct_message_is_answered_in_place(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Without a thread."""
    channel = await slack.direct(ALICE)
    await slack.message(ALICE, channel, "tasks")
    [first] = await sent(front, so_many(1))
    message = (await slack.messages(channel))[-1]
    await slack.press(ALICE, channel, first["ts"], find_action(message, "ask:1"))
    [_, answer, *_] = await sent(front, so_many(2))

    assert answer["payload"]["channel"] == channel
    assert "thread_ts" not in answer["payload"]


# --- Slack misbehaves ---------------------------------------------------------------


async def test_an_event_delivered_again_is_answered_once(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """The front is in such haste that it sends every event four times."""
    front.steer(ack_seconds=0)
    await slack.message(ALICE, OPS, "<@U0DEBUG> queue")
    await sent(front, so_many(1))
    front.steer(ack_seconds=3)
    await slack.message(ALICE, OPS, "<@U0DEBUG> tasks")
    await sent(front, lambda it: it and "tasks" in it[-1]["payload"]["text"])

    again = [it for it in front.notes() if it["what"] == "not acknowledged"]
    assert again
    assert len(front.sent()) == 2


async def test_a_message_waits_when_slack_asks_for_it(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """After 429, as long as Retry-After says."""
    front.faults(
        Fault(
            match="chat.postMessage",
            status=429,
            body='{"ok": false, "error": "ratelimited"}',
            headers={"Retry-After": "1"},
        )
    )
    await slack.command(ALICE, OPS, "queue")
    answer, *_ = await sent(front, so_many(1))

    assert answer["payload"]["blocks"]


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
async def test_refused_blocks_are_sent_as_text(
    slack: LocalSlack, front: SlackFront, bot: BotThread, error: str
) -> None:
    """The same words, without buttons."""
    front.faults(Fault(match="chat.postMessage", status=200, body=_refusal(error)))
    await slack.command(ALICE, OPS, "queue")
    answer, *_ = await sent(front, so_many(1))

    assert "blocks" not in answer["payload"]
    assert "request" in answer["payload"]["text"]


async def test_a_refused_text_is_sent_as_the_last_resort(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """Short, and it says how to get the rest."""
    fault = Fault(
        match="chat.postMessage", status=200, body=_refusal("invalid_blocks"), times=2
    )
    front.faults(fault)
    await slack.command(ALICE, OPS, "queue")
    answer, *_ = await sent(front, so_many(1))

    assert "debug-bot queue" in answer["payload"]["text"]
    assert len(answer["payload"]["text"]) <= 900


async def test_a_broken_web_api_does_not_silence_a_command(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """The response_url is another way."""
    front.faults(Fault(match="chat.postMessage", status=500, body="oops", times=9))
    await slack.command(ALICE, OPS, "queue")
    answer, *_ = await sent(front, so_many(1))

    assert answer["method"] == "response_url"


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "drop"])
async def test_the_bot_answers_after_a_disconnect(
    slack: LocalSlack, front: SlackFront, bot: BotThread, reason: str
) -> None:
    """On the connection that it made instead."""
    before = len(_connections(front))
    front.disconnect(reason)
    await until(lambda: len(_connections(front)) > before)
    await slack.message(ALICE, OPS, "<@U0DEBUG> queue")
    answer, *_ = await sent(front, so_many(1))

    assert "queue" in answer["payload"]["text"]


# --- HTTP ---------------------------------------------------------------------------


async def test_slack_can_verify_the_request_url(
    front: SlackFront, called_bot: BotThread
) -> None:
    """The challenge comes back."""
    assert front.verify()


async def test_http_answers_commands_mentions_and_presses(
    slack: LocalSlack, front: SlackFront, called_bot: BotThread
) -> None:
    """As Socket Mode does."""
    await slack.command(ALICE, OPS, "tasks", app_id=HTTP_APP.app_id)
    [verdict] = await sent(front, so_many(1))
    [message] = await slack.messages(OPS)
    await slack.press(BOB, OPS, verdict["ts"], find_action(message, "ask:1"))
    [_, pressed, *_] = await sent(front, so_many(2))
    front.forget()
    await slack.message(ALICE, OPS, "<@U0HTTP> tasks")
    [mentioned] = await sent(front, so_many(1))

    assert "thread_ts" not in verdict["payload"]
    assert pressed["payload"]["thread_ts"] == verdict["ts"]
    assert mentioned["payload"]["thread_ts"]


async def test_one_message_under_two_event_ids_is_answered_once(
    slack: LocalSlack, front: SlackFront, called_bot: BotThread
) -> None:
    """Slack is known to do that, without the headers of a retry."""
    front.steer(request_url="")
    event = await _mention(slack)
    for id in ("Ev1", "Ev2", "Ev2"):
        await _post_signed(called_bot, _envelope(event, id))
    await _post_signed(
        called_bot, _envelope({**event, "ts": "9.9", "text": "<@U0HTTP> tasks"}, "Ev3")
    )
    await sent(front, lambda it: any("tasks" in x["payload"]["text"] for x in it))

    answers = [it for it in front.sent() if "tasks" not in it["payload"]["text"]]
    assert len(answers) == 1


async def test_a_retry_that_arrives_first_is_answered(
    slack: LocalSlack, front: SlackFront, called_bot: BotThread
) -> None:
    """What was sent before it got lost."""
    front.steer(request_url="")
    event = await _mention(slack)
    headers = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    await _post_signed(called_bot, _envelope(event, "Ev7"), **headers)

    assert await sent(front, so_many(1))


async def test_the_listener_tells_health_readiness_and_metrics(
    slack: LocalSlack, front: SlackFront, bot: BotThread
) -> None:
    """In Socket Mode too."""
    await slack.command(ALICE, OPS, "queue")
    await sent(front, so_many(1))
    async with patient(bot.url) as client:
        health = await client.get("/healthz")
        async with asyncio.timeout(PATIENCE):  # of two looks, should one have failed
            while (ready := await client.get("/readyz")).text != "ready\n":  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        page = await client.get("/metrics")
        events = await client.post("/slack/events", content=b"{}")

    assert (health.status_code, health.text) == (200, "ok\n")
    assert (ready.status_code, ready.text) == (200, "ready\n")
    assert 'questions_total{command="queue",door="slash command"' in page.text
    assert events.status_code == 404


def _refusal(error: str) -> str:
    pointer = "no more than 50 items allowed [json-pointer:/blocks/0]"
    return json.dumps({"ok": False, "error": error, "errors": [pointer]})


def _connections(front: SlackFront) -> Sent:
    return [it for it in front.requests() if it["path"].startswith("/socket/")]


async def _mention(slack: LocalSlack) -> dict[str, Any]:
    """Write a message that mentions the bot; return its event."""
    about = {"user": ALICE, "channel": OPS, "text": "<@U0HTTP> queue"}
    message = await slack.message(**about)
    return {"type": "app_mention", **about, "ts": message["ts"]}


def _envelope(event: dict[str, Any], id: str) -> dict[str, Any]:
    about = {"type": "event_callback", "team_id": "T0TESTBED", "event_id": id}
    return {**about, "api_app_id": "A0HTTP", "event": event}


async def _post_signed(bot: BotThread, body: dict[str, Any], **headers: str) -> None:
    text = json.dumps(body)
    at = str(int(time.time()))  # noqa: TID251  the bot compares it with the clock
    secret = HTTP_APP.signing_secret.encode()
    made = hmac.new(secret, f"v0:{at}:{text}".encode(), hashlib.sha256).hexdigest()
    signed = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={made}"}
    kind = {"Content-Type": "application/json"}
    async with patient(bot.url) as client:
        answer = await client.post(
            "/slack/events", content=text, headers={**kind, **signed, **headers}
        )
    assert answer.status_code == 200
