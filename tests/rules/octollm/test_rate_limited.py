from datetime import timedelta
from typing import Any

import pytest

from bot.domain.findings import Severity
from bot.domain.service_names import ORCHESTRATOR, REFLEX
from bot.domain.services import RateLimit
from tests.service_scenes import found, of_scene, said, services
from tests.world import ago

RULE = "rate-limited"


def a_limit(event: str = "openai.rate_limit", **given: Any) -> RateLimit:
    values: dict[str, Any] = {"at": ago(minutes=1), "service": "coder"}
    return RateLimit(event=event, **(values | given))


def test_nobody_was_turned_away() -> None:
    """Or nobody could read it."""
    assert found(RULE, said()) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_the_model_s_provider_turns_an_arm_away() -> None:
    """Until when it wants to be left alone is told."""
    limits = (
        a_limit(retry_after=timedelta(seconds=20), at=ago(seconds=30)),
        a_limit(at=ago(seconds=90)),
    )
    [it] = found(RULE, said(limits=limits))

    assert it.title == (
        "the model's provider turned coder away 2 times, last at 2026-01-31 11:59:30Z"
    )
    assert it.evidence == (
        "coder wrote openai.rate_limit 2 times",
        "the first was at 2026-01-31 11:58:30Z",
        "its last Retry-After is 20 s, until 2026-01-31 11:59:50Z",
    )
    assert (it.subject.kind, it.subject.id) == ("worker", "coder")
    assert it.ask == "logs --source coder --search rate_limit"


@pytest.mark.parametrize(
    ("seconds", "severity"), [(3600, Severity.WARNING), (3601, Severity.INFO)]
)
def test_what_is_over_for_an_hour_is_only_worth_knowing(
    seconds: int, severity: Severity
) -> None:
    """An hour exactly may go on."""
    [it] = found(RULE, said(limits=(a_limit(at=ago(seconds=seconds)),)))

    assert it.severity is severity


def test_both_sides_tell_of_the_same_calls() -> None:
    """The reflex layer's and the orchestrator's lines are not added up."""
    theirs = [
        a_limit("Rate limit exceeded", service=REFLEX, at=ago(seconds=n))
        for n in range(3)
    ]
    ours = (
        a_limit("reflex_client.request_success", service=ORCHESTRATOR),
        a_limit("reflex_client.http_error", service=ORCHESTRATOR),
    )
    [it] = found(RULE, said(limits=(*theirs, *ours)))

    assert it.title.startswith("the reflex layer turned calls away 3 times")
    assert it.evidence == (
        "orchestrator wrote reflex_client.http_error 1 time",
        "orchestrator wrote reflex_client.request_success 1 time",
        "reflex-layer wrote Rate limit exceeded 3 times",
        "the first was at 2026-01-31 11:59:00Z",
    )
    assert "a burst of 10 and 100 an hour" in it.remedy
    assert it.ask == "logs --source reflex-layer --search limit"


def test_the_orchestrator_alone_may_tell_of_the_reflex_layer() -> None:
    """Then its lines are looked for, by what they hold."""
    limits = (a_limit("reflex_client.http_error", service=ORCHESTRATOR),)
    [it] = found(RULE, said(limits=limits))

    assert it.subject.id == REFLEX
    assert it.ask == "logs --source orchestrator --search 429"


def test_a_service_turns_its_callers_away() -> None:
    """By its own answer, and apart from what others do to it."""
    limits = (a_limit("http.request", service=ORCHESTRATOR), a_limit())
    first, own = found(RULE, said(limits=limits))

    assert first.title.startswith("the model's provider turned coder away 1 time")
    assert "100 an hour (Free), 50 and 1,000 (Basic)" in own.remedy
    assert [it.subject.id for it in found(RULE, said(limits=limits))] == [
        "coder",
        ORCHESTRATOR,
    ]
