from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.services import Turn
from bot.rules.octollm.breaker_open import RULES
from tests.service_scenes import (
    a_memory,
    an_error,
    counts,
    found,
    of_scene,
    services,
    told,
)
from tests.world import ago

RULE = "breaker-open"
REASON = "failure_threshold_exceeded"


def turn(state: str, seconds: float, **given: Any) -> Turn:
    """Return a change of the breaker's state, so many seconds ago."""
    return Turn(at=ago(seconds=seconds), service="orchestrator", state=state, **given)


def opened(seconds: float = 30, **given: Any) -> Turn:
    """Return its opening after five failures."""
    values: dict[str, Any] = {"reason": REASON, "count": 5}
    return turn("open", seconds, **(values | given))


def turning(*turns: Turn, now: str | None = None) -> Case:
    """Return a case of a breaker that turned so, and that the orchestrator tells of."""
    reflex = counts(breaker=now, breaker_failures=5) if now else None
    return services(reflex=reflex, told=told(breaker=turns))


def test_a_breaker_that_never_opened_is_nothing() -> None:
    """Whether the orchestrator tells of it or not; a word not known tells nothing."""
    assert found(RULE, turning(now="closed")) == []
    assert found(RULE, turning(now="unknown")) == []
    assert found(RULE, turning()) == []
    assert found(RULE, services(reflex=None, told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_an_open_breaker_tells_since_when_and_what_it_refused() -> None:
    """And how it closes again."""
    [it] = found(RULE, turning(opened(refused=2), now="open"))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == (
        "the reflex layer's circuit breaker is open since 2026-01-31 11:59:30Z, 2"
        " submits refused"
    )
    assert it.evidence == (
        f"open at 2026-01-31 11:59:30Z, 30 s ago: {REASON}, 5 failures",
        "GET /debug/stats: open, 5 failures counted",
        RULES,
    )
    assert it.remedy == (
        "mend the reflex layer; until 2026-01-31 12:00:30Z every submit is refused"
    )


@pytest.mark.parametrize(
    ("reason", "shown"), [("\n", ""), ("too many\nfailures", ": too many")]
)
def test_a_reason_is_told_in_one_line(reason: str, shown: str) -> None:
    """It is a text of others."""
    [it] = found(RULE, turning(opened(reason=reason, count=None)))

    assert it.evidence[0] == f"open at 2026-01-31 11:59:30Z, 30 s ago{shown}"


@pytest.mark.parametrize(("seconds", "refused"), [(59, True), (60, False)])
def test_a_minute_after_it_opened_one_may_try(seconds: int, refused: bool) -> None:
    """It stays open until somebody submits (systems/octollm.md, 3B, 4)."""
    [it] = found(RULE, turning(opened(seconds)))

    assert it.confidence is Confidence.LIKELY
    assert ("every submit is refused" in it.remedy) is refused
    assert ("let through as a trial" in it.remedy) is not refused


def test_one_that_failed_its_trial_is_open_since_the_first_time() -> None:
    """It counts from the opening that no closing followed."""
    turns = (
        opened(200, refused=3),
        turn("half_open", 130),
        turn("open", 129, reason="half_open_failure", refused=1),
    )
    [it] = found(RULE, turning(*turns))

    assert "since 2026-01-31 11:56:40Z, 4 submits refused" in it.title
    assert it.evidence[0] == (
        "open at 2026-01-31 11:56:40Z, 3 min 20 s ago: half_open_failure; it opened 2"
        " times"
    )


def test_one_that_tries_again_is_a_warning() -> None:
    """Three that go well close it."""
    [it] = found(RULE, turning(opened(90), turn("half_open", 20), now="half_open"))

    assert it.severity is Severity.WARNING
    assert it.title.startswith(
        "the reflex layer's circuit breaker tries again, open si"
    )
    assert it.evidence[1] == "half-open at 2026-01-31 11:59:40Z, 20 s ago"
    assert "after 3 that go well it closes" in it.remedy


@pytest.mark.parametrize(
    ("seconds", "severity"), [(3600, Severity.WARNING), (3601, Severity.INFO)]
)
def test_one_that_closed_is_a_warning_for_an_hour(
    seconds: int, severity: Severity
) -> None:
    """Then it is history; how often it opened in the window is told."""
    turns = (
        opened(9000),
        turn("closed", 8000),
        opened(seconds + 90, refused=2),
        turn("closed", seconds),
    )
    [it] = found(RULE, turning(*turns, now="closed"))

    assert it.severity is severity
    assert it.title.endswith("Z and closed again, 2 submits refused")
    assert it.evidence[2] == "the window holds 2 such times"


def test_what_it_is_now_counts_more_than_the_lines() -> None:
    """It may be a new process, or its line was not read."""
    [over] = found(RULE, turning(opened(5000), now="closed"))

    assert over.severity is Severity.INFO
    assert over.title.endswith(" and closed again, 0 submits refused")


@pytest.mark.parametrize(("seconds", "over"), [(30, False), (29, True)])
def test_a_process_that_began_since_has_a_breaker_of_its_own(
    seconds: int, over: bool
) -> None:
    """It begins closed, and no line says so."""
    memory = a_memory(begun_at=ago(seconds=seconds))
    lines = told(breaker=(opened(30),))
    [it] = found(RULE, services(reflex=None, memory=memory, told=lines))

    assert (it.severity is Severity.WARNING) is over
    assert (" and closed again" in it.title) is over
    assert any("began anew at" in each for each in it.evidence) is over


def test_one_may_have_opened_before_the_window() -> None:
    """What was refused since is counted by its errors."""
    refused = an_error("task.reflex_circuit_breaker_open", count=7)
    now = counts(breaker="open", breaker_failures=5)
    case = services(reflex=now, told=told(errors=(refused, an_error("other"))))
    [it] = found(RULE, case)
    [bare] = found(RULE, services(reflex=now, told=None))

    assert it.title == "the reflex layer's circuit breaker is open"
    assert it.evidence == (
        "7 submits refused in the window, last at 2026-01-31 11:59:00Z",
        "GET /debug/stats: open, 5 failures counted",
        RULES,
    )
    assert bare.evidence == it.evidence[1:]
    assert "60" not in it.remedy
    assert "1 min after it opened one may try" in it.remedy


def test_one_that_closed_and_is_open_now_opened_unseen() -> None:
    """The last that lines tell of was over."""
    turns = (opened(500, refused=2), turn("closed", 400))
    [it] = found(RULE, turning(*turns, now="open"))

    assert it.title == "the reflex layer's circuit breaker is open"


def test_one_whose_opening_is_not_told_closed() -> None:
    """Its window began in between."""
    [it] = found(RULE, turning(turn("closed", 4000)))

    assert it.title == (
        "the reflex layer's circuit breaker opened and closed again, 0 submits refused"
    )
