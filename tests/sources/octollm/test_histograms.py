from datetime import timedelta
from typing import Any

import pytest

from bot.sources.octollm.histograms import load
from bot.sources.octollm.metrics import samples
from tests.sources.octollm.samples import METRICS

FAMILY = "orchestrator_http_request_duration_seconds"


def told(*, within: dict[str, Any], requests: str = "20", status: str = "200") -> str:
    lines = [f'{FAMILY}_count{{status="{status}"}} {requests}']
    lines += [
        f'{FAMILY}_bucket{{le="{le}",status="{status}"}} {number}'
        for le, number in within.items()
    ]
    return "\n".join(lines)


def test_the_real_histogram_tells_the_slow_requests() -> None:
    """The four that the reflex layer kept waiting (systems/octollm.md, 3B.12)."""
    found = load(samples(METRICS.read_text()), "orchestrator")

    assert found is not None
    assert (found.requests, found.failed, found.slow) == (36, 7, 4)
    assert (found.unavailable, found.uncaught) == (4, 0)
    assert found.p50 == timedelta(milliseconds=10)
    assert (found.p95, found.longest) == (None, None)
    assert found.bound == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("prompt", "slow", "p95"),
    [(20, 0, "1.0"), (19, 1, "1.0"), (18, 2, None)],
)
def test_a_span_is_the_bound_of_its_bucket(
    prompt: int, slow: int, p95: str | None
) -> None:
    """Of twenty the nineteenth counts; beyond the last bound nobody knows."""
    text = told(within={"0.5": 10, "1.0": prompt, "+Inf": 20})
    found = load(samples(text), "orchestrator")

    assert found is not None
    assert found.slow == slow
    assert found.p50 == timedelta(seconds=0.5)
    assert found.p95 == (timedelta(seconds=float(p95)) if p95 else None)


@pytest.mark.parametrize("requests", ["0", "NaN", "+Inf"])
def test_what_was_never_asked_has_no_load(requests: str) -> None:
    """Nor has a count that is no number."""
    assert load(samples(told(within={}, requests=requests)), "orchestrator") is None
    assert load(samples("up 1"), "orchestrator") is None


@pytest.mark.parametrize("within", [{"0.5": 3}, {"0.5": 3, "1.0": "NaN"}])
def test_without_a_bucket_of_a_second_none_is_called_slow(
    within: dict[str, Any],
) -> None:
    """Another version may have other buckets."""
    found = load(samples(told(within=within)), "orchestrator")

    assert found is not None
    assert found.slow == 0


def test_buckets_that_contradict_their_count_are_not_below_naught() -> None:
    """Two scrapes may be mixed."""
    found = load(
        samples(told(within={"1.0": 30, "odd": 1, "1.2.3": 1}, status="503")),
        "orchestrator",
    )

    assert found is not None
    assert (found.slow, found.unavailable, found.failed) == (0, 0, 20)


def test_bounds_and_numbers_that_no_request_has_tell_nothing() -> None:
    """A span of them could not be told."""
    text = told(within={"1.0": "1e300", "2": "20", "9" * 300: "20"})
    found = load(samples(text), "orchestrator")

    assert found is not None
    assert (found.requests, found.slow, found.bound) == (20, 0, timedelta(seconds=2))
    assert load(samples(told(within={}, requests="1e300")), "orchestrator") is None
