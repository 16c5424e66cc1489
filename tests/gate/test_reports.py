"""What is shown of an offer."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.access import Door
from bot.domain.findings import Status
from bot.domain.offers import (
    Fate,
    Item,
    Offer,
    OfferState,
    Plan,
    Progress,
    Spared,
    Step,
)
from bot.domain.report import Outcome, Report, Table
from bot.gate import reports
from bot.gate.reports import GatedData, LeftAlone, Outcomes, Planned
from tests.gate.toys import BREAK, TOYS, Toy, an_item, an_offer, caller, ended
from tests.world import NOW, WORKER, data_of, facts_of, table_of, titles_of, words_of

ACTION = Toy().action
SPARED = Spared(target="toy-duck", why="it is locked")


def a_pod(cost: float | None, target: str = TOYS[0]) -> Item:
    return an_item(
        target,
        label="the ball",
        then="its row is marked",
        pods=1,
        since=NOW - timedelta(hours=1),
        cost_per_hour_usd=cost,
        cost_so_far_usd=cost,
    )


def planned(
    *items: Item, offer: Offer | None = None, kept_back: int = 0, **more: Any
) -> Report:
    return reports.planned(
        ACTION,
        Plan(items=items, **more),
        offer,
        kept_back=kept_back,
        words=BREAK,
        dry_run=offer is None,
    )


def stepped(*steps: Step | Fate, **more: Any) -> Offer:
    """Return an offer whose items are so far."""
    return an_offer(
        progress=tuple(
            Progress(
                item=an_item(target),
                step=Step.ENDED if isinstance(step, Fate) else step,
                ended=ended(target, step) if isinstance(step, Fate) else None,
            )
            for target, step in zip(TOYS, steps, strict=True)
        ),
        **({"state": OfferState.FINISHED, "ended_by": "alice"} | more),
    )


# --- the plan --------------------------------------------------------------------


def test_a_plan_shows_each_item() -> None:
    """What, why, since when, and what it costs."""
    report = planned(a_pod(0.69))

    assert report.summary == "toy break: 1 item at $0.69/h"
    assert report.status is Status.WARNING
    assert table_of(report, "What would change") == [
        (
            *(TOYS[0], "it squeaks", "its row is marked", "0.69"),
            *(NOW - timedelta(hours=1), "the ball", "break", "0.69"),
        )
    ]
    assert report.red_button is None
    assert words_of(report) == [BREAK]
    assert report.notes == ("nothing was offered: --dry-run stops at the plan",)


def test_a_plan_tells_what_was_wasted_from_what_a_pod_has_cost() -> None:
    """One that is still of use has wasted nothing: all of its pod's life is told."""
    dead, living = a_pod(0.25), replace(a_pod(1.38), since=None)
    report = planned(dead, living)

    [table] = [each for each in report.sections if isinstance(each, Table)]
    told = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    assert [(each["$ wasted"], each["$ since made"]) for each in told] == [
        ("0.25", None),
        (None, "1.38"),
    ]
    assert [
        (each.cost_so_far_usd, each.wasted_usd)
        for each in data_of(report, GatedData).plan
    ] == [(0.25, 0.25), (1.38, None)]


def test_a_plan_says_what_it_leaves_alone() -> None:
    """And why."""
    report = planned(an_item(), left_alone=(SPARED,), notes=("a note",))

    assert report.summary == "toy break: 1 item; 1 thing left alone"
    assert table_of(report, "Left alone") == [("toy-duck", "it is locked")]
    assert titles_of(report)[-1] == "Left alone"
    assert report.notes[0] == "a note"


def test_of_many_that_are_left_alone_some_are_shown() -> None:
    """How many there are is said; the data has all."""
    spared = tuple(Spared(target=f"toy-{n}", why="it is locked") for n in range(21))
    report = planned(left_alone=spared)

    assert titles_of(report) == ["Left alone, the first 20 of 21"]
    assert len(table_of(report, "Left alone")) == 20
    assert len(data_of(report, GatedData).left_alone) == 21


def test_of_several_that_are_left_alone_the_number_is_said() -> None:
    """Each has its own reason, in the table."""
    report = planned(left_alone=(SPARED, SPARED))

    assert report.summary == "toy break: nothing to do; 2 things left alone"


