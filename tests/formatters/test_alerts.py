"""A message about a problem, to be read at 3 a.m."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.findings import Severity
from bot.domain.notices import Line, Mark, Notice, Phase, Turn
from bot.domain.problems import Kind
from formatters import alerts, limits
from formatters.packing import Message
from tests.formatters.notices import a_closed, a_flood, a_notice, a_problem, an_alert
from tests.formatters.referee import violations
from tests.world import NOW, ago

MARK = Mark(by="U1", at=NOW)
EVIL = "<!channel> <https://evil|click> *bold* `code` \u202e @here"


def drawn(notice: Notice, *, doubtful: bool = False) -> Message:
    """Return the message, which Slack must take."""
    message = alerts.notice(notice, doubtful=doubtful)
    assert violations(message.blocks, message.text) == []
    return message


def buttons(message: Message) -> list[str]:
    """Return what can be pressed."""
    return [
        element["text"]["text"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_a_message_tells_what_how_bad_since_when_and_what_to_do() -> None:
    """In so many lines, as a notification shows them."""
    assert drawn(a_notice()).text.splitlines() == [
        "🔴 task 41345358 is orphaned: its worker is terminated",
        "critical, seen since 2026-01-31 11:46:00Z",
        "&gt; it started at 2026-01-31 11:50:00Z · it beat at 11:51",
        "→ look at what ended the worker",
        "alert orphaned-task · as of 2026-01-31 12:00:00Z",
    ]


def test_what_can_be_pressed() -> None:
    """The next question, and what to do about the message itself."""
    asks, care = [b for b in drawn(a_notice()).blocks if b["type"] == "actions"]

    assert [each["action_id"] for each in asks["elements"]] == ["ask:1"]
    assert [each["action_id"] for each in care["elements"]] == [
        "alert:ack",
        "alert:mute",
        "alert:silence",
    ]
    assert {each["value"] for each in care["elements"]} == {a_notice().id}


def test_a_new_message_has_no_age() -> None:
    """Nor anything else that is not known."""
    fresh = an_alert(a_problem(evidence=(), remedy="", asks=()), since=NOW)

    assert drawn(a_notice(fresh)).text.splitlines() == [
        "🔴 task 41345358 is orphaned: its worker is terminated",
        "critical, seen since 2026-01-31 12:00:00Z",
        "alert orphaned-task · as of 2026-01-31 12:00:00Z",
    ]


def test_who_took_it_up_and_who_muted_it_is_shown() -> None:
    """With when, and until when."""
    hour = replace(MARK, until=NOW + timedelta(hours=1))
    muted = drawn(a_notice(acknowledged=MARK, muted=hour))
    silenced = drawn(a_notice(muted=MARK))

    assert "👀 taken up by @U1 at 12:00:00Z" in muted.text
    assert "🔕 muted until 13:00:00Z, by @U1 at 12:00:00Z" in muted.text
    assert buttons(muted)[1:] == ["Unmute"]
    assert "muted until fixed, by @U1" in silenced.text
    assert buttons(silenced)[1:] == ["Acknowledge", "Unmute"]


def test_what_is_over_says_so_first() -> None:
    """With how long it was; there is nothing to be muted any more."""
    message = drawn(replace(a_closed(), returns=2))

    assert message.text.splitlines() == [
        "✅ over after 14 min · task 41345358 is orphaned: its worker is terminated",
        "seen from 2026-01-31 11:46:00Z to 12:00:00Z, came back 2 times",
        "&gt; it started at 2026-01-31 11:50:00Z · it beat at 11:51",
        "alert orphaned-task · as of 2026-01-31 12:00:00Z",
    ]
    assert buttons(message) == ["Report", "Task 41345358"]


def test_what_is_over_is_written_up_from_before_it_was_seen() -> None:
    """Its cause is older than the alert."""
    message = drawn(a_closed())

    [words] = [
        button["value"]
        for block in message.blocks
        for button in block.get("elements", [])
        if button.get("action_id", "").startswith("ask:")
        and "report" in button["value"]
    ]
    assert words == ("report --since 2026-01-31T10:46:00Z --until 2026-01-31T12:00:00Z")


def test_a_flood_is_a_number_and_its_worst() -> None:
    """Five hundred are one message."""
    message = drawn(a_flood(500))

    assert message.text.splitlines() == [
        "🔴 500 tasks are orphaned: nobody works on them any more",
        "critical, seen since 2026-01-31 11:51:41Z",
        *(f"&gt; task {499 - place:08} is orphaned" for place in range(5)),
        "&gt; 495 more",
        (
            "→ see what ended so many workers; orphans requeue gives the tasks back,"
            " after a plan"
        ),
        "alert orphaned-task · as of 2026-01-31 12:00:00Z",
    ]
    assert buttons(message)[:2] == ["Orphans", "Workers"]


def test_a_flood_that_ebbs_tells_how_many_are_over() -> None:
    """And in the end all of them are."""
    flood = a_flood(7)
    first, *rest = flood.alerts
    over = replace(first, phase=Phase.CLOSED, closed_at=NOW)
    fewer = drawn(replace(flood, alerts=(over, *rest)))
    closed = drawn(a_closed(flood))

    assert "6 tasks are orphaned" in fewer.text
    assert "1 more, 1 over" in fewer.text
    assert closed.text.startswith("✅ over after 14 min") is False
    assert closed.text.startswith("✅ over after 6 s · 7 tasks are orphaned")


def test_one_that_is_left_of_a_flood_is_named() -> None:
    """As if it had been alone."""
    assert drawn(a_flood(1)).text.startswith("🔴 task 00000000 is orphaned\n")


def test_a_flood_of_another_kind_is_counted_all_the_same() -> None:
    """Kinds that concern all never come in floods, but nothing shall break."""
    problems = [a_problem(kind=Kind.QUEUE, subject=each) for each in "ab"]
    flood = a_notice(*map(an_alert, problems), flood=True)

    assert drawn(flood).text.startswith("🔴 2 times queue-without-workers\n")


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (Turn.CLOSED, "✅ over after 14 min, at 12:00:00Z"),
        (Turn.BACK, "🔄 it is back, at 12:00:00Z"),
        (Turn.STILL, "🔔 the mute has run out, and it is still there, at 12:00:00Z"),
        (
            Turn.WORSE,
            (
                "🔴 it got worse: task 41345358 is orphaned: its worker is terminated,"
                " at 12:00:00Z"
            ),
        ),
    ],
)
def test_the_thread_is_told_in_a_line(turn: Turn, said: str) -> None:
    """One for each turn."""
    message = alerts.line(a_notice(), Line(number=1, turn=turn, at=NOW))

    assert message.text == said
    assert violations(message.blocks, message.text) == []


def test_what_others_wrote_forges_nothing() -> None:
    """No ping, no link, no markup, whatever a row holds."""
    evil = a_problem(title=EVIL, evidence=(EVIL,), remedy=EVIL, subject=EVIL)
    message = drawn(a_notice(an_alert(evil)))
    texts = _texts(message.blocks)

    assert "<!channel>" not in message.text
    assert {each["type"] for each in texts} <= {"text", "emoji", "date"}
    assert not any("link" in json.dumps(each) for each in texts)


def test_the_longest_message_fits() -> None:
    """Whatever the rows hold."""
    long = a_problem(title="x" * 9000, evidence=("y" * 9000,) * 50, remedy="z" * 9000)
    message = drawn(a_notice(an_alert(long), muted=MARK, acknowledged=MARK))

    assert limits.size(message.text) <= limits.MAX_TEXT
    assert len(alerts.last_resort(a_notice(an_alert(long)))) <= limits.LAST_RESORT


def test_a_message_that_may_stand_twice_says_so() -> None:
    """It is the bot's fault, and nobody should look for a second problem."""
    assert alerts.DOUBT in drawn(a_notice(), doubtful=True).text
    assert alerts.DOUBT not in drawn(a_notice()).text


