"""Slack's manners about views: hashes, and what somebody closed."""

from typing import Any

import pytest
from anyio import to_thread

from bot.demo.local_slack import LocalSlack, find_action
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import ALICE, BOB, OPS
from tests.demo.socket_bot import SocketBot, until

pytestmark = pytest.mark.slack

TEXT = {"type": "section", "text": {"type": "plain_text", "text": "hello"}}
TITLE = {"type": "plain_text", "text": "t"}
MODAL: dict[str, Any] = {"type": "modal", "title": TITLE, "blocks": [TEXT]}
BUTTON = {"type": "button", "action_id": "go", "text": TITLE, "value": "v"}
HOME = {"type": "home", "blocks": [{"type": "actions", "elements": [BUTTON]}]}


async def opened(slack: LocalSlack, bot: SocketBot, **view: Any) -> dict[str, Any]:
    """Have Alice type a command and the bot open a modal; return it."""
    await slack.command(ALICE, OPS, "x")
    await until(lambda: bool(bot.events))
    trigger = bot.events[-1]["payload"]["trigger_id"]
    answer = await bot.call("views.open", trigger_id=trigger, view={**MODAL, **view})
    found: dict[str, Any] = answer["view"]
    return found


async def test_a_view_is_changed_by_whoever_knows_its_hash(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """Each change has another; without one anything goes."""
    view = await opened(slack, bot)
    first = await bot.call(
        "views.update", view_id=view["id"], hash=view["hash"], view=MODAL
    )
    stale = await bot.call(
        "views.update", view_id=view["id"], hash=view["hash"], view=MODAL
    )
    blind = await bot.call("views.update", view_id=view["id"], view=MODAL)

    assert first["view"]["id"] == view["id"]
    assert stale["error"] == "hash_conflict"
    assert blind["ok"]


async def test_a_closed_view_is_not_found(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """Nobody told the bot; an unknown one isn't either."""
    view = await opened(slack, bot)
    await slack.close_modal(ALICE)
    closed = await bot.call("views.update", view_id=view["id"], view=MODAL)
    unknown = await bot.call("views.update", view_id="V9", view=MODAL)

    assert closed["error"] == unknown["error"] == "not_found"
    assert front.notes()[-1]["error"] == "not_found"


async def test_a_home_tab_is_published_over_the_one_that_is_meant(
    bot: SocketBot,
) -> None:
    """Or over any."""
    first = await bot.call("views.publish", user_id=ALICE, view=HOME)
    hash = first["view"]["hash"]
    second = await bot.call("views.publish", user_id=ALICE, view=HOME, hash=hash)
    stale = await bot.call("views.publish", user_id=ALICE, view=HOME, hash=hash)
    none = await bot.call("views.publish", user_id=BOB, view=HOME, hash=hash)

    assert second["ok"]
    assert stale["error"] == none["error"] == "hash_conflict"


async def test_a_press_in_a_home_tab_names_the_view_and_no_channel(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """There is no response_url either."""
    published = await bot.call("views.publish", user_id=ALICE, view=HOME)
    await slack.press_home(ALICE, find_action(published["view"], "go"))
    await until(lambda: bool(bot.events))
    payload = bot.events[-1]["payload"]

    assert payload["container"] == {"type": "view", "view_id": published["view"]["id"]}
    assert payload["view"]["blocks"] == published["view"]["blocks"]
    assert not {"channel", "message", "response_url"} & set(payload)


async def test_who_opens_their_tab_again_is_known_to_have_one(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """The event has it."""
    published = await bot.call("views.publish", user_id=ALICE, view=HOME)
    await slack.open_home(ALICE)
    await until(lambda: bool(bot.events))

    assert bot.events[-1]["payload"]["event"]["view"]["id"] == published["view"]["id"]


async def test_a_select_is_drawn_with_what_the_bot_offers(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """The page can't ask; what is sent off is what was meant."""
    option = {"text": TITLE, "value": "1"}
    select = {"type": "external_select", "action_id": "pick", "min_query_length": 0}
    field = {"type": "input", "block_id": "b", "label": TITLE, "element": select}
    bot.acknowledge = saying_options(option)
    view = await opened(slack, bot, blocks=[field], submit=TITLE)
    await until(
        lambda: any(
            it["payload"].get("type") == "block_suggestion" for it in bot.events
        )
    )
    await slack.submit(ALICE, {"b": {"pick": {"selected_option": option}}})
    await until(
        lambda: any(it["payload"].get("type") == "view_submission" for it in bot.events)
    )
    sent = bot.events[-1]["payload"]["view"]

    assert sent["id"] == view["id"]
    assert sent["blocks"][0]["element"] == select
    assert sent["state"]["values"]["b"]["pick"]["selected_option"] == option
    assert await to_thread.run_sync(front.views) == []


def saying_options(option: dict[str, Any]) -> Any:
    """Return what answers a suggestion with one option, and all else with nothing."""

    def acknowledge(envelope: dict[str, Any]) -> dict[str, Any]:
        suggests = envelope["payload"].get("type") == "block_suggestion"
        return {"payload": {"options": [option]}} if suggests else {}

    return acknowledge
