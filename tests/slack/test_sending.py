"""One form of a message always arrives, or we know that none did."""

import pytest
from aiohttp import web

from bot.slack.metrics import Metrics
from bot.slack.refusals import Unsent
from bot.slack.sending import RESPONSE_URL_USES, Sender
from formatters.packing import Message
from tests.slack.little_slack import LittleSlack

BLOCK = {"type": "divider"}
MESSAGE = Message(blocks=(BLOCK,), text="all of it")
LAST = "in short"


async def test_a_message_is_posted_with_blocks_and_text(
    little: LittleSlack, sender: Sender
) -> None:
    """And its ts is known, for a thread."""
    ts = await sender.post("C1", MESSAGE, LAST)

    [payload] = little.payloads
    assert payload["blocks"] == [BLOCK]
    assert payload["text"] == "all of it"
    assert ts == "1.0"


async def test_refused_blocks_become_text(little: LittleSlack, sender: Sender) -> None:
    """Read as it is, without markup."""
    little.refuse("chat.postMessage", "invalid_blocks")
    await sender.post("C1", MESSAGE, LAST)

    _, payload = little.payloads
    assert "blocks" not in payload
    assert payload["text"] == "all of it"
    assert payload["mrkdwn"] in (False, "0", "False")


async def test_refused_text_becomes_the_last_resort(
    little: LittleSlack, sender: Sender
) -> None:
    """Which is short."""
    little.refuse("chat.postMessage", "msg_blocks_too_long", "msg_too_long")
    await sender.post("C1", MESSAGE, LAST)

    assert [payload["text"] for payload in little.payloads][2] == LAST


async def test_a_refused_last_resort_is_unsent(
    little: LittleSlack, sender: Sender
) -> None:
    """There is no fourth form."""
    little.refuse("chat.postMessage", *["invalid_blocks"] * 3)

    with pytest.raises(Unsent, match="invalid_blocks"):
        await sender.post("C1", MESSAGE, LAST)


