"""Everything is acknowledged; what is new and ours is handed on."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.domain.access import Door
from bot.slack.callers import Question
from bot.slack.client import hush, quiet, slack_client
from bot.slack.deliveries import Deliveries
from bot.slack.listeners import listen
from bot.slack.metrics import Metrics
from tests.demo.socket_bot import until
from tests.slack.test_callers import (
    BOT,
    a_command,
    a_direct_message,
    a_mention,
    a_press,
)


class Ear:
    """An app with our listeners, and what they heard."""

    def __init__(self) -> None:
        hush()

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None, team_id="T1", bot_user_id=BOT, bot_token="xoxb-1"
            )

        self.heard: list[Question] = []
        self.metrics = Metrics()
        self._app = AsyncApp(
            name="ear",
            logger=quiet,
            client=slack_client(None, None),
            authorize=authorize,
            signing_secret="unused",
        )
        listen(self._app, Deliveries(), self.metrics, self._take)

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
