"""Payloads as Slack sends them, and worse ones."""

from typing import Any

import pytest

from bot.domain.access import Door
from bot.slack.callers import Question, of_command, of_event, of_press

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
