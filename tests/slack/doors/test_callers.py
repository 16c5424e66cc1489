"""Payloads as Slack sends them, and worse ones."""

from typing import Any

import pytest

from bot.domain.access import Door
from bot.domain.offers import Where
from bot.slack.doors.callers import (
    Pressed,
    Question,
    names_gate,
    of_command,
    of_event,
    of_gate,
    of_press,
)

BOT = "U0DEBUG"


def a_command(**given: Any) -> dict[str, Any]:
    """Return the body of a slash command."""
    body = {
        "command": "/debug",
        "text": "task 4134",
        "user_id": "U0ALICE",
        "team_id": "T1",
        "channel_id": "C0OPS",
        "trigger_id": "1.2.3",
        "response_url": "https://slack.test/hook",
    }
    return {**body, **given}


def a_mention(text: str = f"<@{BOT}> health", **given: Any) -> dict[str, Any]:
    """Return the body of a mention."""
    event = {"type": "app_mention", "user": "U0ALICE", "channel": "C0OPS", "ts": "1.5"}
    event |= {"text": text, **given}
    return {"team_id": "T1", "event_id": "Ev1", "event": event}


def a_direct_message(text: str = "health", **given: Any) -> dict[str, Any]:
    """Return the body of a direct message."""
    about = {"type": "message", "channel": "D0ALICE", "channel_type": "im"}
    return a_mention(text, **{**about, **given})


def a_press(value: str = "health", **given: Any) -> dict[str, Any]:
    """Return the body of a pressed button."""
    body = {
        "type": "block_actions",
        "user": {"id": "U0ALICE", "team_id": "T1"},
        "team": {"id": "T1"},
        "channel": {"id": "C0OPS"},
        "container": {"type": "message", "message_ts": "1.5", "channel_id": "C0OPS"},
        "message": {"ts": "1.5"},
        "trigger_id": "1.2.3",
        "response_url": "https://slack.test/hook",
        "actions": [{"type": "button", "action_id": "ask:1", "value": value}],
    }
    return {**body, **given}


def an_option(position: object) -> dict[str, Any]:
    """Return a box, by the value that it bears."""
    return {"text": {"type": "plain_text", "text": "a pod"}, "value": position}


def a_gate_press(
    action_id: str = "gate:confirm", value: Any = "an-offer", **given: Any
) -> dict[str, Any]:
    """Return the body of a pressed button of an offer with two boxes, both ticked."""
    boxes = {
        "type": "checkboxes",
        "action_id": "gate:tick:0",
        "options": [an_option("0"), an_option("1")],
    }
    blocks = [
        {"type": "actions", "block_id": "gate:items:0", "elements": [boxes]},
        {"type": "actions", "block_id": "gate", "elements": []},
    ]
    action = {"type": "button", "action_id": action_id, "value": value}
    body = {
        "message": {"ts": "1.5", "blocks": blocks},
        "state": some_ticked("0", "1"),
        "actions": [{**action, "block_id": "gate"}],
    }
    return a_press(**{**body, **given})


def some_ticked(*values: object) -> dict[str, Any]:
    """Return the state in which the boxes of these values are ticked."""
    held = {"type": "checkboxes", "selected_options": [an_option(it) for it in values]}
    return {"values": {"gate:items:0": {"gate:tick:0": held}}}


def pressed(body: dict[str, Any]) -> Pressed:
    """Return the press that there must be."""
    found = of_gate(body)
    assert found is not None
    return found


def asked(question: Question | None) -> Question:
    """Return the question that there must be."""
    assert question is not None
    return question


def test_a_command_says_who_asks_what_and_where() -> None:
    """Its trigger is the key by which it would come again."""
    question = asked(of_command(a_command()))

    assert question.words == ("task", "4134")
    assert question.caller.door is Door.SLASH
    assert question.caller.user_id == "U0ALICE"
    assert question.caller.team_id == "T1"
    assert question.caller.channel_id == "C0OPS"
    assert question.place.response_url == "https://slack.test/hook"
    assert question.keys == ("trigger:1.2.3",)


