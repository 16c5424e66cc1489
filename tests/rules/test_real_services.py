"""The rules of OctoLLM on the lines and rows of its real run."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.services import Backlog, Readiness, ServiceScene, Waiting
from bot.domain.tasks import TaskPhase
from bot.domain.times import Window
from bot.rules.book import judge
from bot.sources.octollm import rows as meaning
from bot.sources.octollm.tally import tally
from tests.service_scenes import is_ready
from tests.sources.octollm.samples import LOST, RUN, at, logs, rows
from tests.world import a_case

WELL: Final = (is_ready(),)


async def found(
    until: str, readiness: tuple[Readiness, ...] | None = WELL
) -> Sequence[Finding]:
    """Return what rules find in the lines up to a time of the run, at that time."""
    window = Window(since=RUN.since, until=at(until))
    read = await logs().all(window, lambda _: True)
    told = tally(read.rows, window, whole=read.whole)
    scene = ServiceScene(window=window, readiness=readiness, told=told)
    return judge(a_case(now=window.until, system="octollm", scene=scene))


def by_rule(findings: Sequence[Finding]) -> Mapping[str, Finding]:
    """Return the findings by their rules, of which each found one thing."""
    known = {each.rule: each for each in findings}
    assert len(known) == len(findings)
    return known


async def test_the_breaker_that_opened_is_explained() -> None:
    """By the reflex layer that was away; and its answer that did not validate."""
    findings = await found("08:56:30", readiness=None)
    told = by_rule(findings)
    order = [each.rule for each in findings]

    breaker = told["breaker-open"]
    assert breaker.severity is Severity.CRITICAL
    assert breaker.title == (
        "the reflex layer's circuit breaker is open since 2026-11-23 08:55:52Z, 2"
        " submits refused"
    )
    assert "until 2026-11-23 08:56:52Z every submit is refused" in breaker.remedy
    for cause in ("contract-mismatch", "reflex-unavailable"):
        assert order.index(cause) < order.index("breaker-open")
    away = told["reflex-unavailable"]
    assert away.evidence[0] == (
        "4 submits answered 503 from 2026-11-23 08:55:43Z to 2026-11-23 08:55:52Z,"
        " 37 s ago, each after 3 tries in about 3 s"
    )


async def test_what_did_not_fit_is_told_by_model() -> None:
    """Each of the four exceptions belongs to one rule."""
    told = by_rule(await found("08:56:30"))

    assert told["contract-mismatch"].title.endswith("disagree on status case")
    assert told["missing-budget"].title == "2 submits without a budget answered 500"
    assert told["blank-goal"].title == "1 submit with a blank goal answered 500"


async def test_why_requests_fail_comes_before_how_many_do() -> None:
    """A share of errors is only what they add up to."""
    findings = await found("09:01:30")
    order = [each.rule for each in findings]
    causes = ("database-down", "contract-mismatch", "missing-budget", "breaker-open")

    for cause in causes:
        assert order.index(cause) < order.index("error-rate")


async def test_the_task_that_was_lost_is_told_after_its_cause() -> None:
    """The database was away, and is back."""
    findings = await found("09:01:30")
    told = by_rule(findings)
    order = [each.rule for each in findings]

    lost = told["lost-task"]
    assert (lost.severity, lost.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert (lost.subject.id, lost.ask) == (LOST, "trace req-dbdown-1")
    assert "Connection refused" in lost.evidence[-1]
    assert order.index("database-down") < order.index("lost-task")
    assert told["database-down"].evidence[1] == (
        "3 lines could not reach it, at 2026-11-23 09:00:08Z, 1 min 21 s ago"
    )


async def test_a_task_is_not_lost_before_its_minute_is_over() -> None:
    """It passed at 09:00:08.38: a second before the minute ends it may be stored."""
    early, late = await found("09:01:07.4"), await found("09:01:08.4")

    assert "lost-task" not in by_rule(early)
    assert "lost-task" in by_rule(late)


async def test_the_breaker_that_closed_is_told_with_its_times() -> None:
    """And the id that was never forwarded."""
    told = by_rule(await found("09:01:30"))

    opened, closed, _ = told["breaker-open"].evidence
    assert opened == (
        "open at 2026-11-23 08:55:52Z, 5 min 37 s ago: failure_threshold_exceeded, 5"
        " failures"
    )
    assert closed == "closed at 2026-11-23 09:00:31Z, 58 s ago"
    assert told["id-not-forwarded"].evidence[0].startswith("16 of 16 answers")


async def test_nothing_that_people_wrote_is_told() -> None:
    """The run was given an address, and a goal to ignore what it was told."""
    findings = await found("09:01:30")
    said = " ".join(text for each in findings for text in (each.title, *each.evidence))

    assert "jo@example.org" not in said
    assert "[parameters" not in said
    assert "input_value" not in said


def test_the_real_rows_that_wait_are_told() -> None:
    """20 are pending, and the one in progress is over its two minutes."""
    held = rows("db_tasks.jsonl")
    tasks = [(meaning.task(row), meaning.allowed(row)) for row in held]
    pending, running = (
        tuple(
            Waiting(
                task_id=task.id,
                since=task.started_at or task.created_at,
                allowed=allowed,
            )
            for task, allowed in tasks
            if task.phase is phase
        )
        for phase in (TaskPhase.WAITING, TaskPhase.RUNNING)
    )
    counts = {"pending": len(pending), "processing": 1, "completed": 1, "failed": 1}
    backlog = Backlog(counts=counts, pending=pending, processing=running)
    scene = ServiceScene(window=RUN, backlog=backlog)
    findings = judge(a_case(now=at("09:30"), system="octollm", scene=scene))

    told = [each.rule for each in findings]
    assert sorted(told) == ["stuck-task", "waiting-task"]
    [waits] = [each for each in findings if each.rule == "waiting-task"]
    assert waits.title == "20 tasks are pending for over 5 min"
    assert (
        waits.evidence[0] == "others were taken up: 1 processing, 1 completed, 1 failed"
    )
    [stuck] = [each for each in findings if each.rule == "stuck-task"]
    assert stuck.title.endswith("is over its budget: in progress for 32 min 22 s")
    assert stuck.evidence[1] == "its budget allows 2 min (max_time_seconds)"
