"""One form of a message always arrives, or we know that none did."""

import asyncio
import contextlib

import pytest
from aiohttp import web

from bot.domain.offers import Where
from bot.slack.metrics import Metrics
from bot.slack.sending.files import File
from bot.slack.sending.outbox import Urgency
from bot.slack.sending.pace import Manners, Pace
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import RESPONSE_URL_USES, Sender
from formatters.bare import UNPRESSABLE
from formatters.packing import Message
from tests.slack.little_slack import LittleSlack, a_sender

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


@pytest.mark.parametrize("refusals", [1, 2])
async def test_a_plan_that_lost_its_buttons_says_so(
    little: LittleSlack, sender: Sender, unpressable: list[str], refusals: int
) -> None:
    """In every form, and whoever keeps the offer hears of it."""
    button = {"type": "button", "action_id": "gate:confirm", "value": "x1"}
    plan = Message(blocks=({"type": "actions", "elements": [button]},), text="a plan")
    await sender.post("C1", plan, LAST)
    assert unpressable == []

    little.refuse("chat.postMessage", *["invalid_blocks"] * refusals)
    await sender.post("C1", plan, LAST)

    assert little.payloads[-1]["text"].splitlines()[1] == UNPRESSABLE
    assert unpressable == ["x1"]


async def test_it_is_told_where_a_plan_stands(little: LittleSlack) -> None:
    """For a person in the channel that we share; what is no plan is not told."""
    told: list[object] = []
    button = {"type": "button", "action_id": "gate:confirm", "value": "x1"}
    plan = Message(blocks=({"type": "actions", "elements": [button]},), text="a plan")
    direct = web.json_response({"ok": True, "ts": "2.0", "channel": "D7"})
    async with a_sender(little, shown=lambda *it: told.append(it)) as sender:
        await sender.post("C1", MESSAGE, LAST)
        await sender.post("C1", plan, LAST, thread_ts="1.5")
        little.answer("chat.postMessage", direct)
        await sender.post("U1", plan, LAST)

    assert told == [
        ("x1", Where(channel="C1", message_ts="2.0", thread_ts="1.5")),
        ("x1", Where(channel="D7", message_ts="2.0")),
    ]


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


async def test_an_answer_that_is_no_json_twice_is_unsent(
    little: LittleSlack, sender: Sender
) -> None:
    """Such as a proxy's page."""
    for _ in range(2):
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
    for _ in range(2):
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


def too_fast(seconds: str = "0") -> web.Response:
    """Return what Slack says to those who hurry."""
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": seconds})


async def test_a_response_that_is_put_off_uses_nothing_up(
    little: LittleSlack, sender: Sender
) -> None:
    """Slack did not take it."""
    hook = little.hook
    little.answer("hook", too_fast(), too_fast())
    await sender.respond(hook, MESSAGE, LAST)

    assert len(little.sent) == 3
    assert hook.left == RESPONSE_URL_USES - 1


