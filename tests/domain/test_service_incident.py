from typing import Any

from bot.domain.findings import Confidence, Severity
from bot.domain.incident import RootCause
from bot.domain.report import Facts, Section, Text
from bot.domain.service_incident import (
    CLASSES,
    PREVENTIONS,
    UNCLASSED,
    moments,
    sections,
)
from bot.domain.services import Lost, ServiceScene, Startup, Turn
from bot.rules.book import book
from tests.service_scenes import TASK, a_scene, an_error, told
from tests.world import NOW, ago

TURNS = (
    Turn(
        at=ago(minutes=9), service="orchestrator", state="open",
        reason="failure_threshold_exceeded", refused=2,
    ),
    Turn(at=ago(minutes=2), service="orchestrator", state="closed"),
)  # fmt: skip


def a_cause(rule: str, remedy: str = "start it") -> RootCause:
    return RootCause(
        rule=rule, severity=Severity.CRITICAL, confidence=Confidence.CONFIRMED,
        title=rule, subjects=("orchestrator",), evidence=("a line",), remedy=remedy,
        explains={}, first_at=None, cannot_tell=None, kind="orchestrator",
    )  # fmt: skip


def shown(scene: ServiceScene, *causes: RootCause) -> dict[str, Section]:
    return {each.title: each for each in sections(scene, causes)}


def course(scene: ServiceScene, *causes: RootCause) -> dict[str, Any]:
    facts = shown(scene, *causes)["Course"]
    assert isinstance(facts, Facts)
    return dict(facts.rows)


def test_the_course_is_told_from_the_first_error_to_the_last() -> None:
    """And since when there is none, with what came back."""
    errors = (
        an_error("OperationalError", at=ago(minutes=3), last_at=ago(minutes=2)),
        an_error("ValidationError", at=ago(minutes=8)),
    )
    scene = a_scene(told=told(errors=errors, breaker=TURNS))

    assert course(scene, a_cause("database-down"), a_cause("missing-budget")) == {
        "first error": ago(minutes=8),
        "last error": ago(minutes=2),
        "none since": "for 2 min, until 2026-01-31 12:00:00Z",
        "the circuit breaker closed": ago(minutes=2),
        "of the class": "network and configuration",
        "which mostly takes": "30 min and 10 min",
    }
    assert "Errors by type" in shown(scene)


def test_where_nothing_happened_nothing_is_told() -> None:
    """Nor of a breaker that is still open, or of a class that the guide lacks."""
    assert shown(a_scene()) == {}
    assert shown(a_scene(told=None)) == {}
    assert shown(a_scene(told=told(breaker=TURNS[:1]))) == {}
    assert "Course" not in shown(a_scene(), a_cause("personal-data"))


def test_errors_that_nothing_explains_leave_the_drafts_to_people() -> None:
    """Both have their place, as in the guide's template."""
    scene = a_scene(told=told(errors=(an_error("OperationalError"),)))
    drafts = [shown(scene)[f"{name} (draft)"] for name in ("Solution", "Prevention")]

    assert [each.text for each in drafts if isinstance(each, Text)] == [
        "cannot tell, because no finding explains the errors",
        UNCLASSED,
    ]


def test_what_mends_the_causes_is_told_once_and_not_without_end() -> None:
    """As a draft, for people to write the rest."""
    causes = [a_cause("service-down", f"mend {n}") for n in range(7)]
    text = shown(a_scene(), *causes, causes[0])["Solution (draft)"]
    one = shown(a_scene(), a_cause("x", "mend"))["Solution (draft)"]

    assert isinstance(text, Text)
    assert text.text.splitlines()[0] == "- mend 0"
    assert text.text.splitlines()[-1] == "- and 2 more, which the findings name"
    assert isinstance(one, Text)
    assert one.text == "- mend"


def test_turns_starts_and_losses_are_moments() -> None:
    """Beside the errors."""
    lost = Lost(task_id=TASK, at=NOW, request_id=None, error=None)
    start = Startup(at=ago(minutes=20), service="orchestrator", error="QueuePool …")
    scene = a_scene(told=told(breaker=TURNS, startups=(start,), lost=(lost,)))

    assert [each.message for each in moments(scene)] == [
        (
            "the circuit breaker is open, failure threshold exceeded; 2 submits turned"
            " away"
        ),
        "the circuit breaker is closed",
        "could not begin: QueuePool …",
        "task 23cb6baf was taken in and never stored",
    ]
    assert [*moments(a_scene(told=None))] == []


def test_each_class_is_of_a_rule_that_there_is() -> None:
    """A rule that is called otherwise would lose its class."""
    assert {*CLASSES} <= {*book("octollm").rules}


def test_prevention_is_told_apart_from_the_solution() -> None:
    """Once for each class of the causes; of others that people have to find it."""
    two = shown(
        a_scene(),
        a_cause("service-down", "mend"),
        a_cause("not-ready", "mend as well"),
        a_cause("memory-growing", "restart"),
    )
    other = shown(a_scene(), a_cause("x", "mend"))

    assert isinstance(two["Prevention (draft)"], Text)
    assert two["Prevention (draft)"].text.splitlines() == [
        "- have the health of each service watched, and every breaker that opens",
        "- have memory watched that grows over an hour",
    ]
    assert isinstance(other["Prevention (draft)"], Text)
    assert other["Prevention (draft)"].text == f"- {UNCLASSED}"


def test_each_class_has_its_prevention() -> None:
    """None of the guide's is left out."""
    assert {name for name, _ in CLASSES.values()} == {*PREVENTIONS}