def test_what_was_left_alone_is_still_told_of_an_outcome() -> None:
    """The plan itself is gone from the screen by then."""
    offer = an_offer(state=OfferState.FINISHED, left_alone=(SPARED,))

    [spared] = data_of(reports.outcome(offer), GatedData).left_alone
    assert spared.target == "toy-duck"


def test_there_may_be_nothing_to_do() -> None:
    """That is well."""
    report = planned(left_alone=(SPARED,))

    assert report.summary == (
        "toy break: nothing to do; toy-duck is left alone: it is locked"
    )
    assert report.status is Status.OK
    assert titles_of(report) == ["Left alone"]
    assert report.notes == ()
    assert planned().sections == ()


def test_a_cost_may_not_be_known() -> None:
    """One pod of which nobody tells it is enough."""
    report = planned(a_pod(0.69), a_pod(None, TOYS[1]))

    assert "2 items at a cost that RunPod does not tell" in report.summary
    assert data_of(report, GatedData).cost_per_hour_usd is None


def test_what_stopped_pods_cost_is_not_known() -> None:
    """Nothing is no price: their volumes bill on."""
    report = planned(replace(a_pod(0.69), running=False, cost_per_hour_usd=None))

    assert report.summary.startswith(
        "toy break: 1 item at what the volumes of stopped pods bill, which RunPod does"
        " not tell"
    )


def test_an_offered_plan_has_a_button() -> None:
    """It holds the id alone; each item can be unticked."""
    item = an_item(label="the ball")
    report = planned(item, offer=an_offer(progress=(Progress(item=item),)))
    button = report.red_button

    assert (
        report.summary == "toy break: 1 item; to be confirmed by 2026-01-31 12:02:00Z"
    )
    assert report.asks == ()
    assert report.notes == ()
    assert button is not None
    assert button.offer_id == "offer-1"
    assert (button.label, button.question) == ("Do it: 1 item", "toy break: 1 item?")
    assert button.warning == "Nobody can mend them."
    [choice] = button.choices
    assert choice.label == "toy-ball (the ball): it squeaks"
    assert choice.description == item.action


def test_what_is_unticked_tells_its_consequence_first() -> None:
    """Slack cuts each of its two lines at 75 characters."""
    item = replace(
        a_pod(0.69, WORKER),
        label="",
        why="its status is active, beat 19 s ago",
        then=f"task 7b5b02ae goes back into the queue; row {WORKER} is marked",
    )
    button = planned(item, offer=an_offer(progress=(Progress(item=item),))).red_button

    assert button is not None
    [choice] = button.choices
    assert choice.label == "…0a1b2c3d: its status is active, beat 19 s ago"
    assert choice.description == (
        f"{item.action}, $0.69/h; task 7b5b02ae goes back into the queue;"
        " row …0a1b2c3d is marked"
    )


def test_a_plan_for_two_says_so() -> None:
    """And why one is not enough."""
    report = planned(an_item(), offer=an_offer(second="two must"))

    assert report.summary == (
        "toy break: 1 item; two must; to be confirmed by 2026-01-31 12:02:00Z"
    )
    assert data_of(report, GatedData).second_person == "two must"


def test_a_plan_says_who_asked_for_it() -> None:
    """Slack shows the others no slash command; in a shell nobody else reads it."""
    named = replace(caller(door=Door.SLASH), name="ann (U1)")
    offer = an_offer(caller=named, second="two must", confirmed_names=("ben",))
    typed = replace(offer, caller=replace(named, door=Door.SHELL))

    assert planned(an_item(), offer=offer).summary.startswith(
        "toy break: 1 item; asked by ann (U1); two must; to be confirmed by"
    )
    assert reports.waiting(offer, ACTION, None).summary.startswith(
        "toy break: asked by ann (U1), confirmed by ben; two must"
    )
    assert "asked by" not in planned(an_item(), offer=typed).summary


def test_what_one_confirmation_cannot_hold_is_said() -> None:
    """The plan is then not the whole."""
    report = planned(an_item(), offer=an_offer(), kept_back=2)

    assert report.truncated
    assert report.summary.startswith("toy break: 1 of 3 items")
    assert report.notes == (
        "2 more items left for another confirmation: one holds at most 1",
    )


