"""The Home tab tells health with its age, recent questions, and one's rights."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.demo.block_check import view_errors
from bot.domain.report import Report
from formatters.forms import openers
from formatters.home import REFRESH, Home, home
from tests.formatters.samples import NOW, all_samples, failed_task, sick_system

RIGHTS = Report(summary="you are Alice (U0ALICE); here you may change nothing")


def said(view: dict[str, Any]) -> str:
    """Return the view as Slack gets it."""
    return json.dumps(view, ensure_ascii=False)


def test_what_is_known_is_told_with_its_age() -> None:
    """And that something newer is on its way."""
    health = replace(sick_system(), generated_at=NOW - timedelta(seconds=90))
    view = home(Home(now=NOW, health=health, asking=True))

    assert view_errors(view) == []
    assert "1 min 30 s before this was shown" in said(view)
    assert "looking again …" in said(view)
    assert json.dumps(health.summary)[1:20] in said(view)


def test_what_is_left_out_is_nowhere_in_a_thread() -> None:
    """There is none."""
    health = replace(sick_system(), generated_at=NOW)
    many = replace(health, findings=health.findings * 5)

    assert "in the thread" not in said(home(Home(now=NOW, health=many)))
    assert "if you ask" in said(home(Home(now=NOW, health=many)))


def test_what_was_just_seen_is_just_now() -> None:
    """Nothing newer is asked for."""
    view = home(Home(now=NOW, health=replace(sick_system(), generated_at=NOW)))

    assert "just now" in said(view)
    assert "looking again" not in said(view)


@pytest.mark.parametrize(
    ("asking", "words"), [(True, "looking again …"), (False, "nothing was looked at")]
)
def test_before_the_first_look_it_says_so(asking: bool, words: str) -> None:
    """A tab is never empty."""
    view = home(Home(now=NOW, asking=asking))

    assert view_errors(view) == []
    assert words in said(view)
    assert REFRESH in said(view)
    assert "looking it up" in said(view)


def test_trouble_and_notices_are_told() -> None:
    """Calmly."""
    view = home(Home(now=NOW, trouble="supabase is down", notice="`queue` is coming"))

    assert view_errors(view) == []
    assert "supabase is down" in said(view)
    assert "is coming" in said(view)


def test_what_one_asked_is_a_press_away() -> None:
    """Each button holds its words."""
    view = home(Home(now=NOW, recent=("queue", "task 4f2a91c0 --hours 48")))

    assert view_errors(view) == []
    assert '"value": "task 4f2a91c0 --hours 48"' in said(view)
    assert "Messages" in said(view)


def test_who_asked_nothing_is_told_so() -> None:
    """There are no empty blocks."""
    assert "nothing yet" in said(home(Home(now=NOW, recent=())))


def test_recent_questions_that_are_not_known_are_not_nothing() -> None:
    """They are being looked up, or can't be told."""
    looked = Report(summary="you may look")

    assert "looking it up" in said(home(Home(now=NOW)))
    assert "not known just now" in said(home(Home(now=NOW, rights=looked)))


def test_rights_and_forms_stand_there() -> None:
    """Under titles of their own."""
    told = Home(
        now=NOW, rights=RIGHTS, openers=(openers(("Why did a task fail", "{}")),)
    )
    view = home(told)

    assert view_errors(view) == []
    assert RIGHTS.summary in said(view)
    assert "Why did a task fail" in said(view)


@pytest.mark.parametrize("report", all_samples())
def test_slack_takes_a_home_tab_of_any_answer(report: Report) -> None:
    """Also of two long ones."""
    recent = [f"task {number}" for number in range(40)]
    told = Home(now=NOW, health=report, rights=failed_task(), recent=recent)

    assert view_errors(home(told)) == []


@example(["\xad"], "", "")
@given(st.lists(st.text(min_size=1), max_size=8), st.text(), st.text())
def test_slack_takes_any_words(recent: list[str], trouble: str, notice: str) -> None:
    """People may ask for anything."""
    view = home(Home(now=NOW, recent=recent, trouble=trouble, notice=notice))

    assert view_errors(view) == []