def test_a_message_is_known_by_its_block_id() -> None:
    """In the channel's history."""
    message = drawn(a_notice())

    assert message.blocks[0]["block_id"] == alerts.identity(a_notice())
    assert len(alerts.identity(a_notice(id="x" * 999))) == limits.ID_CHARS


def test_the_last_resort_is_a_line() -> None:
    """What it is, and whether it is over."""
    assert alerts.last_resort(a_notice()).startswith("task 41345358 is orphaned")
    assert alerts.last_resort(a_closed()).startswith("over: task 41345358")


def test_a_warning_and_a_remark_have_their_signs() -> None:
    """The worst of the open ones counts."""
    light = an_alert(a_problem(severity=Severity.WARNING), since=ago(minutes=1))
    lighter = an_alert(a_problem(severity=Severity.INFO))

    assert drawn(a_notice(light)).text.startswith("🔶")
    assert drawn(a_notice(lighter)).text.startswith("🔹")


def _texts(value: Any) -> list[dict[str, Any]]:
    """Return every leaf of the rich texts."""
    found: list[dict[str, Any]] = []
    if isinstance(value, dict):
        if value.get("type", "").startswith("rich_text_"):
            return list(value["elements"])
        for each in value.values():
            found += _texts(each)
    if isinstance(value, list | tuple):
        for each in value:
            found += _texts(each)
    return found


def test_who_muted_it_in_a_shell_is_no_member_of_slack() -> None:
    """Slack refuses a message that names one it does not know."""
    mark = Mark(by="shell: alice", at=NOW)
    message = alerts.notice(replace(a_notice(), muted=mark))

    assert "muted until fixed, by shell: alice at 12:00:00Z" in message.text
    assert violations(message.blocks, message.text) == []
