"""How a breaker turned, where lines tell it and where calls prove it."""

import pytest

from bot.domain.logs import LogLine
from bot.sources.octollm.turns import ENOUGH_PASSED, ONE_PASSED, turns
from tests.sources.octollm.told import a_line, after

OPEN = a_line(1, "circuit_breaker.open", level="WARNING", count=5)
HALF_OPEN = a_line(61, "circuit_breaker.half_open")


def went_well(second: float, **fields: object) -> LogLine:
    """Return the line of an answer of the reflex layer."""
    return a_line(second, "reflex_client.request_success", **fields)  # type: ignore[arg-type]


def refused(second: float) -> LogLine:
    """Return the line of a submit that was turned away."""
    return a_line(second, "task.reflex_circuit_breaker_open", level="ERROR")


def states(*lines: LogLine) -> list[str]:
    """Return the states in their order."""
    return [each.state for each in turns(lines)]


def test_what_goes_well_after_it_opened_proves_that_it_tries_again() -> None:
    """Its own line may be of a level that is not written."""
    _, turn = turns((OPEN, refused(2), went_well(70)))

    assert (turn.at, turn.state, turn.reason) == (after(70), "half_open", ONE_PASSED)
    assert turn.service == "orchestrator"


@pytest.mark.parametrize("begun", [OPEN, HALF_OPEN])
def test_three_that_go_well_prove_that_it_closed(begun: LogLine) -> None:
    """Two do not (systems/octollm.md, 3B, 4)."""
    calls = [went_well(70), went_well(71), went_well(72), went_well(73)]

    assert "closed" not in states(begun, *calls[:2])
    closed = turns((begun, *calls))[-1]
    assert (closed.at, closed.state, closed.reason) == (
        after(72),
        "closed",
        ENOUGH_PASSED,
    )


def test_what_was_on_its_way_when_it_opened_proves_nothing() -> None:
    """Nor does another service's."""
    slow = went_well(3, duration_seconds=2.5)

    assert states(OPEN, slow, went_well(70, service="other")) == ["open"]


def test_what_it_refuses_later_proves_that_it_is_open() -> None:
    """Another process of the same name may have let a call through."""
    assert states(OPEN, went_well(70), refused(71)) == ["open"]
    assert turns((OPEN, went_well(70), refused(71)))[0].refused == 1


def test_what_lines_tell_is_told_once() -> None:
    """Also that a trial failed."""
    closed = a_line(72, "circuit_breaker.closed")
    failed = a_line(80, "circuit_breaker.open", reason="half_open_failure")
    again = a_line(80, "circuit_breaker.open", reason="failure_threshold_exceeded")
    calls = (went_well(70), went_well(71), went_well(71.5))

    assert states(OPEN, HALF_OPEN, *calls, closed) == ["open", "half_open", "closed"]
    assert states(OPEN, went_well(70), failed) == ["open", "open"]
    assert states(OPEN, *calls, again) == ["open", "half_open", "closed", "open"]
