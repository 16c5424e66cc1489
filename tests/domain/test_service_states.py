from datetime import timedelta

import pytest

from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestration import Liveness
from bot.domain.report import Table, Text
from bot.domain.service_names import REFLEX, Outcome
from bot.domain.service_states import (
    dependencies,
    glance,
    liveness,
    of_arms,
    of_services,
    standing,
    states,
)
from bot.domain.services import ServiceScene
from tests.service_scenes import a_load, a_probe, a_scene, down, is_ready, told


def rows(scene: ServiceScene, **given: frozenset[str]) -> dict[str, list[object]]:
    """Return the rows of each table."""
    sections = [*of_services(scene, **given), *of_arms(scene)]
    return {it.title: [*it.rows] for it in sections if isinstance(it, Table)}


def test_services_tell_what_they_have_and_lack() -> None:
    """What cannot be asked tells nothing, and one that does not say so is up."""
    scene = a_scene(
        probes=(a_probe(version="1.0"), down(REFLEX), a_probe("gate"), a_probe("new")),
        readiness=(
            is_ready(reflex_layer=False),
            is_ready("gate"),
            is_ready("new", config=False),
        ),
    )

    assert rows(scene)["Services"] == [
        ("orchestrator", "up (200)", "4 ms", "lacks reflex_layer; has database"),
        (REFLEX, "down: connection refused", "4 ms", ""),
    ]
    assert [row[3] for row in rows(scene, only=frozenset({"gate"}))["Services"]] == [  # type: ignore[index]
        "ready"
    ]
    told_of = {each.name: each for each in states(scene) or ()}
    assert told_of["orchestrator"].version == "1.0"
    assert told_of["new"].needs == {"config": False}
    assert told_of["new"].ready is False
    assert told_of[REFLEX].needs is None


def test_a_service_that_needs_nothing_is_ready_or_not() -> None:
    """By its own word."""
    ready = is_ready("gate")
    scene = a_scene(
        probes=(a_probe("gate"),),
        readiness=(type(ready)(service="gate", ready=False),),
    )

    assert rows(scene, only=frozenset({"gate"}))["Services"] == [
        ("gate", "up (200)", "4 ms", "not ready")
    ]


def test_what_they_need_is_told_by_them_and_by_us() -> None:
    """But not the services, which were asked themselves."""
    scene = a_scene(
        readiness=(is_ready(), is_ready(REFLEX, redis=False)),
        database=down("database", took=timedelta(seconds=2)),
    )

    assert rows(scene)["What they need"] == [
        ("database", "up", "orchestrator", "", ""),
        ("redis", "down", REFLEX, "", ""),
        ("database", "down", "debug-bot", "2 s", "connection refused"),
    ]
    assert "What they need" not in rows(scene, only=frozenset())


def test_what_was_not_asked_is_a_need_though_it_is_a_service() -> None:
    """Where no setting names the reflex layer, the orchestrator alone knows of it."""
    scene = a_scene(probes=(a_probe(),), readiness=(is_ready(reflex_layer=False),))

    assert [(each.name, each.up) for each in dependencies(scene)] == [
        ("database", True),
        ("reflex_layer", False),
    ]


def test_arms_tell_what_they_can_do() -> None:
    """Each is up or down, and says it or not."""
    scene = a_scene(
        probes=(
            a_probe(),
            a_probe("coder", capabilities=frozenset({"python", "debug"})),
            a_probe("judge", capabilities=frozenset()),
            a_probe("planner"),
            down("retriever"),
        )
    )

    assert rows(scene)["Arms"] == [
        ("coder", "up (200)", "4 ms", "debug, python"),
        ("judge", "up (200)", "4 ms", "none"),
        ("planner", "up (200)", "4 ms", "it does not say"),
        ("retriever", "down: connection refused", "4 ms", "unknown"),
    ]


def test_that_no_arm_is_known_is_said_with_its_reason() -> None:
    """Not where nothing could be asked."""
    [none] = of_arms(a_scene())

    assert isinstance(none, Text)
    assert none.text.startswith("no arm is known: OCTOLLM_ARMS names none")
    assert [*of_arms(a_scene(probes=None))] == []
    assert states(a_scene(probes=None)) is None
    assert [*of_services(a_scene(probes=None, readiness=None))] == []


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        (None, "no service could be asked"),
        ((a_probe(), a_probe(REFLEX)), "2 services are up; no arm is known"),
        (
            (a_probe(), a_probe("coder"), down("judge")),
            "1 service is up; 1 of 2 arms down (judge refuses connections)",
        ),
        (
            (
                a_probe(outcome=Outcome.STATUS, said="answered 500"),
                a_probe(REFLEX, outcome=Outcome.TIMEOUT),
                a_probe("coder"),
            ),
            (
                "2 of 2 services down (orchestrator answered 500, reflex-layer does"
                " not answer in time); 1 arm is up"
            ),
        ),
        (
            (a_probe("coder", outcome=Outcome.STATUS),),
            "1 of 1 arm down (coder is not well)",
        ),
    ],
)
def test_who_is_up_is_told_in_one_line(probes: object, said: str) -> None:
    """And who is down with how."""
    assert standing(a_scene(probes=probes)) == said


def test_the_orchestrator_lives_by_its_own_answers() -> None:
    """One that is up and not ready is a warning."""
    assert liveness(a_scene()) is Liveness.HEALTHY
    assert liveness(a_scene(readiness=None)) is Liveness.HEALTHY
    unready = a_scene(readiness=(is_ready(database=False),))
    assert liveness(unready) is Liveness.WARNING
    assert liveness(a_scene(probes=(down(),))) is Liveness.FAILING
    assert liveness(a_scene(probes=None)) is None


@pytest.mark.parametrize(
    ("severity", "id", "expected"),
    [
        (Severity.WARNING, "orchestrator", Liveness.HEALTHY),
        (Severity.CRITICAL, "coder", Liveness.HEALTHY),
        (Severity.CRITICAL, "orchestrator", Liveness.WARNING),
    ],
)
def test_of_which_a_finding_is_critical_is_not_called_healthy(
    severity: Severity, id: str, expected: Liveness
) -> None:
    """Whatever it says itself."""
    wrong = Finding(
        rule="x", severity=severity, confidence=Confidence.CONFIRMED, title="it fails",
        subject=Subject(kind="worker", id=id), evidence=("a line",), remedy="mend it",
    )  # fmt: skip

    assert liveness(a_scene(), [wrong]) is expected


def test_at_a_glance_one_sees_services_needs_and_requests() -> None:
    """Whatever could not be read."""
    well = dict(glance(a_scene(told=told(http=(a_load(failed=2, uncaught=1),)))))
    ill = dict(glance(a_scene(told=None, readiness=(is_ready(database=False),))))

    assert well == {
        "services": "2 services are up; no arm is known",
        "what they need": "up",
        "requests": "101, 3 failed",
    }
    assert ill["what they need"] == "down: database"
    assert ill["requests"] == "none in the window"
