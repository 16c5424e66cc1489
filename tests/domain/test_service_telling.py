from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.findings import Confidence, Finding, Severity, Status, Subject
from bot.domain.logs import LogLine
from bot.domain.report import Facts, Report
from bot.domain.service_names import REFLEX, Outcome
from bot.domain.service_telling import (
    of_orchestrator,
    of_start,
    routing,
    sections,
    standing,
    takers,
    unstored,
    why_waiting,
)
from bot.domain.services import Lost, Readiness, Unmatched
from bot.domain.tasks import TaskId
from tests.service_scenes import TASK, a_probe, a_scene, down, is_ready, told
from tests.world import NOW, a_line, a_task, ago


def a_finding(rule: str) -> Finding:
    return Finding(
        rule=rule, severity=Severity.WARNING, confidence=Confidence.CONFIRMED,
        title=rule, subject=Subject(kind="worker", id="coder"), evidence=("a line",),
        remedy="mend it",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "orchestrator is up: it answered in 4 ms, and is ready"),
        ({"readiness": None}, "orchestrator is up: it answered in 4 ms"),
        (
            {"readiness": (is_ready(database=False, reflex_layer=False),)},
            (
                "orchestrator is up: it answered in 4 ms, and is not ready: it lacks"
                " database and reflex_layer"
            ),
        ),
        (
            {"readiness": (Readiness(service="orchestrator", ready=False),)},
            "orchestrator is up: it answered in 4 ms, and is not ready",
        ),
        ({"probes": (down(),)}, "orchestrator is down: connection refused"),
        (
            {"probes": (a_probe(outcome=Outcome.TIMEOUT),)},
            "orchestrator is down: timeout",
        ),
        ({"probes": None}, "orchestrator could not be asked"),
    ],
)
def test_how_a_service_stands(given: dict[str, object], said: str) -> None:
    """By its own answers."""
    assert standing(a_scene(**given), "orchestrator") == said


def test_a_service_shows_its_answer_and_its_memory() -> None:
    """Which is known of the orchestrator alone."""
    titles = [each.title for each in sections(a_scene(), "orchestrator")]

    assert titles == ["Services", "Memory of the orchestrator"]
    assert [each.title for each in sections(a_scene(), REFLEX)] == ["Services"]


def test_a_start_is_told_by_its_newest_line() -> None:
    """With an error among them; findings of other things are a note."""
    other, about = a_finding("slow-requests"), a_finding("startup-failed")
    report = Report(summary="?", findings=(other, about))
    first, last = a_line(at=ago(minutes=3)), a_line("no luck", level="ERROR")

    well = of_start(Report(summary="?"), "coder", [first])
    bad = of_start(report, "coder", [first, last])
    none = of_start(Report(summary="?"), "coder", [])

    assert well.summary == (
        "coder began: its start's newest line is of 2026-01-31 11:57:00Z"
    )
    assert well.notes == ()
    assert bad.summary == (
        "startup-failed (confirmed); its start's newest line is of"
        " 2026-01-31 11:59:00Z; an error is among its lines: no luck"
    )
    assert bad.findings == (about,)
    assert bad.notes == ("1 finding not asked for here: worker coder",)
    assert none.summary == "no line of the window tells how coder began"
    assert (well.status, none.status) == (Status.OK, Status.UNKNOWN)


@pytest.mark.parametrize("severity", list(Severity))
def test_a_start_of_which_no_line_tells_is_judged_by_what_was_found(
    severity: Severity,
) -> None:
    """What is only worth knowing does not tell how it began."""
    found = replace(a_finding("service-down"), severity=severity)

    told = of_start(Report(summary="?", findings=(found,)), "coder", [])

    untold = "no line of the window tells how coder began"
    assert (told.summary, told.status) == {
        Severity.INFO: (untold, Status.UNKNOWN),
        Severity.WARNING: (f"service-down (confirmed); {untold}", Status.WARNING),
        Severity.CRITICAL: (f"service-down (confirmed); {untold}", Status.CRITICAL),
    }[severity]


def test_the_orchestrator_is_told_with_the_age_of_its_lines() -> None:
    """If it left any; a clock ahead is told as such."""
    up = "orchestrator is up: it answered in 4 ms, and is ready"

    assert of_orchestrator(a_scene(), None, NOW) == f"{up}; it left no line"
    old = of_orchestrator(a_scene(), ago(minutes=2), NOW)
    ahead = of_orchestrator(a_scene(), NOW + timedelta(seconds=9), NOW)
    assert old == f"{up}; its newest line is 2 min old"
    assert ahead == f"{up}; its newest line is 9 s ahead of the clock here"


