"""What one answer to `health` says of problems, and what not."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestration import Liveness, Orchestration
from bot.domain.problems import Kind, Look
from bot.domain.report import Gap, Outcome, Report
from bot.queries.health import (
    HealthData,
    LastHour,
    OrchestratorState,
    PodCounts,
    TaskCounts,
    WorkerCounts,
)
from bot.rules.reigh.orchestrator_silent import orchestrator_silent
from bot.rules.reigh.stuck_task import stuck_task
from bot.settings import Alerting
from bot.slack.telling.looks import look_of
from tests.world import NOW, POD, TASK, WORKER, a_case, a_line, a_task, a_worker, ago

ALL_BUT_BLIND = frozenset(Kind) - {Kind.BLIND}
RUNPOD = Gap(source="runpod", reason="did not answer within 6 s")
SUPABASE = Gap(source="supabase", reason="did not answer within 6 s")


def some_data(**given: Any) -> HealthData:
    """Return a fleet of ten that is well."""
    values: dict[str, Any] = {
        "workers": WorkerCounts(
            by_status={"active": 10}, healthy=10, ageing=0, stale=0, missing=0
        ),
        "tasks": TaskCounts(by_status={"Queued": 0}),
        "errors_last_hour": 0,
        "failure_rate": 0.0,
        "orchestrator": OrchestratorState(
            status=Liveness.HEALTHY, last_activity_at=NOW
        ),
        "pods": PodCounts(running=10, orphaned=0),
        "wasted_usd_per_hour": 0.0,
        "last_hour": LastHour(
            workers_made=4,
            workers_failed=3,
            workers_scaled_down=0,
            tasks_completed=9,
            tasks_failed=0,
        ),
    }
    return HealthData(**(values | given))


def a_report(*findings: Finding, **given: Any) -> Report:
    """Return an answer to `health`."""
    values: dict[str, Any] = {"summary": "well", "data": some_data()}
    return Report(findings=findings, **(values | given))


def a_finding(rule: str, kind: str, id: str, **given: Any) -> Finding:
    """Return a critical finding."""
    values: dict[str, Any] = {
        "severity": Severity.CRITICAL,
        "confidence": Confidence.CONFIRMED,
        "title": f"{id} is ill",
        "evidence": ("a row says so",),
        "remedy": "mend it",
        "ask": f"worker {WORKER}",
    }
    return Finding(rule=rule, subject=Subject(kind=kind, id=id), **(values | given))


def looked(report: Report, **bounds: Any) -> Look:
    """Return what the answer says of problems."""
    return look_of(report, Alerting(**bounds), NOW)


ORPHAN = a_finding("orphaned-task", "task", TASK)
PODS = a_finding("orphaned-pod", "pod", POD, severity=Severity.WARNING)


def test_a_system_that_is_well_gives_nothing() -> None:
    """And everything could be told."""
    assert looked(a_report()) == Look(at=NOW)


@pytest.mark.parametrize(
    ("finding", "key"),
    [
        (ORPHAN, f"orphaned-task:{TASK}"),
        (a_finding("stuck-task", "task", TASK), f"stuck-task:{TASK}"),
        (a_finding("queue-without-workers", "queue", "q"), "queue-without-workers"),
        (a_finding("orchestrator-silent", "orchestrator", "o"), "orchestrator-silent"),
        (
            a_finding("orchestrator-failing", "orchestrator", "o"),
            "orchestrator-failing",
        ),
    ],
)
def test_findings_become_problems_as_they_are(finding: Finding, key: str) -> None:
    """Nothing is judged anew."""
    [problem] = looked(a_report(finding)).problems

    assert problem.key == key
    assert (problem.title, problem.severity) == (finding.title, finding.severity)
    assert (problem.evidence, problem.remedy) == (finding.evidence, finding.remedy)


def test_a_problem_offers_the_next_questions() -> None:
    """Each once, and only those that there are."""
    [task] = looked(a_report(ORPHAN)).problems
    [bare] = looked(a_report(replace(ORPHAN, ask=""))).problems
    silent = a_finding(
        "orchestrator-silent", "orchestrator", "o", ask="config --explain"
    )
    [orchestrator] = looked(a_report(silent)).problems

    assert [(each.label, each.words) for each in task.asks] == [
        ("Task 41345358", f"task {TASK}"),
        ("Worker …0a1b2c3d", f"worker {WORKER}"),
    ]
    assert len(bare.asks) == 1
    assert [each.label for each in orchestrator.asks] == ["Config", "Queue"]


def test_what_is_only_worth_knowing_wakes_nobody() -> None:
    """Nor does what other rules find."""
    mild = a_finding("orchestrator-silent", "orchestrator", "o", severity=Severity.INFO)
    other = a_finding("failed-worker", "worker", WORKER)

    assert looked(a_report(mild, other)).problems == ()


def test_orphaned_pods_are_told_above_a_price() -> None:
    """All of them together."""
    pods = PodCounts(running=9, orphaned=7)
    costly = some_data(pods=pods, wasted_usd_per_hour=4.83)
    many = [replace(PODS, subject=Subject(kind="pod", id=f"pod{n}")) for n in range(7)]
    [problem] = looked(a_report(*many, data=costly)).problems

    assert problem.title == "7 orphaned pods burn $4.83 an hour, $115.92 a day"
    assert problem.evidence == ("pod0, pod1, pod2, pod3, pod4 and 2 more",)
    assert looked(a_report(*many, data=costly), pods_usd=5.0).problems == ()


def test_pods_that_were_not_compared_are_neither_there_nor_gone() -> None:
    """Nor those whose price nobody tells."""
    uncompared = some_data(pods=PodCounts(running=None, orphaned=None))
    priceless = some_data(wasted_usd_per_hour=None)

    assert looked(a_report(data=uncompared)).untold == {Kind.PODS}
    assert looked(a_report(PODS, data=priceless)).untold == {Kind.PODS}
    assert looked(a_report(PODS, data=priceless)).problems == ()


def test_a_failure_rate_is_told_above_a_share() -> None:
    """Of a handful of workers none is."""
    few = WorkerCounts(by_status={"active": 4}, healthy=4, ageing=0, stale=0, missing=0)
    [problem] = looked(a_report(data=some_data(failure_rate=0.625))).problems

    assert problem.title == "62% of the workers of 6 h failed"
    assert (
        problem.evidence[1] == "since 2026-01-31 11:00:00Z 4 workers made, and 3 failed"
    )
    hour = replace(some_data().last_hour, workers_made=None)
    [agents] = looked(
        a_report(data=some_data(failure_rate=0.625, last_hour=hour))
    ).problems
    assert agents.evidence[1] == "since 2026-01-31 11:00:00Z 3 failed"
    assert looked(a_report(data=some_data(failure_rate=0.49))).problems == ()
    handful = some_data(failure_rate=1.0, workers=few)
    assert looked(a_report(data=handful)).problems == ()
    unknown = some_data(failure_rate=None)
    assert looked(a_report(data=unknown)).problems == ()


def test_a_source_that_is_down_lets_nothing_close() -> None:
    """What was seen all the same is there, and that looks fail is told."""
    look = looked(a_report(ORPHAN, gaps=(SUPABASE,)))
    orphan, blind = look.problems

    assert look.untold == ALL_BUT_BLIND
    assert orphan.kind is Kind.ORPHANED_TASK
    assert (blind.kind, blind.severity) == (Kind.BLIND, Severity.WARNING)
    assert blind.evidence == ("supabase did not answer within 6 s",)


def test_without_runpod_only_pods_are_unknown() -> None:
    """The queue is seen all the same."""
    data = some_data(
        pods=PodCounts(running=None, orphaned=None), wasted_usd_per_hour=None
    )
    look = looked(a_report(data=data, gaps=(RUNPOD,)))

    assert look.untold == {Kind.PODS}
    assert [each.kind for each in look.problems] == [Kind.BLIND]


def test_what_is_not_configured_is_no_failure() -> None:
    """It has been so all the time."""
    gap = replace(RUNPOD, reason="not configured", failed=False)

    assert looked(a_report(gaps=(gap,))).problems == ()


def test_a_look_that_was_cut_short_lets_nothing_close() -> None:
    """Nor does it tell a rate of what it read."""
    look = looked(a_report(truncated=True, data=some_data(failure_rate=1.0)))

    assert look.untold == ALL_BUT_BLIND
    assert [each.kind for each in look.problems] == [Kind.BLIND]


def test_no_answer_at_all_tells_nothing() -> None:
    """Except that it is none."""
    report = Report(
        summary="sources did not answer", outcome=Outcome.SOURCE_DOWN, gaps=(SUPABASE,)
    )
    look = looked(report)
    [broken] = looked(replace(report, gaps=())).problems
    [blind] = look.problems

    assert look.untold == ALL_BUT_BLIND
    assert (blind.kind, blind.severity) == (Kind.BLIND, Severity.CRITICAL)
    assert broken.evidence == ("sources did not answer",)


def test_pods_alone_say_nothing_of_the_system() -> None:
    """Neither the queue nor the fleet was read."""
    none = WorkerCounts(
        by_status=None, healthy=None, ageing=None, stale=None, missing=None
    )
    data = some_data(workers=none, tasks=TaskCounts(by_status=None), failure_rate=None)
    [blind] = looked(a_report(data=data, gaps=(SUPABASE,))).problems

    assert blind.severity is Severity.CRITICAL


def test_a_rule_that_fails_lets_its_problems_stand() -> None:
    """It says nothing either way, and that is told."""
    failed = a_finding("stuck-task", "rule", "stuck-task", severity=Severity.WARNING)
    look = looked(a_report(failed))

    assert look.untold == {Kind.STUCK_TASK}
    assert [each.kind for each in look.problems] == [Kind.BLIND]


def test_what_is_told_stays_true() -> None:
    """In a message that stays spans would grow old; a limit does not."""
    case = a_case(
        tasks=(a_task(worker_id=WORKER, started_at=ago(minutes=21)),),
        holders=(a_worker(),),
        orchestration=Orchestration(
            last_line=a_line("cycle", at=ago(minutes=12), source="orchestrator_gpu")
        ),
    )
    found = (*stuck_task(case), *orchestrator_silent(case))
    stuck, silent = look_of(a_report(*found), Alerting(), NOW).problems

    assert "for 21 min" in found[0].title
    assert stuck.title.endswith("has been running since 2026-01-31 11:39:00Z")
    assert stuck.evidence[1] == "the limit is 20 min (TASK_STUCK_TIMEOUT_SEC)"
    assert silent.title.endswith("has been silent since 2026-01-31 11:48:00Z")