def test_a_command_without_words_is_a_question() -> None:
    """It gets help."""
    assert asked(of_command(a_command(text=""))).words == ()


@pytest.mark.parametrize("missing", ["user_id", "channel_id"])
def test_a_command_that_nobody_typed_is_none(missing: str) -> None:
    """Nothing could be answered."""
    assert of_command(a_command(**{missing: None})) is None


def test_a_mention_at_the_top_is_answered_in_its_own_thread() -> None:
    """Which has no replies yet, so nothing private goes there."""
    question = asked(of_event(a_mention(), bot_user_id=BOT))

    assert question.words == ("health",)
    assert question.caller.door is Door.MENTION
    assert question.place.thread_ts == "1.5"
    assert question.place.whisper_ts is None


def test_a_mention_in_a_thread_is_answered_there() -> None:
    """Private answers too: that thread has replies."""
    question = asked(of_event(a_mention(thread_ts="1.1"), bot_user_id=BOT))

    assert question.place.thread_ts == question.place.whisper_ts == "1.1"


@pytest.mark.parametrize(
    "text",
    [
        "<@U0DEBUG> worker gpu-1",
        "<@U0DEBUG|debug>: worker gpu-1",
        "hey <@U0DEBUG> worker gpu-1",
        "worker gpu-1 <@U0DEBUG>",
        "<@U0BOB> see <@U0DEBUG> `worker gpu-1`",
        "<@U0DEBUG>, worker gpu-1?",
        "<@U0DEBUG> — worker gpu-1!",
        "*<@U0DEBUG> worker gpu-1*",
        "worker gpu-1, <@U0DEBUG>?",
        "worker gpu-1 <@U0DEBUG>.",
        "<@U0DEBUG> /debug worker gpu-1",
    ],
)
def test_a_mention_may_stand_anywhere(text: str) -> None:
    """What follows it are the words; at the end, what stands before it."""
    question = asked(of_event(a_mention(text), bot_user_id=BOT))

    assert question.words == ("worker", "gpu-1")


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("&lt;b&gt;", "<b>"),
        ("done.", "done."),
        ("ok!", "ok!"),
        ('"out of memory".', "out of memory"),
        ("a;", "a;"),
    ],
)
def test_what_a_mention_searches_for_stays_as_it_was_typed(
    text: str, sought: str
) -> None:
    """Entities are undone before anything is taken for the end of a sentence."""
    body = a_mention(f"<@U0DEBUG> logs --search {text}")

    assert asked(of_event(body, bot_user_id=BOT)).words == ("logs", "--search", sought)


@pytest.mark.parametrize(
    "text", ["*task* 41345358", "task *41345358*", "task #41345358"]
)
def test_marks_of_style_are_no_part_of_the_words(text: str) -> None:
    """By whatever door they come."""
    bodies = (a_mention(f"<@U0DEBUG> {text}."), a_direct_message(text))
    found = [asked(of_event(body, bot_user_id=BOT)).words for body in bodies]
    found.append(asked(of_command(a_command(text=text))).words)

    assert found == [("task", "41345358")] * 3


@pytest.mark.parametrize("flag", ["--json", "—json"])
def test_a_flag_after_a_mention_is_no_punctuation(flag: str) -> None:
    """A dash belongs to it unless a space follows."""
    question = asked(of_event(a_mention(f"<@U0DEBUG> {flag} health"), bot_user_id=BOT))

    assert question.words == (flag, "health")


def test_before_we_know_who_we_are_any_mention_is_ours() -> None:
    """Slack sends us no others."""
    question = asked(of_event(a_mention(), bot_user_id=None))

    assert question.words == ("health",)


def test_a_message_comes_again_under_either_key() -> None:
    """By its event, or by where and when it was written."""
    question = asked(of_event(a_mention(), bot_user_id=BOT))

    assert question.keys == ("event:Ev1", "message:T1/C0OPS/1.5")


def test_a_stranger_in_a_shared_channel_keeps_the_own_team() -> None:
    """The policy has to know."""
    question = asked(of_event(a_mention(user_team="T9"), bot_user_id=BOT))

    assert question.caller.team_id == "T9"


