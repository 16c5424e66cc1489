"""What lacks its id is asked for it, and then answered where it was asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.domain.access import Door
from bot.domain.report import Report
from bot.slack.doors.callers import Place, Question, of_command, of_event
from bot.slack.doors.choices import Choices
from bot.slack.doors.forms import Forms, asked_by, home_openers, of_submission
from bot.slack.doors.views import Shown
from bot.slack.sending.refusals import Unsent
from bot.wiring import commands
from tests.counterparts import PATIENCE
from tests.slack.doors.test_callers import BOT, a_command, a_mention, a_press, asked
from tests.slack.doors.test_choices import TASKS, ListingDesk
from tests.slack.doors.test_named_ids import OTHER, TASK

COMMANDS = commands()
SHOWN = Shown(id="V1", hash="1.a")


@dataclass
class FakeViews:
    """Shows what it is given, unless it is closed."""

    closed: bool = False
    opened: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)

    async def open(self, trigger_id: str, view: dict[str, Any]) -> Shown | None:
        """Remember it."""
        self.opened.append((trigger_id, view))
        return None if self.closed else SHOWN

    async def update(self, shown: Shown, view: dict[str, Any]) -> Shown | None:
        """Remember it."""
        self.updated.append(view)
        return SHOWN


@dataclass
class FakeAnswers:
    """Remembers what was whispered."""

    unsent: bool = False
    whispered: list[tuple[Place, Report, Sequence[Any]]] = field(default_factory=list)

    async def whisper(
        self, place: Place, report: Report, hook: object, more: Sequence[Any] = ()
    ) -> None:
        """Remember it."""
        if self.unsent:
            raise Unsent("channel_not_found")
        self.whispered.append((place, report, more))


class Table:
    """Forms with fakes around them."""

    def __init__(
        self,
        *,
        closed: bool = False,
        desk: ListingDesk | None = None,
        filling_seconds: float = PATIENCE,
    ) -> None:
        self.views = FakeViews(closed=closed)
        self.answers = FakeAnswers()
        self.desk = desk or ListingDesk(TASKS)
        self.choices = Choices(self.desk)
        self.forms = Forms(
            COMMANDS,
            self.desk,
            self.answers,  # type: ignore[arg-type]
            self.views,  # type: ignore[arg-type]
            self.choices,
            filling_seconds=filling_seconds,
        )


def typed(text: str, **given: Any) -> Question:
    """Return the question of a slash command."""
    return asked(of_command(a_command(text=text, **given)))


def submitted(form: dict[str, Any], **chosen: Any) -> dict[str, Any]:
    """Return the body with which a form is sent off by Alice."""
    view = {**form, "id": "V1", "state": {"values": {"form:field": chosen}}}
    user = {"id": "U0ALICE", "team_id": "T1"}
    return {"type": "view_submission", "user": user, "view": view}


def choice(value: str) -> dict[str, Any]:
    """Return the state of a select in which that was chosen."""
    return {"form:choice": {"selected_option": {"value": value}}}


@pytest.mark.parametrize(
    "text", ["", "health", "task 4134", "helth", "task --nonsense", "41345358"]
)
async def test_a_question_that_lacks_nothing_opens_nothing(text: str) -> None:
    """Nor does one that is wrong in another way."""
    table = Table()

    assert not await table.forms.offered(typed(text))
    assert table.views.opened == []


async def test_a_form_opens_at_once_and_is_filled_then() -> None:
    """With the trigger, and what is chosen from."""
    table = Table()

    assert await table.forms.offered(typed("task --hours 48"))
    [(trigger, first)] = table.views.opened
    [filled] = table.views.updated
    assert trigger == "1.2.3"
    assert "submit" not in first
    assert filled["blocks"][0]["element"]["type"] == "external_select"
    assert table.answers.whispered == []


@pytest.mark.parametrize(
    ("text", "title", "verb"),
    [
        ("task", "Which task?", "Ask"),
        ("worker --startup", "Which worker?", "Ask"),
        ("worker terminate", "Which worker?", "Plan"),
        ("watch task", "Which task?", "Watch"),
        ("trace", "Which request?", "Ask"),
        ("alerts mute --hours 2", "Which problem?", "Mute"),
        ("alerts unmute", "Which problem?", "Unmute"),
    ],
)
async def test_a_form_says_what_is_missing_and_what_is_done(
    text: str, title: str, verb: str
) -> None:
    """In plain words; what changes something is only planned."""
    table = Table()
    await table.forms.offered(typed(text))
    [(_, first)] = table.views.opened
    [form] = table.views.updated

    assert first["title"]["text"] == form["title"]["text"] == title
    assert form["submit"]["text"] == verb
    assert ("nothing is done before" in json.dumps(form)) is (verb == "Plan")
    assert f"{text} " in json.dumps(form)


async def test_what_is_chosen_is_asked_where_it_was_typed() -> None:
    """By whoever sent it off; the same form sent off again is the same question."""
    table = Table()
    question = typed("task --hours 48 --private")
    await table.forms.offered(question)
    body = submitted(table.views.updated[0], **choice(TASK))
    found = asked(of_submission(body))

    assert found.words == ("task", "--hours", "48", "--private", TASK)
    assert found.place == question.place
    assert found.caller == question.caller
    assert found.keys == ("view:V1",)


async def test_what_is_typed_is_asked_too() -> None:
    """Where there was no list."""
    table = Table(desk=ListingDesk(None))
    await table.forms.offered(typed("worker"))
    [form] = table.views.updated
    typed_in = {"form:typed": {"value": " gpu-1234 "}}

    assert form["blocks"][0]["element"]["type"] == "plain_text_input"
    assert "supabase is down" in json.dumps(form)
    assert asked(of_submission(submitted(form, **typed_in))).words[-1] == "gpu-1234"


async def test_a_list_that_does_not_come_is_not_waited_for() -> None:
    """One can type meanwhile."""
    table = Table(filling_seconds=0.1)
    await table.choices.refresh("workers")  # another list is of no use
    async with table.choices._lists.setdefault(
        ("tasks", ""), type(table.choices._lists["workers", ""])()
    ).looking:
        await table.forms.offered(typed("task"))

    assert "did not come in time" in json.dumps(table.views.updated)


async def test_an_empty_list_is_said() -> None:
    """Nothing failed."""
    table = Table(desk=ListingDesk(replace(TASKS, tasks=())))
    await table.forms.offered(typed("task"))

    assert "no failed tasks in the last 24 hours" in json.dumps(table.views.updated)


async def test_a_system_that_is_named_is_asked() -> None:
    """Its list, not another's."""
    table = Table()
    await table.forms.offered(typed("worker --system agents"))

    assert table.desk.asked == [("workers", "--system", "agents")]


