from datetime import timedelta

import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.service_names import REFLEX, Outcome
from bot.rules.book import judge
from bot.rules.octollm.service_down import REMEDIES, TOLD
from tests.service_scenes import (
    a_probe,
    an_error,
    down,
    found,
    of_scene,
    services,
    told,
)

RULE = "service-down"


def test_services_that_are_well_are_not_down() -> None:
    """However long they took: what answers within its time is well."""
    slow = a_probe(took=timedelta(seconds=4.9))

    assert found(RULE, services(probes=(slow, a_probe(REFLEX)))) == []


def test_nothing_is_down_where_nobody_was_asked() -> None:
    """No address is set, or the case is of no services."""
    assert found(RULE, services(probes=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_service_that_refuses_is_down() -> None:
    """The proof tells when it was asked, what came, and after how long."""
    [it] = found(RULE, services(probes=(down(), a_probe(REFLEX))))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == "the orchestrator is down: it refuses connections"
    assert (it.subject.kind, it.subject.id) == ("orchestrator", "orchestrator")
    assert it.evidence == (
        "GET /health at 2026-01-31 12:00:00Z: connection refused, after 4 ms",
    )
    assert it.ask == "logs --source orchestrator"


def test_a_service_that_is_late_is_down() -> None:
    """Its process may be there, and hang."""
    late = down(
        REFLEX,
        outcome=Outcome.TIMEOUT,
        said="no answer within 5 s",
        took=timedelta(seconds=5),
    )
    [it] = found(RULE, services(probes=(late,)))

    assert (it.subject.kind, it.subject.id) == ("worker", REFLEX)
    assert it.evidence == (
        "GET /health at 2026-01-31 12:00:00Z: no answer within 5 s, after 5 s",
    )


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.NONSENSE])
def test_a_service_that_could_not_be_asked_is_likely_down(outcome: Outcome) -> None:
    """Our address of it may be wrong."""
    [it] = found(RULE, services(probes=(down(outcome=outcome),)))

    assert it.confidence is Confidence.LIKELY


def test_an_arm_that_is_down_is_a_warning() -> None:
    """Others may be left that can do its work."""
    [it] = found(RULE, services(probes=(a_probe(), down("coder"))))

    assert it.severity is Severity.WARNING
    assert it.title == "coder is down: it refuses connections"


def test_what_is_down_now_goes_before_what_is_over() -> None:
    """Of what is as bad; and before what was away and is back."""
    case = services(
        probes=(a_probe(), down("coder")),
        told=told(errors=(an_error("task.reflex_unavailable"),)),
    )

    assert [each.rule for each in judge(case)][:2] == [RULE, "reflex-unavailable"]


def test_every_outcome_but_the_good_one_is_told() -> None:
    """A new one must get its words."""
    assert set(TOLD) == set(REMEDIES) == set(Outcome) - {Outcome.OK}
