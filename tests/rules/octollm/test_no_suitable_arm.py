from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.services import Probe, Unmatched
from bot.domain.tasks import TaskId
from tests.service_scenes import (
    TASK,
    a_probe,
    a_scene,
    down,
    found,
    of_scene,
    said,
    services,
    told,
)
from tests.world import a_task, ago

RULE = "no-suitable-arm"
NEEDED = frozenset({"python", "sql"})


def unmatched(**given: Any) -> Unmatched:
    values: dict[str, Any] = {
        "at": ago(minutes=5),
        "task_id": TASK,
        "required": NEEDED,
        "available": None,
    }
    return Unmatched(**(values | given))


def arm(name: str, *capabilities: str) -> Probe:
    return a_probe(name, capabilities=frozenset(capabilities))


def with_arms(*arms: Probe, **given: Any) -> Case:
    probes = (a_probe(), *arms)
    return services(probes=probes, told=told(unmatched=(unmatched(**given),)))


def test_a_task_that_failed_of_something_else() -> None:
    """Nor does a rule speak where nobody searched, or of another system."""
    task = a_task(status="Failed", error="Suitable arm found, and it broke")

    assert found(RULE, of_scene(a_scene(), tasks=(task,))) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None, tasks=(task,))) == []


def test_a_task_of_whose_row_alone_it_is_known() -> None:
    """What it needed no row tells, so why is not guessed."""
    task = a_task(
        status="failed", error="No suitable arm found", processed_at=ago(hours=1)
    )
    scene = a_scene(probes=(a_probe(), arm("coder", "python")))
    [it] = found(RULE, of_scene(scene, tasks=(task,)))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == (
        f"task {task.id[:8]} found no arm: why cannot be told, as no line tells what"
        " it needs"
    )
    assert (it.subject.kind, it.subject.id) == ("task", task.id)
    assert it.evidence == (
        "its row: failed, No suitable arm found",
        (
            "coder: GET /health at 2026-01-31 12:00:00Z: answered 200, after 4 ms;"
            " it can do python"
        ),
    )


def test_an_hour_and_a_second_later_it_is_no_emergency() -> None:
    """Nor where nobody tells when it was."""
    late = with_arms(at=ago(hours=1, seconds=1))
    task = a_task(status="failed", error="No suitable arm found")

    assert found(RULE, late)[0].severity is Severity.WARNING
    assert found(RULE, of_scene(a_scene(), tasks=(task,)))[0].severity is (
        Severity.WARNING
    )


def test_no_arm_is_named_anywhere() -> None:
    """There may be some that nobody told us of."""
    [it] = found(RULE, said(unmatched=(unmatched(),)))

    assert (it.title, it.confidence) == (
        "task 23cb6baf found no arm: no arm is registered",
        Confidence.LIKELY,
    )
    assert it.evidence == (
        "a line of 2026-01-31 11:55:00Z says so",
        "it needs python and sql",
        "neither settings nor a registry name an arm",
    )
    assert it.ask == "workers"


def test_its_router_saw_none() -> None:
    """That is sure, whatever there is now."""
    [it] = found(RULE, with_arms(arm("coder", "python"), available=frozenset()))

    assert it.title.endswith("found no arm: no arm is registered")
    assert it.confidence is Confidence.CONFIRMED
    assert "its router saw nothing" in it.evidence


def test_its_router_saw_none_that_can_do_it() -> None:
    """The difference of the sets is what lacks."""
    case = with_arms(arm("coder", *NEEDED), available=frozenset({"python", "go"}))
    [it] = found(RULE, case)

    assert it.title.endswith("found no arm: none can do sql")
    assert it.remedy == "register an arm that can do sql"
    assert it.confidence is Confidence.CONFIRMED


@pytest.mark.parametrize(
    ("arms", "why", "confidence"),
    [
        ((down("coder"), down("judge")), "no arm is well", Confidence.LIKELY),
        ((arm("coder", "python"),), "none can do sql", Confidence.LIKELY),
        (
            (arm("coder", "python"), arm("judge", "sql")),
            "no one arm can do all of python and sql",
            Confidence.LIKELY,
        ),
        (
            (arm("judge", "go"), arm("coder", *NEEDED, "go")),
            "coder can do it now",
            Confidence.POSSIBLE,
        ),
        (
            (a_probe("judge"), arm("coder", "python")),
            "why cannot be told, as not every arm says what it can do",
            Confidence.CONFIRMED,
        ),
        (
            (arm("judge", "python"), down("coder", capabilities=NEEDED)),
            "none can do sql",
            Confidence.LIKELY,
        ),
    ],
)
def test_why_is_what_the_arms_tell_now(
    arms: tuple[Probe, ...], why: str, confidence: Confidence
) -> None:
    """One that is not well does nothing, whatever it could."""
    [it] = found(RULE, with_arms(*arms))

    assert it.title == f"task 23cb6baf found no arm: {why}"
    assert it.confidence is confidence


def test_what_its_router_saw_may_have_been_enough() -> None:
    """Then what there is now is looked at: the arm may have been busy."""
    [it] = found(RULE, with_arms(arm("coder", *NEEDED), available=NEEDED))

    assert it.title.endswith("coder can do it now")


def test_nobody_could_ask_the_arms() -> None:
    """Of no address is known."""
    case = services(probes=None, told=told(unmatched=(unmatched(),)))
    [it] = found(RULE, case)

    assert it.title.endswith("as nobody could ask the arms")
    assert len(it.evidence) == 2


def test_of_one_task_all_lines_are_one_finding() -> None:
    """Each tells a part; one without a task is of the queue."""
    lines = (
        unmatched(at=ago(minutes=2), required=None, available=frozenset({"sql"})),
        unmatched(at=ago(minutes=3), required=frozenset({"python"})),
        unmatched(task_id=None, required=frozenset()),
    )
    task = a_task(TASK, status="failed", error="No suitable arm found")
    scene = a_scene(told=told(unmatched=lines), probes=(down("a"),))
    one, none = found(RULE, of_scene(scene, tasks=(task,)))

    assert one.title == "task 23cb6baf found no arm: none can do python"
    assert one.evidence[0] == (
        "a line of 2026-01-31 11:58:00Z says so, and 1 more of it"
    )
    assert (none.subject.kind, none.subject.id) == ("queue", "queue")
    assert none.title == "a task found no arm: no arm is well"
    assert "it needs nothing" in none.evidence


def test_what_is_needed_is_told_in_one_line() -> None:
    """Its names are texts of others, and none is lost."""
    [it] = found(RULE, with_arms(arm("coder"), required=frozenset({"a\nb", "c"})))

    assert it.title.endswith("none can do a b and c")


def test_many_arms_are_counted_beyond_the_first() -> None:
    """Each is told once, those without a word of what they can do as well."""
    arms = [arm(f"arm-{n}") for n in range(7)]
    [it] = found(RULE, with_arms(a_probe("a"), *arms, task_id=TaskId("task-123")))

    assert it.title.startswith("task task-123 found")
    assert it.evidence[2].endswith("it does not say what it can do")
    assert it.evidence[3].endswith("it can do nothing")
    assert it.evidence[-1] == "and 2 more arms"