def test_a_direct_message_is_answered_in_place() -> None:
    """Without a thread unless it stands in one."""
    question = asked(of_event(a_direct_message(), bot_user_id=BOT))

    assert question.caller.door is Door.DIRECT
    assert question.place.direct
    assert question.place.thread_ts is None


def test_a_direct_message_in_a_thread_is_answered_there() -> None:
    """As people expect."""
    body = a_direct_message(thread_ts="1.1")

    assert asked(of_event(body, bot_user_id=BOT)).place.thread_ts == "1.1"


def test_only_a_leading_mention_is_taken_off_a_direct_message() -> None:
    """Elsewhere it is part of what was said."""
    lead = of_event(a_direct_message("<@U0DEBUG> health"), bot_user_id=BOT)
    late = of_event(a_direct_message("logs <@U0DEBUG> x"), bot_user_id=BOT)

    assert asked(lead).words == ("health",)
    assert asked(late).words[0] == "logs"


@pytest.mark.parametrize(
    "given",
    [
        {"bot_id": "B1"},
        {"user": None},
        {"user": BOT},
        {"user": "USLACKBOT"},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
    ],
)
def test_what_no_person_says_is_no_question(given: dict[str, Any]) -> None:
    """Or bots would talk to each other without end."""
    assert of_event(a_mention(**given), bot_user_id=BOT) is None
    assert of_event(a_direct_message(**given), bot_user_id=BOT) is None


def test_a_message_with_a_file_is_a_question() -> None:
    """People attach screenshots."""
    body = a_direct_message(subtype="file_share")

    assert of_event(body, bot_user_id=BOT) is not None


def test_a_channel_message_without_a_mention_is_none_of_ours() -> None:
    """The mention has an event of its own."""
    body = a_mention(type="message", channel_type="channel")

    assert of_event(body, bot_user_id=BOT) is None


def test_a_press_asks_what_its_button_holds() -> None:
    """In the thread of the message that holds it."""
    question = asked(of_press(a_press("logs --search 'a b'")))

    assert question.words == ("logs", "--search", "a b")
    assert question.caller.door is Door.BUTTON
    assert question.place.thread_ts == "1.5"
    assert question.place.whisper_ts is None
    assert not question.place.ephemeral


def test_a_value_keeps_what_slack_would_have_made_of_typed_words() -> None:
    """It was never typed: backticks, entities and curly quotes stay."""
    question = asked(of_press(a_press("logs --search '`&lt;“x”'")))

    assert question.words[-1] == "`&lt;“x”"


def test_a_value_with_an_open_quote_is_read_all_the_same() -> None:
    """As plain words."""
    assert asked(of_press(a_press("logs --search it's"))).words[-1] == "it's"


def test_a_press_in_a_thread_stays_in_it() -> None:
    """It has replies, so private answers show there."""
    question = asked(of_press(a_press(message={"ts": "1.5", "thread_ts": "1.1"})))

    assert question.place.thread_ts == question.place.whisper_ts == "1.1"


def test_a_press_on_a_private_message_stays_private() -> None:
    """Slack does not send that message back."""
    container = {"channel_id": "C0OPS", "message_ts": "1.5", "is_ephemeral": True}
    body = a_press(message=None, container=container)

    assert asked(of_press(body)).place.ephemeral


def test_a_press_in_a_direct_message_is_answered_in_place() -> None:
    """Without a thread."""
    question = asked(of_press(a_press(channel={"id": "D0ALICE"})))

    assert question.place.direct
    assert question.place.thread_ts is None


@pytest.mark.parametrize(
    "given",
    [
        {"actions": []},
        {"actions": "ask:1"},
        {"actions": [None]},
        {"actions": [{"action_id": "ask:1"}]},
        {"actions": [{"action_id": "ask:1", "value": 7}]},
        {"actions": [{"action_id": "go", "value": "health"}]},
        {"user": None},
        {"channel": None, "container": None},
    ],
)
def test_what_is_no_press_of_ours_is_no_question(given: dict[str, Any]) -> None:
    """Whatever its form."""
    assert of_press(a_press(**given)) is None


