"""Everything is acknowledged; what is new and ours is handed on."""

import json
from typing import Any

import pytest
from slack_bolt import BoltResponse
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.domain.access import Door
from bot.slack.client import hush
from bot.slack.doors.callers import Pressed, Question, of_press
from bot.slack.doors.deliveries import Deliveries
from bot.slack.doors.listeners import listen
from bot.slack.metrics import Metrics
from bot.slack.telling.cares import Care, Wish
from tests.demo.socket_bot import until
from tests.slack.doors.test_callers import (
    BOT,
    a_command,
    a_direct_message,
    a_gate_press,
    a_mention,
    a_press,
    an_option,
)
from tests.slack.little_slack import an_app
from tests.slack.telling.test_cares import a_care


class FakeSurfaces:
    """Remembers what it is given."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []

    def shortcut(self, body: dict[str, Any], bot_user_id: str | None) -> None:
        """Remember it."""
        self.taken.append(("shortcut", bot_user_id))

    def home(self, body: dict[str, Any]) -> None:
        """Remember it."""
        self.taken.append(("home", body))

    def asked_at_home(self, question: Question) -> None:
        """Remember it."""
        self.taken.append(("asked at home", question))

    def form(self, body: dict[str, Any]) -> None:
        """Remember it."""
        self.taken.append(("form", body))

    def submitted(self, body: dict[str, Any]) -> Question | None:
        """Return a question."""
        return of_press(a_press())

    def options(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Return an option."""
        return [an_option("a-task")]

    def share(self, body: dict[str, Any]) -> None:
        """Remember it."""
        self.taken.append(("share", body))

    def stray(self, body: dict[str, Any]) -> None:
        """Remember it."""
        self.taken.append(("stray", body))


class Ear:
    """An app with our listeners, and what they heard."""

    def __init__(self) -> None:
        hush()
        self.heard: list[Question] = []
        self.redeemed: list[tuple[Pressed, bool]] = []
        self.metrics = Metrics()
        self._app = an_app(bot_user_id=BOT)
        self.cared: list[Care] = []
        self.surfaces = FakeSurfaces()
        listen(
            self._app,
            Deliveries(),
            self.metrics,
            self._take,
            self._redeem,
            surfaces=self.surfaces,
            care=self.cared.append,
        )

    def _redeem(self, pressed: Pressed, first: bool) -> None:
        self.redeemed.append((pressed, first))

    def _take(self, question: Question, came: float) -> None:
        self.heard.append(question)

    async def say(self, body: dict[str, Any]) -> int:
        """Deliver the payload; return the status of its acknowledgement."""
        return (await self.hear(body)).status

    async def hear(self, body: dict[str, Any]) -> BoltResponse:
        """Deliver the payload; return its acknowledgement."""
        request = AsyncBoltRequest(mode="socket_mode", body=body)
        return await self._app.async_dispatch(request)


@pytest.fixture
def ear() -> Ear:
    """Return an ear that heard nothing."""
    return Ear()


def an_action(action_id: str, **given: Any) -> dict[str, Any]:
    """Return a press of a button of that name."""
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": "v"}
    return a_press(actions=[{**action, **given}])


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
        an_event(a_mention(type="message", channel_type="channel")),
        an_event(a_direct_message(subtype="message_changed")),
        an_event(a_mention(user=BOT)),
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


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (an_event({"event": {"type": "app_home_opened", "user": "U1"}}), "home"),
        ({"type": "message_action", "callback_id": "debug_this"}, "shortcut"),
        (an_action("home:refresh"), "home"),
        (an_action("form:open:1"), "form"),
        (an_action("share:answer"), "share"),
        (an_action("old"), "stray"),
        (an_action("ask:1", value=None), "stray"),
    ],
)
async def test_what_people_do_besides_is_acknowledged_and_handed_on(
    ear: Ear, body: dict[str, Any], taken: str
) -> None:
    """It is no question."""
    status = await ear.say(body)
    await until(lambda: len(ear.surfaces.taken) == 1)

    assert status == 200
    assert [what for what, _ in ear.surfaces.taken] == [taken]
    assert ear.heard == []


async def test_what_a_form_lists_is_in_the_acknowledgement(ear: Ear) -> None:
    """There is no other way to bring it."""
    said = await ear.hear({"type": "block_suggestion", "action_id": "form:choice"})

    assert said.status == 200
    assert json.loads(said.body)["options"] == [an_option("a-task")]


async def test_a_form_that_is_sent_off_is_a_question(ear: Ear) -> None:
    """And closes: nothing is said to keep it open."""
    view = {"type": "modal", "callback_id": "form:ask"}
    said = await ear.hear({"type": "view_submission", "view": view})
    await until(lambda: len(ear.heard) == 1)

    assert (said.status, said.body) == (200, "")


async def test_a_double_click_is_one_question(ear: Ear) -> None:
    """Each click has a trigger of its own; another button is another question."""
    await ear.say(a_press(trigger_id="1"))
    await ear.say(a_press(trigger_id="2"))
    await ear.say(a_press("queue", trigger_id="3"))
    await until(lambda: len(ear.heard) == 2)

    assert [each.words for each in ear.heard] == [("health",), ("queue",)]


async def test_a_question_from_the_home_tab_is_told_there(ear: Ear) -> None:
    """Its answer comes elsewhere."""
    container = {"type": "view", "view_id": "V1"}
    await ear.say(a_press(container=container, channel=None, message=None))
    await until(lambda: len(ear.surfaces.taken) == 1)

    [(what, question)] = ear.surfaces.taken
    assert what == "asked at home"
    assert question.place.direct


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
    app = an_app()
    listen(
        app,
        Deliveries(),
        Metrics(),
        lambda *_: None,
        lambda *_: None,
        surfaces=FakeSurfaces(),
    )
    request = AsyncBoltRequest(mode="socket_mode", body=a_care())
    with caplog.at_level("INFO", "bot.slack.doors.listeners"):
        assert (await app.async_dispatch(request)).status == 200

    assert "of which none are posted" in caplog.text