@pytest.mark.parametrize("trigger", ["", "1.2.3"])
async def test_where_no_form_can_be_opened_the_usage_has_a_button(trigger: str) -> None:
    """No trigger, or one that is too old."""
    table = Table(closed=True)
    await table.forms.offered(typed("task", trigger_id=trigger))
    [(_, _, [block])] = table.answers.whispered

    assert block["elements"][0]["action_id"] == "form:open:1"
    assert block["elements"][0]["text"]["text"] == "Choose a task"


async def test_that_button_opens_the_form_of_that_question() -> None:
    """In the thread of the mention."""
    table = Table()
    mention = asked(of_event(a_mention(f"<@{BOT}> task --hours 2"), bot_user_id=BOT))
    await table.forms.offered(mention)
    [(_, _, [block])] = table.answers.whispered
    button = block["elements"][0]

    assert await table.forms.pressed(a_press(actions=[button]))
    found = asked(of_submission(submitted(table.views.updated[0], **choice(OTHER))))
    assert found.words == ("task", "--hours", "2", OTHER)
    assert found.place.thread_ts == "1.5"
    assert found.caller.door is Door.MENTION


async def test_a_button_of_the_home_tab_asks_in_the_direct_message() -> None:
    """Of whoever pressed it."""
    table = Table()
    [button] = home_openers(("Why did a task fail", "task"))["elements"]
    await table.forms.pressed(a_press(actions=[button]))
    found = asked(of_submission(submitted(table.views.updated[0], **choice(TASK))))

    assert found.place.channel == "U0ALICE"
    assert found.place.direct
    assert found.caller.channel_id is None


@pytest.mark.parametrize(
    "value", ["", "{", "[]", "{}", '{"words": "health", "channel": "C1"}', "[" * 9999]
)
async def test_a_damaged_button_opens_nothing(value: str) -> None:
    """And is told so elsewhere."""
    action = {"type": "button", "action_id": "form:open", "value": value}

    assert not await Table().forms.pressed(a_press(actions=[action]))


async def test_a_usage_that_reaches_nobody_ends_there() -> None:
    """It is only the usage."""
    table = Table(closed=True)
    table.answers.unsent = True

    assert await table.forms.offered(typed("task"))


async def test_a_question_too_long_to_be_kept_gets_its_usage() -> None:
    """Without a button."""
    table = Table()
    await table.forms.offered(typed("task --system " + "x" * 1500))

    assert table.views.opened == []
    assert [more for _, _, more in table.answers.whispered] == [[]]


def test_an_odd_door_is_a_button() -> None:
    """A shell is none that a form could stand for."""
    keeps = json.dumps({"words": "task", "channel": "C1", "door": "shell"})

    assert asked(asked_by(keeps, a_press())).caller.door is Door.BUTTON


@pytest.mark.parametrize(
    "keeps",
    [
        json.dumps({"words": "task", "channel": ""}),
        json.dumps({"words": "'", "channel": "C1"}),
    ],
)
def test_what_says_too_little_is_no_question(keeps: str) -> None:
    """Nothing could be answered."""
    assert asked_by(keeps, a_press()) is None


def test_a_form_without_a_choice_is_no_question() -> None:
    """Slack sends none off; somebody else might."""
    keeps = json.dumps({"words": "task", "channel": "C1"})

    assert of_submission(submitted({"private_metadata": keeps})) is None


async def test_what_is_offered_comes_from_what_was_read() -> None:
    """For the form's own question; nothing for none."""
    table = Table()
    keeps = json.dumps({"words": "task", "channel": "C1"})
    body = {"value": "5134", "view": {"private_metadata": keeps}}
    await table.forms.refresh(body)
    await table.forms.refresh({})

    assert [it["value"] for it in table.forms.options(body)] == [OTHER]
    assert table.forms.options({"value": "x"}) == []
    assert table.desk.asked == [("tasks", "--status", "Failed", "--limit", "1000")]