def test_a_plans_data_is_that_of_the_contract() -> None:
    """Target, action, why and cost; nothing has come of it yet."""
    report = planned(a_pod(0.69), offer=an_offer(), left_alone=(SPARED,))

    assert data_of(report, GatedData) == GatedData(
        plan=(
            Planned(
                target=TOYS[0],
                action="break",
                why="it squeaks",
                since=NOW - timedelta(hours=1),
                cost_per_hour_usd=0.69,
                cost_so_far_usd=0.69,
                wasted_usd=0.69,
                label="the ball",
                then="its row is marked",
            ),
        ),
        left_alone=(LeftAlone(target="toy-duck", why="it is locked", label=""),),
        cost_per_hour_usd=0.69,
        expires_at=NOW + timedelta(minutes=2),
    )


# --- the wait --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("approver", "so somebody else of role approver must confirm as well"),
        (None, "so somebody else must confirm as well"),
    ],
)
def test_a_wait_says_for_whom(role: str | None, said: str) -> None:
    """And who has confirmed; nothing can be ticked any more."""
    offer = an_offer(
        second="two must", confirmed_by=("U1", "U2"), confirmed_names=("ann", "ben")
    )
    report = reports.waiting(offer, ACTION, role)

    assert f"confirmed by ann and ben; two must, {said}" in report.summary
    assert report.red_button is not None
    assert report.red_button.label == "Confirm too: 3 items"
    assert report.red_button.choices == ()
    assert data_of(report, GatedData).outcomes is None


# --- the progress ----------------------------------------------------------------


def test_what_runs_has_no_button() -> None:
    """It works once; what has ended is shown, and what waits, too."""
    offer = stepped(
        Fate.DONE, Step.UNTICKED, Step.PLANNED, state=OfferState.TAKEN, ended_at=NOW
    )
    report = reports.running(offer)

    assert report.summary == (
        "toy break: running, started by alice at 2026-01-31 12:00:00Z; 1 of 2 ended"
    )
    assert report.red_button is None
    assert [row[1] for row in table_of(report, "Items")] == [
        *("done", "not ticked", "waiting")
    ]
    assert (
        "started by alice; 1 of 2"
        in reports.running(replace(offer, ended_at=None)).summary
    )


# --- the outcome -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "summary", "status"),
    [
        ((Fate.DONE, Fate.DONE, Fate.DONE), "3 done", Status.OK),
        ((Fate.DONE, Step.UNTICKED, Fate.DONE), "2 done, 1 unticked", Status.OK),
        (
            (Fate.LEFT_ALONE, Fate.LEFT_ALONE, Fate.DONE),
            "1 done, 2 left alone",
            Status.WARNING,
        ),
        (
            (Fate.DONE, Fate.FAILED, Fate.UNKNOWN),
            "1 done, 1 failed, 1 unknown",
            Status.CRITICAL,
        ),
        ((Fate.DONE, Step.PLANNED, Step.PLANNED), "1 done", Status.WARNING),
        ((Step.BEGUN, Step.PLANNED, Step.PLANNED), "nothing is known", Status.CRITICAL),
    ],
)
def test_an_outcome_counts(
    steps: tuple[Step | Fate, ...], summary: str, status: Status
) -> None:
    """Only what was all done is well."""
    report = reports.outcome(stepped(*steps), ["a note"])
    whole = status is Status.OK

    assert report.summary == f"toy break: {summary}, started by alice"
    assert report.status is status
    assert report.outcome is (Outcome.ANSWERED if whole else Outcome.REFUSED)
    assert report.notes == ("a note",)
    assert words_of(report) == (["toy"] if whole else [BREAK])


def test_an_outcome_ends_as_every_answer_does() -> None:
    """With the words that were confirmed, and what was looked at since."""
    offer = stepped(Fate.DONE, Fate.DONE, Fate.DONE, ended_at=NOW)

    report = reports.outcome(offer)

    assert report.words == BREAK
    assert [(each.source, each.at) for each in report.reads] == [
        ("supabase", NOW),
        ("runpod", NOW),
    ]
    assert reports.cancelled(offer).words == BREAK


def test_what_is_done_is_told_again_by_the_audit() -> None:
    """The words that asked for it would do it again."""
    offer = stepped(Fate.DONE, Fate.DONE, Fate.FAILED)

    for report in (reports.outcome(offer), reports.running(offer)):
        assert report.retold == f"audit --action '{offer.action}'"


