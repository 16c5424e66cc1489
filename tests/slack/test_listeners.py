"""Everything is acknowledged; what is new and ours is handed on."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.domain.access import Door
from bot.slack.callers import Pressed, Question
from bot.slack.cares import Care, Wish
from bot.slack.client import hush, quiet, slack_client
from bot.slack.deliveries import Deliveries
from bot.slack.listeners import listen
from bot.slack.metrics import Metrics
from tests.demo.socket_bot import until
from tests.slack.test_callers import (
    BOT,
    a_command,
    a_direct_message,
    a_gate_press,
    a_mention,
    a_press,
)
from tests.slack.test_cares import a_care


class Ear:
    """An app with our listeners, and what they heard."""

    def __init__(self) -> None:
        hush()

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None, team_id="T1", bot_user_id=BOT, bot_token="xoxb-1"
            )

        self.heard: list[Question] = []
        self.redeemed: list[tuple[Pressed, bool]] = []
        self.metrics = Metrics()
        self._app = AsyncApp(
            name="ear",
            logger=quiet,
            client=slack_client(None, None),
            authorize=authorize,
            signing_secret="unused",
        )
        self.cared: list[Care] = []
        listen(
            self._app,
            Deliveries(),
            self.metrics,
            self._take,
            self._redeem,
            care=self.cared.append,
        )

    def _redeem(self, pressed: Pressed, first: bool) -> None:
        self.redeemed.append((pressed, first))

    def _take(self, question: Question, came: float) -> None:
        self.heard.append(question)

    async def say(self, body: dict[str, Any]) -> int:
        """Deliver the payload; return the status of its acknowledgement."""
        request = AsyncBoltRequest(mode="socket_mode", body=body)
        return (await self._app.async_dispatch(request)).status


@pytest.fixture
def ear() -> Ear:
    """Return an ear that heard nothing."""
    return Ear()


def an_event(body: dict[str, Any]) -> dict[str, Any]:
    """Return the event as Slack wraps it."""
    return {"type": "event_callback", **body}


@pytest.mark.parametrize(
    ("body", "door"),
    [
        (a_command(), Door.SLASH),
        (a_command(command="/dbg"), Door.SLASH),
        (an_event(a_mention()), Door.MENTION),
        (an_event(a_direct_message()), Door.DIRECT),
        (a_press(), Door.BUTTON),
    ],
)
async def test_a_question_is_acknowledged_and_handed_on(
    ear: Ear, body: dict[str, Any], door: Door
) -> None:
    """From every door."""
    status = await ear.say(body)
    await until(lambda: len(ear.heard) == 1)

    assert status == 200
    assert ear.heard[0].caller.door is door


@pytest.mark.parametrize(
    "body",
    [
        an_event({"event": {"type": "reaction_added", "user": "U1"}}),
        an_event({"event": {"type": "app_home_opened", "user": "U1", "tab": "home"}}),
        an_event(a_mention(type="message", channel_type="channel")),
        an_event(a_direct_message(subtype="message_changed")),
        an_event(a_mention(user=BOT)),
        a_press(actions=[{"type": "button", "action_id": "old", "block_id": "b"}]),
        a_gate_press("gate:tick:0", value=None),
        {"type": "shortcut", "callback_id": "x", "trigger_id": "1"},
        {"type": "message_action", "callback_id": "x", "trigger_id": "1"},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "x"}},
        {"type": "view_closed", "view": {"type": "modal", "callback_id": "x"}},
        {"type": "block_suggestion", "action_id": "x", "value": "y"},
    ],
)
async def test_anything_else_is_acknowledged_and_ignored(
    ear: Ear, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Silently."""
    status = await ear.say(body)
    await ear.say(a_command())
    await until(lambda: len(ear.heard) > 0)

    assert status == 200
    assert [each.caller.door for each in ear.heard] == [Door.SLASH]
    assert ear.redeemed == []
    assert not caplog.records


async def test_a_delivery_that_comes_again_is_acknowledged_and_ignored(
    ear: Ear,
) -> None:
    """And counted."""
    for _ in range(3):
        status = await ear.say(a_command())

        assert status == 200
    await until(lambda: "duplicates_total 2" in ear.metrics.text())

    assert len(ear.heard) == 1


@pytest.mark.parametrize(
    ("action_id", "cancels"), [("gate:confirm", False), ("gate:cancel", True)]
)
async def test_a_press_of_an_offer_is_acknowledged_and_redeemed(
    ear: Ear, action_id: str, cancels: bool
) -> None:
    """It is no question."""
    status = await ear.say(a_gate_press(action_id))
    await until(lambda: len(ear.redeemed) == 1)

    [(pressed, first)] = ear.redeemed
    assert status == 200
    assert pressed.press.offer_id == "an-offer"
    assert pressed.cancels is cancels
    assert first
    assert ear.heard == []


async def test_a_press_that_comes_again_is_redeemed_as_a_repetition(ear: Ear) -> None:
    """The gate alone decides that it changes nothing, and writes it down."""
    for _ in range(3):
        await ear.say(a_gate_press())
    await until(lambda: len(ear.redeemed) == 3)

    assert [first for _, first in ear.redeemed] == [True, False, False]


@pytest.mark.parametrize(
    "body",
    [
        a_gate_press("gate:confirm:extra"),
        a_gate_press("gate:"),
        a_gate_press("gate:confirm\n"),
        a_press(
            actions=[
                {"action_id": "ask:1", "value": "health"},
                {"action_id": "gate:confirm", "value": "an-offer"},
            ]
        ),
        a_gate_press(type="interactive_message", callback_id="gate:confirm"),
        a_gate_press(type="dialog_submission", callback_id="gate:confirm"),
    ],
)
async def test_what_only_looks_like_a_press_of_an_offer_is_one_of_no_offer(
    ear: Ear, body: dict[str, Any]
) -> None:
    """So that the gate writes it down, and nothing else is done."""
    status = await ear.say(body)
    await until(lambda: len(ear.redeemed) == 1)

    assert status == 200
    assert ear.redeemed[0][0].press.offer_id == ""
    assert ear.heard == []


async def test_a_press_on_an_alert_is_handed_on_once() -> None:
    """The same delivery again is none, and neither is what makes no sense."""
    ear = Ear()

    assert await ear.say(a_care()) == 200
    assert await ear.say(a_care()) == 200
    assert await ear.say(a_care("alert:burn")) == 200
    assert [each.wish for each in ear.cared] == [Wish.ACKNOWLEDGE]
    assert ear.heard == []


async def test_without_alerts_a_press_on_one_is_acknowledged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Somebody switched them off, and their messages still stand."""
    hush()

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")

    app = AsyncApp(
        name="ear",
        logger=quiet,
        client=slack_client(None, None),
        authorize=authorize,
        signing_secret="unused",
    )
    listen(app, Deliveries(), Metrics(), lambda *_: None, lambda *_: None)
    request = AsyncBoltRequest(mode="socket_mode", body=a_care())
    with caplog.at_level("INFO", "bot.slack.listeners"):
        assert (await app.async_dispatch(request)).status == 200

    assert "of which none are posted" in caplog.text
