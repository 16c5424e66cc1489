"""What people asked lately: bounded, newest first, each their own."""

import pytest

from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.slack.doors.recent import Recent

ALICE = Caller(door=Door.SLASH, user_id="U1", team_id="T1")
BOB = Caller(door=Door.SLASH, user_id="U2", team_id="T1")


def a_report(words: str, outcome: Outcome = Outcome.ANSWERED) -> Report:
    """Return an answer to the words."""
    return Report(
        summary="so",
        words=words,
        command=words.split(maxsplit=1)[0] if words else "",
        outcome=outcome,
    )


def test_the_newest_comes_first_and_each_once() -> None:
    """Asked again it moves up."""
    recent = Recent()
    for words in ("queue", "tasks", "queue"):
        recent.remember(ALICE, a_report(words))

    assert recent.of(ALICE) == ("queue", "tasks")
    assert recent.of(BOB) == ()


def test_only_so_many_are_kept() -> None:
    """Of each person, and of people."""
    recent = Recent(words=2, people=1)
    for number in range(3):
        recent.remember(BOB, a_report(f"task {number}"))

    assert recent.of(BOB) == ("task 2", "task 1")

    recent.remember(ALICE, a_report("queue"))
    assert recent.of(BOB) == ()


@pytest.mark.parametrize(
    "report",
    [
        a_report("tasks", Outcome.MISREAD),
        a_report(""),
        a_report("help"),
        a_report("logs --search [hidden]"),
        a_report("logs --search " + "x" * 400),
    ],
)
def test_what_is_not_worth_a_button_is_forgotten(report: Report) -> None:
    """Or can't be one."""
    recent = Recent()
    recent.remember(ALICE, report)

    assert recent.of(ALICE) == ()


def test_nobody_has_asked_nothing() -> None:
    """A shell has no Home tab."""
    recent = Recent()
    recent.remember(Caller(door=Door.SHELL), a_report("queue"))

    assert recent.of(Caller(door=Door.SHELL)) == ()