async def test_a_whisper_is_sent_again_when_slack_takes_it(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """And that it was put off is counted."""
    little.answer("chat.postEphemeral", too_fast())
    await sender.whisper("C1", "U1", MESSAGE, LAST)

    line = 'debug_bot_rate_limited_total{method="chat.postEphemeral"} 1'
    assert line in metrics.text()


async def test_an_answer_that_was_lost_is_looked_for(
    little: LittleSlack, sender: Sender
) -> None:
    """It stands there, so it is not sent again."""
    little.readable = little.late = True
    little.answer("chat.postMessage", web.Response(status=504, text="late"))

    assert await sender.post("C1", MESSAGE, LAST) == "1.0"
    assert little.methods == ["chat.postMessage", "conversations.history"]


async def test_a_message_that_does_not_stand_there_is_sent_again(
    little: LittleSlack, sender: Sender
) -> None:
    """As it was: it stands there once."""
    little.readable = True
    little.answer("chat.postMessage", web.Response(status=504, text="late"))
    await sender.post("C1", MESSAGE, LAST, thread_ts="1.1")

    first, _, second = little.payloads
    assert little.methods[1] == "conversations.replies"
    assert first == second


async def test_where_we_may_not_look_it_says_that_it_may_stand_there_twice(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Rather twice than never."""
    little.answer("chat.postMessage", web.Response(status=504, text="late"))
    await sender.post("C1", MESSAGE, LAST)

    assert "it may stand here twice" in little.payloads[2]["text"]
    assert "it may stand here twice" in str(little.payloads[2]["blocks"][-1])
    assert "debug_bot_unknown_total" in metrics.text()


async def test_an_update_whose_answer_was_lost_is_sent_again(
    little: LittleSlack, sender: Sender
) -> None:
    """Twice the same is the same."""
    little.answer("chat.update", web.Response(status=504, text="late"))

    assert await sender.update("C1", "1.5", MESSAGE, LAST)
    assert little.methods == ["chat.update"] * 2


async def test_an_update_that_a_later_one_replaced_is_no_error(
    little: LittleSlack, metrics: Metrics
) -> None:
    """Its caller is told by what comes back."""
    live = Manners(same_message=Pace(burst=1, seconds=0.05))
    async with a_sender(little, metrics, live) as sender:
        shown = await asyncio.gather(
            *(
                sender.update("C1", "1.5", a_note(text), LAST, urgency=Urgency.LIVE)
                for text in ("one", "two", "three")
            )
        )

    assert shown == [True, False, True]
    assert [each["text"] for each in little.payloads] == ["one", "three"]


def a_note(text: str) -> Message:
    """Return a message of one line."""
    return Message(blocks=(), text=text)


async def test_a_flooded_channel_is_told_once_and_what_was_left_out(
    little: LittleSlack, metrics: Metrics
) -> None:
    """And every caller knows what became of its message."""
    narrow = Manners(posts=Pace(burst=1, seconds=0.01), behind=3, most=5)
    async with a_sender(little, metrics, narrow) as sender:
        ends = await asyncio.gather(
            *(
                sender.post("C1", a_note(f"{number}"), LAST, urgency=Urgency.ALERT)
                for number in range(8)
            ),
            return_exceptions=True,
        )
        await sender.post("C1", a_note("after"), LAST)

    assert sum(isinstance(end, Unsent) for end in ends) == 2
    assert [each["text"].split(":")[0] for each in little.payloads] == [
        *("0", "5 messages behind", "1", "2", "3", "4"),
        *("2 messages were left out here", "5", "after"),
    ]


FILE = File(name="answer.txt", content=b"all of it", title="All", alt="the answer")


async def test_a_file_is_shown_in_a_thread(little: LittleSlack, sender: Sender) -> None:
    """With its words, which ping nobody, and what it shows for those who can't see."""
    await sender.upload("C1", FILE, thread_ts="1.1", comment="<!channel> all of it")

    address, content, shown = little.payloads
    assert (address["filename"], address["length"]) == ("answer.txt", "9")
    assert address["alt_txt"] == "the answer"
    assert content == {"content": b"all of it"}
    assert shown["channel_id"] == "C1"
    assert shown["thread_ts"] == "1.1"
    assert shown["initial_comment"] == "&lt;!channel&gt; all of it"
    assert shown["files"] == '[{"id": "F1", "title": "All"}]'


async def test_a_file_for_a_person_goes_where_its_words_went(
    little: LittleSlack, sender: Sender
) -> None:
    """Files know no person, only the channel that we share."""
    told = web.json_response({"ok": True, "ts": "1.0", "channel": "D7"})
    little.answer("chat.postMessage", told)
    went_to = await sender.upload("U1", FILE, comment="only you see it")

    words, shown = little.payloads[2:]
    assert went_to == "D7"
    assert (words["channel"], words["text"]) == ("U1", "only you see it")
    assert shown["channel_id"] == "D7"
    assert "initial_comment" not in shown


@pytest.mark.parametrize(
    "method", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"]
)
async def test_each_step_of_a_file_is_repeated_when_slack_takes_it(
    little: LittleSlack, sender: Sender, metrics: Metrics, method: str
) -> None:
    """And no other one."""
    little.answer(method, too_fast())
    await sender.upload("C1", FILE)

    assert len(little.sent) == 4
    assert "rate_limited_total" in metrics.text()


@pytest.mark.parametrize("error", ["not_in_channel", "invalid_arguments"])
async def test_a_file_that_slack_does_not_take_is_unsent(
    little: LittleSlack, sender: Sender, error: str
) -> None:
    """Such as in a channel that we aren't in; a file has no other form to try."""
    little.refuse("files.completeUploadExternal", error)

    with pytest.raises(Unsent, match=error):
        await sender.upload("C1", FILE)


@pytest.mark.parametrize("way", ["post", "update"])
async def test_what_must_not_be_sent_any_more_is_left(
    little: LittleSlack, sender: Sender, way: str
) -> None:
    """Asked when it is its turn; the way is free for the next one."""

    async def stop() -> None:
        raise ZeroDivisionError

    async def go() -> None:
        asked.append(len(little.sent))

    asked: list[int] = []
    message = Message(blocks=(), text="hello")
    for first in (stop, go):
        with contextlib.suppress(ZeroDivisionError):
            if way == "post":
                await sender.post("C1", message, "last", first=first)
            else:
                await sender.update("C1", "1.0", message, "last", first=first)

    assert asked == [0]
    assert little.methods == [
        {"post": "chat.postMessage", "update": "chat.update"}[way]
    ]