def test_an_outcome_tells_of_each_item() -> None:
    """In the table, what needs somebody first and in full, and in the data."""
    report = reports.outcome(stepped(Fate.DONE, Fate.FAILED, Step.UNTICKED))

    assert facts_of(report, "What needs you") == {TOYS[1]: "failed: broken"}
    assert [row[:3] for row in table_of(report, "Items")] == [
        (TOYS[1], "failed", "broken"),
        (TOYS[0], "done", "broken"),
        (TOYS[2], "not ticked", ""),
    ]
    assert data_of(report, GatedData).outcomes == (
        Outcomes(target=TOYS[0], outcome=Fate.DONE, detail="broken"),
        Outcomes(target=TOYS[1], outcome=Fate.FAILED, detail="broken"),
    )


def test_nobody_may_be_known_to_have_started_it() -> None:
    """Nor how to plan it again."""
    offer = stepped(Fate.DONE, Fate.DONE, Fate.DONE, ended_by=None, words="")
    report = reports.outcome(offer)

    assert report.summary == "toy break: 3 done"
    assert report.asks == ()


# --- too late --------------------------------------------------------------------


def test_a_cancelled_offer_says_by_whom() -> None:
    """And that nothing was done; it can be planned again."""
    offer = an_offer(state=OfferState.CANCELLED, ended_by="bob")
    report = reports.cancelled(offer)

    assert report.summary == "toy break: cancelled by bob; nothing was done"
    assert report.red_button is None
    assert words_of(report) == [BREAK]
    assert reports.cancelled(replace(offer, words="")).asks == ()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (OfferState.CANCELLED, "was cancelled by bob at 2026-01-31 12:00:00Z"),
        (
            OfferState.TAKEN,
            "is running already: bob started it at 2026-01-31 12:00:00Z",
        ),
        (
            OfferState.FINISHED,
            "was done already: bob started it at 2026-01-31 12:00:00Z",
        ),
    ],
)
def test_a_late_press_hears_why_it_is(state: OfferState, said: str) -> None:
    """Calmly, and with a way to go on, unless it runs."""
    offer = stepped(*[Fate.DONE] * 3, state=state, ended_by="bob", ended_at=NOW)
    report = reports.late(offer)

    assert report.summary == f"toy break {said}; your press changed nothing"
    again = [] if state is OfferState.TAKEN else ["toy break"]
    assert words_of(report) == again
    assert report.private
    assert report.outcome is Outcome.REFUSED


def test_that_it_has_expired_is_for_all_to_see() -> None:
    """Its message must not go on to offer it."""
    report = reports.late(an_offer())

    assert report.summary == (
        "toy break expired at 2026-01-31 12:02:00Z; nothing was done"
    )
    assert words_of(report) == ["toy break"]
    assert not report.private
    assert report.outcome is Outcome.REFUSED


def test_what_ended_otherwise_was_not_done() -> None:
    """A late press on it hears what became of it, as the message tells it."""
    unknown = stepped(Fate.DONE, Fate.UNKNOWN, Fate.LEFT_ALONE)
    unticked = stepped(Fate.DONE, Fate.DONE, Step.UNTICKED)
    lost = stepped(Step.PLANNED, Step.PLANNED, Step.PLANNED)

    assert reports.late(unknown).summary == (
        "toy break has ended already, with 1 done, 1 left alone, 1 unknown:"
        " alice started it; your press changed nothing"
    )
    assert "was done already: alice" in reports.late(unticked).summary
    assert "has ended already: alice" in reports.late(lost).summary


def test_a_late_press_may_know_less() -> None:
    """No time, and no words."""
    running = an_offer(state=OfferState.TAKEN, ended_by="bob")
    report = reports.late(an_offer(words=""))

    assert "is running already: bob started it; " in reports.late(running).summary
    assert not report.asks


def test_a_refusal_is_for_one_person() -> None:
    """It says why, and how to find out more."""
    report = reports.refused(BREAK, "only role operator may")

    assert report.summary == (
        "toy break was refused, and nothing was changed: only role operator may"
    )
    assert report.private
    assert report.status is Status.WARNING
    assert report.outcome is Outcome.REFUSED
    assert "whoami" in report.hint