@pytest.mark.parametrize("body", [{}, {"event": []}, {"event": {"type": []}}])
def test_an_event_of_an_odd_form_is_no_question(body: dict[str, Any]) -> None:
    """Nothing is raised."""
    assert of_event(body, bot_user_id=BOT) is None


# --- buttons of offers --------------------------------------------------------------


def test_a_gate_press_says_who_presses_which_offer_and_where() -> None:
    """The message is known, for what is said of it later."""
    found = pressed(a_gate_press())

    assert found.press.offer_id == "an-offer"
    assert found.press.caller.door is Door.BUTTON
    assert found.press.caller.user_id == "U0ALICE"
    assert found.press.caller.team_id == "T1"
    assert found.press.caller.channel_id == "C0OPS"
    assert found.press.where == Where(channel="C0OPS", message_ts="1.5")
    assert found.press.ticked == frozenset({0, 1})
    assert not found.cancels
    assert found.keys == ("trigger:1.2.3",)


def test_a_gate_press_in_a_thread_knows_the_thread() -> None:
    """What cannot be shown in the message goes there."""
    message = {"ts": "1.5", "thread_ts": "1.1"}

    assert pressed(a_gate_press(message=message)).press.where == Where(
        channel="C0OPS", message_ts="1.5", thread_ts="1.1"
    )


def test_cancel_is_told_from_confirm() -> None:
    """By its action_id alone."""
    assert pressed(a_gate_press("gate:cancel")).cancels


def test_what_was_unticked_is_not_ticked() -> None:
    """Slack tells what is chosen now, in all boxes of the message."""
    body = a_gate_press(state=some_ticked("1"))
    body["state"]["values"]["gate:items:10"] = {
        "gate:tick:10": {"selected_options": [an_option("12")]}
    }

    assert pressed(body).press.ticked == frozenset({1, 12})


def test_an_offer_without_boxes_is_pressed_as_a_whole() -> None:
    """As when a second person confirms what the first one left ticked."""
    message = {"ts": "1.5", "blocks": [{"type": "actions", "block_id": "gate"}, None]}

    told = a_gate_press(message=message, state={"values": {}})
    untold = a_gate_press(message=message, state=None)

    assert pressed(told).press.ticked is None
    assert pressed(untold).press.ticked is None


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        "state",
        {},
        {"values": []},
        {"values": {}},
        {"values": {"gate:items:0": []}},
        {"values": {"gate:items:0": {"gate:tick:0": 7}}},
        {"values": {"gate:items:0": {"gate:tick:0": {"selected_options": None}}}},
        {"values": {"gate:items:0": {"gate:tick:0": {"selected_options": {"0": 1}}}}},
        {"values": {"gate:items:0": {"gate:tick:0": {"selected_options": ["0"]}}}},
        some_ticked(),
        some_ticked(0),
        some_ticked("-1"),
        some_ticked("1.0"),
        some_ticked("0 or 1"),
        some_ticked("\N{ARABIC-INDIC DIGIT ONE}"),
        some_ticked("0\n"),
        some_ticked("1" * 9),
    ],
)
def test_where_no_box_is_surely_ticked_none_is(state: Any) -> None:
    """Nothing is done because nobody said that it should not be."""
    assert pressed(a_gate_press(state=state)).press.ticked == frozenset()


def test_a_private_offer_without_any_state_has_nothing_ticked() -> None:
    """Its message is not sent along, so nobody can tell whether it has boxes."""
    container = {"channel_id": "C0OPS", "message_ts": "1.5", "is_ephemeral": True}
    body = a_gate_press(message=None, container=container, state=None)

    assert pressed(body).press.ticked == frozenset()


def test_a_private_offer_has_no_message_that_others_could_find() -> None:
    """It is replaced through the response_url; later nothing is said of it."""
    container = {"channel_id": "C0OPS", "message_ts": "1.5", "is_ephemeral": True}
    found = pressed(a_gate_press(message=None, container=container))

    assert found.place.ephemeral
    assert found.press.offer_id == "an-offer"
    assert found.press.where is None


