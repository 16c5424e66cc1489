"""Sections and sentences of a report."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.deaths import Death
from bot.domain.findings import Confidence, Severity
from bot.domain.incident import (
    Act,
    AffectedTask,
    AffectedWorker,
    Errors,
    IncidentData,
    Money,
    RootCause,
)
from bot.domain.kinds import by_source, kinds
from bot.domain.offers import Decision, Fate, Record
from bot.domain.post_mortem import (
    QUESTIONS,
    acts,
    by_a_line,
    cause_in_words,
    heading,
    questions,
    sections,
    summary,
)
from bot.domain.report import Facts, Gap, Section, Table, Text, Timeline
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from tests.world import NOW, TASK, WORKER, a_line, ago

NO_ERRORS = Errors(total=0, read=0, routine=0, whole=True, by_kind=(), by_source={})
NO_MONEY = Money(
    wasted_usd_per_hour=None, wasted_in_window_usd=None, orphaned_pods=None
)
NOTHING = IncidentData(
    first_error=None,
    before_first=(),
    cause_error=None,
    errors=NO_ERRORS,
    timeline=(),
    root_causes=(),
    tasks=(),
    workers=(),
    actions=(),
    pinned=(),
    money=NO_MONEY,
    open_questions=(),
)
CAUSE = RootCause(
    rule="out-of-memory",
    severity=Severity.CRITICAL,
    confidence=Confidence.CONFIRMED,
    title="task 41345358 ran out of GPU memory",
    kind="task",
    subjects=(TASK,),
    first_at=None,
    explains={},
    evidence=("its row says so", "twice", "thrice"),
    remedy="run it on a larger GPU",
    cannot_tell=None,
)
LINE = a_line("CUDA out of memory\nTraceback", level="ERROR", at=ago(minutes=5))
SOME_ERRORS = Errors(
    total=1,
    read=1,
    routine=0,
    whole=True,
    by_kind=kinds([LINE]),
    by_source=by_source([LINE]),
)
FAILED = AffectedTask(
    id=TASK,
    task_type="t2v",
    status="Failed",
    worker_id=None,
    failed_at=ago(minutes=5),
    verdict="it failed",
    rules=("failed-task",),
)
DEAD = AffectedWorker(
    id=WORKER,
    status="crashed",
    created_at=ago(hours=1),
    came_up_at=None,
    died_at=ago(minutes=4),
    way=Death.CRASHED,
    reason=None,
    tasks=(TASK,),
    verdict="it crashed",
    rules=(),
)
LOST_LINES = (
    "what the oldest lines said: lines are kept for 48 to 72 h, and the window begins"
    " earlier"
)
ONLY_LIKELY = (
    "whether it is so that task 41345358 ran out of GPU memory: it is only likely"
    " (its row says so)"
)
WINDOW = Window.before(NOW, hours=1)


def _titled(found: Iterable[Section], title: str) -> Section:
    [section] = [each for each in found if each.title.startswith(title)]
    return section


def _said(data: IncidentData, title: str) -> str:
    section = _titled(sections(data, moneyless="no pods"), title)
    assert isinstance(section, Text)
    return section.text


def _asked(data: IncidentData, **given: Any) -> tuple[str, ...]:
    values: dict[str, Any] = {"gaps": (), "window": WINDOW, "now": NOW, "cut_off": ()}
    return questions(data, **(values | given))


def test_a_quiet_window_is_called_so() -> None:
    """Every section is there, and says that it holds nothing."""
    assert summary(NOTHING) == "nothing failed in the window"
    assert _said(NOTHING, "Root cause") == (
        "cannot tell, because no rule found anything wrong"
    )
    for title in ("Affected workers", "Affected tasks", "Errors", "Actions taken"):
        assert _said(NOTHING, title) == "none"
    assert _said(NOTHING, "Earliest error") == "none in the window"
    assert _said(NOTHING, "Open questions") == "none"
    assert _said(NOTHING, "Money") == "cannot tell what is wasted: no pods"


def test_what_is_wrong_is_told_though_nothing_failed_yet() -> None:
    """An orphaned pod fails nothing."""
    data = replace(NOTHING, root_causes=(CAUSE,))

    assert summary(data) == f"nothing failed in the window; {CAUSE.title}"


def test_what_was_not_read_is_never_called_none() -> None:
    """An empty list is not the same as no answer."""
    unread = replace(NO_ERRORS, total=None)
    data = replace(
        NOTHING, tasks=None, workers=None, actions=None, errors=unread,
        first_error=None, tasks_read=False,
    )  # fmt: skip

    assert summary(data) == "cannot tell what happened: not everything could be read"
    for title in (
        *("Affected workers", "Affected tasks", "Errors", "Actions", "Earliest error"),
    ):
        assert _said(data, title) == "could not be read: see the open questions"
    assert "not everything could be read" in summary(replace(data, tasks=(FAILED,)))


def test_a_report_is_called_by_what_happened_and_its_day() -> None:
    """The first cause, however bare, else the earliest error, in one short line."""
    late = replace(CAUSE, first_at=ago(days=2))
    begun = replace(late, begun_at=ago(days=3), cannot_tell="no finding explains it")
    error = replace(NOTHING, first_error=replace(LINE, message=f"{'x' * 200}\nmore"))

    assert heading(NOTHING, WINDOW) == "Incident Report: nothing failed on 2026-01-31"
    assert heading(replace(NOTHING, root_causes=(late,)), WINDOW) == (
        "Incident Report: task 41345358 ran out of GPU memory on 2026-01-29"
    )
    assert heading(replace(error, root_causes=(begun,)), WINDOW) == (
        "Incident Report: task 41345358 ran out of GPU memory on 2026-01-28"
    )
    assert heading(error, WINDOW) == f"Incident Report: {'x' * 99}… on 2026-01-31"
    assert heading(replace(NOTHING, tasks_read=False), WINDOW) == (
        "Incident Report: not everything could be read on 2026-01-31"
    )


def test_what_lines_tell_of_tasks_is_told_where_no_row_could_be_read() -> None:
    """With what is not."""
    data = replace(NOTHING, tasks=(FAILED,), tasks_read=False)

    section = _titled(sections(data, moneyless="no pods"), "Affected tasks")

    assert isinstance(section, Table)
    assert section.title == (
        "Affected tasks, as far as lines tell: others could not be read"
    )
    assert summary(data).startswith("1 task failed (not everything could be read)")
    assert by_a_line(LINE) == "an error line names it: CUDA out of memory"


def test_an_incident_in_one_sentence() -> None:
    """How much, how it began, and why as far as anybody can tell."""
    data = replace(
        NOTHING,
        tasks=(FAILED,),
        workers=(DEAD,),
        errors=replace(SOME_ERRORS, routine=1, total=2),
        first_error=LINE,
    )

    assert summary(data) == (
        "1 worker lost, 1 task failed, 2 errors (1 of them scale-downs);"
        " the earliest error at 2026-01-31 11:55:00Z: CUDA out of memory;"
        " cannot tell why: no finding explains it"
    )
    caused = replace(data, root_causes=(CAUSE,))
    told = (
        "(1 of them scale-downs); root cause, confirmed: task 41345358 ran out of GPU"
    )
    assert summary(caused).endswith(f"{told} memory; no error line names it")
    database = replace(CAUSE, kind="database", subjects=("database",))
    of_database = replace(data, root_causes=(database,))
    assert summary(of_database).endswith(f"{told} memory")
    said = replace(LINE, fields={"event": "database.connection.lost"})
    assert summary(replace(of_database, cause_error=said)).endswith(
        f"{told} memory; the first error about database at 2026-01-31 11:55:00Z: CUDA"
        " out of memory"
    )
    assert summary(replace(caused, cause_error=LINE)).endswith(
        f"{told} memory; its first error at 2026-01-31 11:55:00Z: CUDA out of memory"
    )
    other = "52345358-0000-4000-8000-000000000000"
    of_other = replace(
        caused,
        root_causes=(replace(CAUSE, subjects=(TASK, other)),),
        cause_error=replace(LINE, task_id=TaskId(other)),
    )
    assert summary(of_other).endswith(
        f"{told} memory; its first error, of 52345358, at 2026-01-31 11:55:00Z:"
        " CUDA out of memory"
    )
    cut = replace(SOME_ERRORS, whole=False)
    assert summary(replace(caused, errors=cut)).endswith("ran out of GPU memory")
    bare = replace(data, first_error=None)
    assert summary(bare).endswith(
        "scale-downs); cannot tell why: no finding explains it"
    )


def test_who_lives_and_what_runs_was_not_lost() -> None:
    """Though findings speak of them."""
    alive = replace(DEAD, died_at=None, way=None, status="active")
    running = replace(FAILED, failed_at=None, status="In Progress")
    data = replace(NOTHING, workers=(alive,), tasks=(running,))

    assert summary(data) == "nothing failed in the window"
    workers = _titled(sections(data, moneyless=""), "Affected workers")
    tasks = _titled(sections(data, moneyless=""), "Affected tasks")
    assert isinstance(workers, Table)
    assert isinstance(tasks, Table)
    assert workers.rows[0][1:5] == ("not on record", "active", "", 1)
    assert tasks.rows[0][1:4] == ("In Progress", "", "none")


def test_the_first_error_is_told_as_it_was_written() -> None:
    """With who wrote it, and what it is about."""
    data = replace(NOTHING, first_error=replace(LINE, task_id=None))
    section = _titled(sections(data, moneyless=""), "Earliest error")

    assert isinstance(section, Facts)
    assert dict(section.rows) == {
        "at": ago(minutes=5),
        "writer": f"worker {WORKER}",
        "level": "ERROR",
        "worker": WORKER,
        "said": "CUDA out of memory\nTraceback",
        "it is about": "nothing that a cause names",
    }


def test_what_was_written_before_the_first_error_is_told_under_it() -> None:
    """Where nothing was, there is no such part."""
    before = replace(LINE, at=ago(minutes=6), message="loading the model")
    title = "What its writer wrote before the earliest error"
    data = replace(NOTHING, first_error=LINE, before_first=(before,))
    titles = [each.title for each in sections(data, moneyless="")]
    section = _titled(sections(data, moneyless=""), title)

    earliest = "Earliest error of the window (scale-downs left out)"
    assert titles.index(title) == titles.index(earliest) + 1
    assert isinstance(section, Timeline)
    assert section.lines == (before,)
    assert title not in [
        each.title for each in sections(replace(data, before_first=()), moneyless="")
    ]


def test_what_was_written_again_and_again_before_it_is_told_once() -> None:
    """With how often it was."""
    again = replace(LINE, message="gpu-4 is missing")
    data = replace(NOTHING, first_error=LINE, before_first=(again, again))
    title = "What its writer wrote before the earliest error"
    section = _titled(sections(data, moneyless="", routine=("gpu-4",)), title)

    assert isinstance(section, Timeline)
    [told] = section.lines
    assert told.message.startswith("gpu-4 is missing (2 times until ")


def test_the_earliest_error_need_not_be_that_of_the_cause() -> None:
    """What each is about is said; where they are one it is told once."""
    other = replace(LINE, at=ago(minutes=9), message="something else")
    data = replace(NOTHING, root_causes=(CAUSE,), first_error=other)
    same = replace(data, first_error=replace(LINE, task_id=TaskId(TASK)))
    of_cause = replace(data, cause_error=LINE)

    titles = [each.title for each in sections(of_cause, moneyless="")]
    [earliest] = [
        each
        for each in sections(same, moneyless="")
        if isinstance(each, Facts) and each.title.startswith("Earliest error")
    ]
    assert "First error of the root cause" in titles
    assert dict(earliest.rows)["it is about"] == (
        "41345358, of which out-of-memory speaks"
    )
    assert "First error of the root cause" not in [
        each.title
        for each in sections(replace(of_cause, first_error=LINE), moneyless="")
    ]


def test_an_error_about_the_same_part_is_not_said_to_be_of_the_cause() -> None:
    """All causes that speak of that part are named."""
    line = replace(LINE, fields={"event": "database.connection.lost"})
    later = replace(line, at=ago(minutes=1))
    causes = tuple(
        replace(CAUSE, rule=rule, kind="database", subjects=("database",))
        for rule in ("database-down", "slow-database")
    )
    data = replace(NOTHING, root_causes=causes, first_error=line, cause_error=later)

    found = {each.title: each for each in sections(data, moneyless="")}

    assert "First error about database, as the root cause is" in found
    earliest = found["Earliest error of the window (scale-downs left out)"]
    assert isinstance(earliest, Facts)
    assert dict(earliest.rows)["it is about"] == (
        "database, of which database-down and slow-database speak"
    )


def test_errors_are_counted_by_kind_and_by_source() -> None:
    """Where not all were read, the titles say of how many."""
    cut = replace(SOME_ERRORS, total=7, whole=False)
    found = sections(replace(NOTHING, errors=SOME_ERRORS), moneyless="")
    of_cut = sections(replace(NOTHING, errors=cut), moneyless="")

    by_kind = _titled(found, "Errors by kind")
    assert isinstance(by_kind, Table)
    assert by_kind.rows == (
        (1, "CUDA out of memory", "worker", ago(minutes=5), ago(minutes=5)),
    )
    assert by_kind.title == "Errors by kind"
    assert _titled(of_cut, "Errors by source").title == (
        "Errors by source, of the newest 1 of 7"
    )


def test_money_is_at_most_what_orphans_cost_in_the_window() -> None:
    """Since when they are orphans nobody knows."""
    money = Money(wasted_usd_per_hour=1.5, wasted_in_window_usd=3.0, orphaned_pods=2)
    found = _titled(sections(replace(NOTHING, money=money), moneyless=""), "Money")

    assert isinstance(found, Facts)
    assert dict(found.rows) == {
        "wasted now": "$1.50 an hour",
        "wasted in the window": "at most $3.00",
        "orphaned pods": 2,
    }
    none = Money(wasted_usd_per_hour=0.0, wasted_in_window_usd=0.0, orphaned_pods=0)
    nothing = _titled(sections(replace(NOTHING, money=none), moneyless=""), "Money")
    assert isinstance(nothing, Facts)
    assert dict(nothing.rows)["wasted in the window"] == "nothing"


def test_a_cause_in_words() -> None:
    """How sure, what, where else, since when, its effects and two proofs."""
    cause = replace(
        CAUSE,
        subjects=(TASK, "w1", "w2", "w3", "w4"),
        first_at=ago(minutes=5),
        explains={"failed-task": 3},
        cannot_tell="no finding explains it",
    )

    assert cause_in_words(cause) == (
        "confirmed: task 41345358 ran out of GPU memory; alike: w1, w2, w3 and 1 more;"
        " first at 2026-01-31 11:55:00Z; it explains failed-task (3);"
        " proof: its row says so; twice;"
        " no finding explains it"
    )
    assert cause_in_words(replace(CAUSE, subjects=(TASK, TASK[:8]))) == (
        "confirmed: task 41345358 ran out of GPU memory; alike: 41345358;"
        " proof: its row says so; twice"
    )


def test_causes_and_what_nothing_explains_stand_apart() -> None:
    """What has no cause says so where causes stand."""
    bare = replace(CAUSE, cannot_tell="no finding explains it")

    assert _said(replace(NOTHING, root_causes=(CAUSE, bare)), "Root cause") == (
        cause_in_words(CAUSE)
    )
    only = replace(NOTHING, root_causes=(bare,))
    assert _said(only, "Cannot tell why") == cause_in_words(bare)
    assert _said(only, "Root cause") == (
        "cannot tell, because no finding explains what is told below"
    )


def test_what_may_pass_asks_for_no_action() -> None:
    """Nor does what is only possible."""
    passing = replace(
        CAUSE, cannot_tell="no finding explains it", severity=Severity.WARNING
    )
    possible = replace(CAUSE, confidence=Confidence.POSSIBLE)
    asked = _asked(replace(NOTHING, root_causes=(passing, possible)))

    assert not any(each.startswith("no action") for each in asked)


def test_what_could_not_be_read_is_an_open_question() -> None:
    """And what a bound left out, and what nobody keeps any more."""
    gap = Gap(source="runpod", reason="did not answer")
    long = Window.before(NOW, hours=60)

    assert _asked(NOTHING) == ()
    assert _asked(NOTHING, gaps=[gap], cut_off=["the oldest errors"], window=long) == (
        "what runpod would tell: did not answer",
        "what else is among the oldest errors",
        LOST_LINES,
    )


def test_what_is_not_sure_is_an_open_question() -> None:
    """And what nothing explains; a confirmed cause is none."""
    likely = replace(CAUSE, confidence=Confidence.LIKELY, remedy="")
    untold = replace(CAUSE, cannot_tell="no finding explains it", remedy="")

    assert _asked(replace(NOTHING, root_causes=(likely, untold))) == (
        ONLY_LIKELY,
        "why task 41345358 ran out of GPU memory: no finding explains it",
    )


def test_what_nobody_has_done_is_an_open_question() -> None:
    """What the audit holds as done is none; what failed still is."""
    data = replace(NOTHING, root_causes=(CAUSE,))
    done = Act(
        at=NOW,
        who="U1",
        action="task requeue",
        target=TASK,
        decision=Decision.ALLOWED,
        outcome=Fate.DONE,
        reason="",
        approvers=(),
    )
    open_still = (
        "no action on record for out-of-memory (41345358): run it on a larger GPU",
    )

    assert _asked(data) == open_still
    assert _asked(replace(data, actions=(done,))) == ()
    failed = replace(done, outcome=Fate.FAILED)
    assert _asked(replace(data, actions=(failed,))) == open_still
    assert _asked(replace(data, actions=None)) == (
        "whether anybody has acted: the audit could not be read",
    )


def test_open_questions_have_an_end() -> None:
    """Beyond it they are counted."""
    many = [Gap(source=f"s{each}", reason="down") for each in range(QUESTIONS + 3)]

    *shown, last = _asked(NOTHING, gaps=many)

    assert len(shown) == QUESTIONS
    assert last == "and 3 more, which the findings name"


def _record(decision: Decision, **given: Any) -> Record:
    values: dict[str, Any] = {
        "at": NOW,
        "who": "U1",
        "action": "runpod terminate",
        "target": "p1",
        "offer_id": "o1",
    }
    return Record(decision=decision, **(values | given))


def test_an_act_names_who_approved_it() -> None:
    """Its offer and the presses are no acts of their own."""
    records = [
        _record(Decision.OFFERED),
        _record(Decision.CONFIRMED, who="U1"),
        _record(Decision.CONFIRMED, who="U2"),
        _record(Decision.ALLOWED, outcome=Fate.DONE, reason="gone", who="U2"),
    ]

    [act] = acts(records)

    assert act.approvers == ("U1", "U2")
    assert act.outcome is Fate.DONE
    table = _titled(
        sections(replace(NOTHING, actions=(act,)), moneyless=""), "Actions taken"
    )
    assert isinstance(table, Table)
    assert table.rows == ((NOW, "U2", "runpod terminate p1", "done", "U1, U2", "gone"),)


def test_an_offer_that_nobody_took_is_told() -> None:
    """So is what has no offer, which nobody can have approved."""
    records = [
        _record(Decision.OFFERED),
        _record(Decision.FROZEN, offer_id="", action="freeze", target=""),
    ]

    offered, frozen = acts(records)

    assert offered.decision is Decision.OFFERED
    assert frozen.approvers == ()
    table = _titled(
        sections(replace(NOTHING, actions=(frozen,)), moneyless=""), "Actions taken"
    )
    assert isinstance(table, Table)
    assert table.rows[0][2:5] == ("freeze", "frozen", "")


def test_the_logs_bound_is_counted_from_now() -> None:
    """A window that is over may begin before what is kept."""
    old = Window(since=ago(hours=72), until=ago(hours=71))

    assert len(_asked(NOTHING, window=old)) == 1
    assert _asked(NOTHING, window=old, now=NOW - timedelta(hours=40)) == ()
