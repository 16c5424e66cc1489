from typing import Any

import pytest

from bot.domain.agent_facts import AgentFacts, agent_facts
from bot.domain.findings import Confidence, Finding, Severity, Status, Subject
from bot.domain.report import Report
from bot.domain.worker_views import NEWEST, of_claims, of_logging, of_start
from bot.domain.workers import WorkerId
from tests.file_queues import a_life, a_queue, an_agent
from tests.world import NOW, a_case, a_line, a_worker, ago, titles_of

GPU = WorkerId("gpu-1")
WORKER = a_worker(GPU, last_heartbeat_at=ago(seconds=5))


def an_answer(*rules: str) -> Report:
    """Return an answer about the worker with one finding of each rule."""
    return Report(
        summary="all",
        findings=tuple(
            Finding(
                rule=rule,
                severity=Severity.WARNING,
                confidence=Confidence.CONFIRMED,
                title=f"of {rule}",
                subject=Subject(kind="worker", id=GPU),
                evidence=("seen",),
                remedy="mend it",
            )
            for rule in rules
        ),
    )


def facts(lines: Any = (), **life: Any) -> AgentFacts:
    queue = a_queue(agents=(an_agent(),), lives=a_life(**life))
    found = agent_facts(queue, GPU, lines, NOW)
    assert found is not None
    return found


def test_a_start_that_went_well_leaves_out_what_came_after() -> None:
    """It is a note."""
    report = of_start(
        an_answer("crashed-agent"), WORKER, (), NOW, facts(ready_at=ago(hours=1))
    )

    assert (report.findings, report.status) == ((), Status.OK)
    assert report.notes == ("not asked for here: of crashed-agent: worker gpu-1",)


def test_a_start_that_failed_is_told_with_its_cause() -> None:
    """The worst of both is the status."""
    never = of_start(an_answer(), WORKER, (), NOW, facts())
    crashed = of_start(an_answer("crashed-agent"), WORKER, (), NOW, facts())

    assert never.status is Status.WARNING
    assert "never ready" in never.summary
    assert [each.rule for each in crashed.findings] == ["crashed-agent"]


@pytest.mark.parametrize(
    ("logging", "says"),
    [
        (True, "gpu-1 is logging"),
        (False, "gpu-1 is quiet and alive"),
        (None, "cannot tell whether gpu-1"),
    ],
)
def test_an_agents_log_is_judged_beside_its_heartbeat(
    logging: bool | None, says: str
) -> None:
    """And its newest lines are shown."""
    lines = tuple(a_line(f"line {n}", worker_id=GPU) for n in range(12))
    case = a_case(lines=lines)
    report = of_logging(an_answer(), WORKER, case, logging, facts(lines))

    assert report.summary.startswith(says)
    assert titles_of(report) == ["Its log", "Its newest lines"]
    assert len(report.sections[1].lines) == NEWEST  # type: ignore[union-attr]


def test_a_lost_agent_is_not_merely_quiet() -> None:
    """What its log shows is told instead."""
    lost = a_worker(GPU, last_heartbeat_at=ago(hours=1))
    report = of_logging(an_answer(), lost, a_case(lines=()), False, facts())

    assert "is not logging" in report.summary


@pytest.mark.parametrize("rule", ["never-started", "heartbeat-stale", "not-logging"])
def test_a_log_that_ended_is_not_well_where_its_worker_is_not(rule: str) -> None:
    """What tells why no line comes is told with it; all else is a note."""
    told = an_answer(rule, "failed-task")

    silent = of_logging(told, WORKER, a_case(lines=()), False, None)
    idle = of_logging(an_answer("failed-task"), WORKER, a_case(lines=()), False, None)

    assert [each.rule for each in silent.findings] == [rule]
    assert (silent.status, idle.status) == (Status.WARNING, Status.OK)


def test_a_log_that_goes_on_is_well() -> None:
    """Whatever else is wrong."""
    case = a_case(lines=(a_line(worker_id=GPU),))

    report = of_logging(an_answer("heartbeat-stale"), WORKER, case, True, None)

    assert (report.findings, report.status) == ((), Status.OK)


def test_claims_are_told_alone() -> None:
    """With what is wrong about them; unread ones are unknown."""
    known = of_claims(an_answer("not-claiming", "x"), WORKER, facts(), ())
    unread = of_claims(an_answer(), WORKER, facts(None), ())

    assert [each.rule for each in known.findings] == ["not-claiming"]
    assert known.status is Status.WARNING
    assert titles_of(known) == ["Claims", "Claims and looks"]
    assert unread.status is Status.UNKNOWN
    assert titles_of(unread) == ["Claims and looks"]