def test_a_ticked_box_is_no_press() -> None:
    """It counts when a button is pressed."""
    assert of_gate(a_gate_press("gate:tick:10", value=None)) is None


ODD = [
    {"actions": None},
    {"actions": []},
    {"actions": "gate:confirm"},
    {"actions": [None]},
    {"actions": [["gate:confirm"]]},
    {"actions": [{"action_id": "gate:confirm", "value": it} for it in ("one", "two")]},
    {"actions": [{"action_id": it, "value": "x"} for it in ("gate:tick:0", "gate:x")]},
    {"actions": [{"action_id": "gate:confirm:extra", "value": "an-offer"}]},
    {"actions": [{"action_id": "gate:confirm\n", "value": "an-offer"}]},
    {"actions": [{"action_id": "Gate:confirm", "value": "an-offer"}]},
    {"actions": [{"action_id": "gate:tick:x", "value": "an-offer"}]},
    {"actions": [{"action_id": 7, "value": "an-offer"}]},
    {"actions": [{"action_id": "gate:confirm"}]},
    {"actions": [{"action_id": "gate:confirm", "value": ["an-offer"]}]},
    {"actions": [{"action_id": "gate:confirm", "value": {"id": "an-offer"}}]},
    {"type": "interactive_message"},
    {"type": None},
    {"user": None},
    {"user": "U0ALICE"},
    {"user": {"id": 7}},
    {"channel": None, "container": None},
    {"channel": ["C0OPS"], "container": "C0OPS"},
    {"message": None},
    {"message": ["1.5"]},
    {"container": {"channel_id": "C0OTHER"}},
]


@pytest.mark.parametrize("given", ODD)
def test_a_press_of_an_odd_form_is_of_no_offer(given: dict[str, Any]) -> None:
    """It is a press all the same: the gate refuses it, and writes that down."""
    assert pressed(a_gate_press(**given)).press.offer_id == ""


def test_an_id_is_a_text_that_a_database_can_hold() -> None:
    """JSON may hold half a sign, or a NUL, which end many a query."""
    found = pressed(a_gate_press(value="a\ud800\0b")).press.offer_id

    assert found == "a?\ufffdb"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (a_gate_press(), True),
        (a_gate_press("gate:tick:0"), True),
        (a_gate_press("gate:confirm:extra"), True),
        (a_press(callback_id="gate:confirm"), True),
        (a_press(actions=[{"action_id": "ask:1"}, {"action_id": "gate:cancel"}]), True),
        (a_press(), False),
        (a_press("gate:confirm"), False),
        (a_press(actions="gate:confirm"), False),
        (a_press(actions=[None, {"action_id": 7}]), False),
        ({}, False),
    ],
)
def test_what_is_about_an_offer_is_known_by_its_names(
    body: dict[str, Any], named: bool
) -> None:
    """Wherever in the payload the name stands that makes it a press."""
    assert names_gate(body) is named


def test_a_press_in_the_home_tab_is_answered_in_the_direct_message() -> None:
    """It comes without a channel."""
    container = {"type": "view", "view_id": "V1"}
    body = a_press(container=container, channel=None, message=None, response_url=None)
    question = asked(of_press(body))

    assert question.caller.door is Door.HOME
    assert question.caller.channel_id is None
    assert question.place.channel == "U0ALICE"
    assert question.place.direct
    assert not question.place.ephemeral


def test_two_clicks_on_one_button_have_something_in_common() -> None:
    """What another person, another button or another message has not."""
    first = asked(of_press(a_press(trigger_id="1"))).twice
    again = asked(of_press(a_press(trigger_id="2"))).twice
    others = {
        asked(of_press(body)).twice
        for body in (
            a_press(user={"id": "U0BOB"}),
            a_press("queue"),
            a_press(container={"message_ts": "1.6", "channel_id": "C0OPS"}),
        )
    }

    assert first == again
    assert first not in others
    assert len(others) == 3