async def test_a_refusal_is_logged_with_the_block_at_fault(
    little: LittleSlack, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    """And counted."""
    pointer = "must be less than 3001 characters [json-pointer:/blocks/0/text]"
    little.refuse("chat.postMessage", "invalid_blocks", errors=[pointer])
    await sender.post("C1", MESSAGE, LAST)

    [record] = [
        it for it in caplog.records if it.getMessage() == "Slack refused a message"
    ]
    assert vars(record)["block"] == '{"type": "divider"}'
    assert vars(record)["why"] == pointer


async def test_another_refusal_is_not_tried_in_other_forms(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """No form of a message gets us into a channel."""
    little.refuse("chat.postMessage", "not_in_channel")

    with pytest.raises(Unsent, match="not_in_channel"):
        await sender.post("C1", MESSAGE, LAST)
    assert len(little.sent) == 1
    assert 'refusals_total{error="not_in_channel"} 1' in metrics.text()


async def test_too_fast_is_waited_for(little: LittleSlack, sender: Sender) -> None:
    """As long as Slack says."""
    body = {"ok": False, "error": "ratelimited"}
    answer = web.json_response(body, status=429, headers={"Retry-After": "0"})
    little.answer("chat.postMessage", answer)
    ts = await sender.post("C1", MESSAGE, LAST)

    assert ts == "2.0"


async def test_an_answer_that_is_no_json_is_unsent(
    little: LittleSlack, sender: Sender
) -> None:
    """Such as a proxy's page."""
    little.answer("chat.postMessage", web.Response(status=502, text="Bad Gateway"))

    with pytest.raises(Unsent, match="status 502"):
        await sender.post("C1", MESSAGE, LAST)


async def test_an_unreachable_slack_is_unsent(sender: Sender) -> None:
    """Said with the error's name alone."""
    sender._client.base_url = "http://127.0.0.1:9/api/"

    with pytest.raises(Unsent, match="ClientConnectorError"):
        await sender.post("C1", MESSAGE, LAST)


async def test_a_whisper_has_only_what_its_method_knows(
    little: LittleSlack, sender: Sender
) -> None:
    """Nothing unfurls in it anyway."""
    await sender.whisper("C1", "U1", MESSAGE, LAST, thread_ts="1.1")

    [(method, payload)] = little.sent
    assert method == "chat.postEphemeral"
    assert set(payload) == {"channel", "user", "thread_ts", "text", "blocks"}


async def test_a_response_is_private_unless_told(
    little: LittleSlack, sender: Sender
) -> None:
    """And leaves the message alone that it came from."""
    await sender.respond(little.hook, MESSAGE, LAST)
    await sender.respond(little.hook, MESSAGE, LAST, public=True, thread_ts="1.1")

    private, public = little.payloads
    assert private["response_type"] == "ephemeral"
    assert private["replace_original"] is False
    assert "thread_ts" not in private
    assert public["response_type"] == "in_channel"
    assert public["thread_ts"] == "1.1"


@pytest.mark.parametrize("body", ["invalid_blocks", '{"error": "invalid_blocks"}'])
async def test_a_response_climbs_down_too(
    little: LittleSlack, sender: Sender, body: str
) -> None:
    """Its errors come as plain text or as JSON."""
    little.answer("hook", web.Response(status=400, text=body))
    await sender.respond(little.hook, MESSAGE, LAST)

    assert "blocks" not in little.payloads[1]


async def test_a_response_url_is_used_five_times(
    little: LittleSlack, sender: Sender
) -> None:
    """A sixth would be refused, so it isn't tried."""
    hook = little.hook
    for _ in range(RESPONSE_URL_USES):
        await sender.respond(hook, MESSAGE, LAST)

    with pytest.raises(Unsent, match="used_url"):
        await sender.respond(hook, MESSAGE, LAST)
    assert len(little.sent) == RESPONSE_URL_USES


async def test_an_expired_response_url_is_unsent(
    little: LittleSlack, sender: Sender
) -> None:
    """After half an hour."""
    little.answer("hook", web.Response(status=404, text="expired_url"))

    with pytest.raises(Unsent, match="expired_url"):
        await sender.respond(little.hook, MESSAGE, LAST)


async def test_a_message_without_blocks_is_text(
    little: LittleSlack, sender: Sender
) -> None:
    """Such as a one-line note."""
    await sender.post("C1", Message(blocks=(), text="a note"), LAST)

    assert "blocks" not in little.payloads[0]


@pytest.mark.parametrize("body", ['{"ok":tr', "[1]"])
async def test_an_answer_that_makes_no_sense_is_unsent(
    little: LittleSlack, sender: Sender, body: str
) -> None:
    """Another way may still reach the asker."""
    odd = web.Response(text=body, content_type="application/json")
    little.answer("chat.postMessage", odd)

    with pytest.raises(Unsent):
        await sender.post("C1", MESSAGE, LAST)


async def test_an_update_replaces_text_and_blocks(
    little: LittleSlack, sender: Sender
) -> None:
    """With no more than its method knows."""
    await sender.update("C1", "1.5", MESSAGE, LAST)

    [(method, payload)] = little.sent
    assert method == "chat.update"
    assert payload == {
        "channel": "C1",
        "ts": "1.5",
        "text": "all of it",
        "blocks": [BLOCK],
    }


async def test_an_update_without_blocks_takes_the_old_ones_away(
    little: LittleSlack, sender: Sender
) -> None:
    """Buttons that work no more, for one."""
    little.refuse("chat.update", "invalid_blocks", "msg_too_long")
    await sender.update("C1", "1.5", MESSAGE, LAST)

    _, text, last = little.payloads
    assert (text["text"], text["blocks"]) == ("all of it", [])
    assert (last["text"], last["blocks"]) == (LAST, [])


@pytest.mark.parametrize(
    "error", ["message_not_found", "cant_update_message", "edit_window_closed"]
)
async def test_a_message_that_cannot_be_changed_is_unsent(
    little: LittleSlack, sender: Sender, error: str
) -> None:
    """No other form would change that."""
    little.refuse("chat.update", error)

    with pytest.raises(Unsent, match=error):
        await sender.update("C1", "1.5", MESSAGE, LAST)
    assert len(little.sent) == 1


async def test_a_response_can_take_the_place_of_what_was_pressed(
    little: LittleSlack, sender: Sender
) -> None:
    """In every form of it, or the buttons would stay."""
    little.answer("hook", web.Response(status=400, text="invalid_blocks"))
    await sender.respond(little.hook, MESSAGE, LAST, replaces=True)

    assert [each["replace_original"] for each in little.payloads] == [True, True]