def test_what_is_wrong_with_the_orchestrator_goes_before_how_it_stands() -> None:
    """It may be up and ready, and fail all the same."""
    known = replace(a_finding("known"), severity=Severity.INFO)
    said = of_orchestrator(a_scene(), None, NOW, [known, a_finding("it fails")])

    assert said.startswith("it fails (confirmed); orchestrator is up: ")
    assert of_orchestrator(a_scene(), None, NOW, [known]).startswith("orchestrator is")
    gone = of_orchestrator(
        a_scene(probes=(down(),)), None, NOW, [a_finding("it fails")]
    )
    assert gone.startswith("orchestrator is down")


@pytest.mark.parametrize(
    ("probes", "known", "why"),
    [
        (None, None, None),
        ((a_probe(), a_probe(REFLEX)), (0, 0), "no arm is known that could take them"),
        ((a_probe(), down("coder")), (1, 0), "no arm is up"),
        ((down("judge"), a_probe("coder")), (2, 1), None),
    ],
)
def test_arms_take_tasks_and_services_do_not(
    probes: object, known: object, why: object
) -> None:
    """Where none is up, that is why tasks wait."""
    assert takers(a_scene(probes=probes)) == known
    assert why_waiting(a_scene(probes=probes)) == why


def rows(
    lines: Sequence[LogLine] = (), arm: str | None = None, **given: object
) -> dict[str, object]:
    """Return the facts about the routing of the task."""
    facts = [
        each
        for each in routing(a_scene(**given), a_task(TASK, worker_id=arm), lines)
        if isinstance(each, Facts)
    ]
    return {label: value for each in facts for label, value in each.rows}


def test_capabilities_are_told_where_lines_tell_them() -> None:
    """The last such line of this task; another's is not its own."""
    line = Unmatched(
        at=ago(minutes=1),
        task_id=TASK,
        required=frozenset({"python", "gpu"}),
        available=frozenset({"python"}),
    )
    other = Unmatched(at=NOW, task_id=TaskId("x"), required=frozenset(), available=None)
    silent = Unmatched(at=NOW, task_id=TASK, required=None, available=None)
    bare = Unmatched(at=NOW, task_id=TASK, required=frozenset({"a"}), available=None)
    none = Unmatched(at=NOW, task_id=TASK, required=frozenset(), available=frozenset())

    assert rows(told=told(unmatched=(line, other, silent))) == {
        "required": "gpu and python",
        "available": "python",
        "missing": "gpu",
    }
    assert rows(told=told(unmatched=(bare,))) == {"required": "a", "missing": "a"}
    able = replace(a_probe("coder"), capabilities=frozenset({"a", "b"}))
    assert rows(told=told(unmatched=(bare,)), probes=(able,)) == {
        "required": "a",
        "missing": "nothing",
    }
    mute = replace(able, service="judge", capabilities=None)
    assert rows(told=told(unmatched=(bare,)), probes=(able, mute)) == {"required": "a"}
    assert rows(told=told(unmatched=(none,))) == {
        "required": "nothing",
        "available": "nothing",
        "missing": "nothing",
    }


def test_without_a_routers_line_no_router_is_known() -> None:
    """Whether there are arms or not; nothing is said where none could be asked."""
    none = "no router in this deployment, as far as is known: "
    untold = "no line tells of an arm that was chosen for it"
    routed = a_line(fields={"event": "arm_router.selected"})

    assert rows(told=None)["router"] == f"{none}no arm is known, and {untold}"
    assert rows(probes=(a_probe("coder"),))["router"] == f"{none}{untold}"
    assert rows([routed], probes=(a_probe("coder"),)) == {}
    assert rows(arm="coder", probes=(a_probe("coder"),)) == {}
    assert rows(probes=None) == {}


def test_a_task_that_was_lost_is_known_by_a_part_of_its_id() -> None:
    """If it is of one alone."""
    lost = Lost(task_id=TASK, at=ago(minutes=2), request_id="req-1", error=None)
    near = Lost(
        task_id=TaskId(TASK[:9] + "x"), at=ago(minutes=1), request_id=None, error=None
    )

    assert unstored(a_scene(told=told(lost=(lost,))), TASK[:8]) == lost
    assert unstored(a_scene(told=told(lost=(lost, near))), TASK[:8]) is None
    assert unstored(a_scene(told=None), TASK) is None
