"""Forms are views that Slack takes, whatever they are made of."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.block_check import message_errors, options_errors, view_errors
from formatters.forms import (
    CALLBACK,
    Form,
    Option,
    form,
    loading,
    openers,
    options,
)
from tests.world import NOW

TASKS = Form(
    noun="task",
    meta="ID",
    help="the task, or the first characters of its id",
    words="task --hours 48",
    does="Why did this task fail?",
    verb="Ask",
    keeps='{"words": "task --hours 48"}',
    listed="2 failed tasks, the newest first",
    at=NOW,
)


def text_of(view: dict[str, Any]) -> str:
    """Return what the view's last block says."""
    parts = view["blocks"][-1]["elements"]
    return "".join(
        str(each.get("text") or each.get("fallback") or "")
        for part in parts
        for each in part["elements"]
    )


def test_a_form_searches_in_a_list() -> None:
    """From nothing typed on; it says how old the list is, and what will be asked."""
    view = form(TASKS)

    assert view_errors(view) == []
    assert view["callback_id"] == CALLBACK
    assert view["private_metadata"] == TASKS.keeps
    assert view["blocks"][0]["element"]["type"] == "external_select"
    assert view["blocks"][0]["element"]["min_query_length"] == 0
    assert "2 failed tasks" in text_of(view)
    assert "as of" in text_of(view)
    assert "Why did this task fail?" in text_of(view)
    assert "Typed, it is task --hours 48 ID." in text_of(view)


def test_a_form_speaks_to_people() -> None:
    """Its title asks, and its button says what it does."""
    view = form(replace(TASKS, noun="problem", help="its id, or all", verb="Mute"))

    assert view["title"]["text"] == loading("problem")["title"]["text"]
    assert view["title"]["text"] == "Which problem?"
    assert view["blocks"][0]["label"]["text"] == "Its id, or all"
    assert view["submit"]["text"] == "Mute"


def test_a_list_of_unknown_age_has_none() -> None:
    """Nothing is made up."""
    view = form(replace(TASKS, at=None))

    assert "as of" not in text_of(view)


def test_without_a_list_the_id_is_typed() -> None:
    """And the reason is told."""
    view = form(replace(TASKS, listed="", trouble="is down"))

    assert view_errors(view) == []
    assert view["blocks"][0]["element"]["type"] == "plain_text_input"
    assert "no list: is down" in text_of(view)


def test_while_the_list_is_read_there_is_something_to_see() -> None:
    """Nothing to send off yet."""
    view = loading("worker terminate")

    assert view_errors(view) == []
    assert "submit" not in view


@given(st.text(), st.text(), st.text(), st.text(), st.booleans())
def test_any_words_make_a_form(
    noun: str, meta: str, help: str, words: str, listed: bool
) -> None:
    """Slack takes it."""
    asked = Form(
        noun=noun,
        meta=meta,
        help=help,
        words=words,
        does=help,
        verb=noun,
        keeps="{}",
        listed=help if listed else "",
        trouble=words,
    )

    assert view_errors(form(asked)) == []
    assert view_errors(loading(noun)) == []


@given(st.lists(st.builds(Option, value=st.text(), label=st.text(), detail=st.text())))
def test_any_options_are_taken(found: list[Option]) -> None:
    """Those without a value, or with too long a one, are left out."""
    assert options_errors(options(found)) == []


@pytest.mark.parametrize("value", ["", "x" * 151])
def test_a_value_that_slack_does_not_take_is_left_out(value: str) -> None:
    """Cut it would mean something else."""
    good = Option(value="x" * 150, label="l", detail="d")
    bad = Option(value=value, label="l", detail="d")

    assert [it["value"] for it in options([bad, good])] == [good.value]


def test_a_hundred_options_and_no_more() -> None:
    """Slack would show none of a hundred and one."""
    found = [Option(value=f"{n}", label="x" * 99, detail="y" * 99) for n in range(200)]

    assert len(options(found)) == 100
    assert options_errors(options(found)) == []


@pytest.mark.parametrize("label", ["Choose a task", "x" * 200, ""])
def test_a_button_opens_a_form(label: str) -> None:
    """It holds what the form will keep."""
    block = openers((label, "{}"), ("another", "{}"))

    assert message_errors({"text": "t", "blocks": [block]}) is None
    assert block["elements"][0]["value"] == "{}"
