from datetime import timedelta

import pytest

from bot.domain.figures import (
    Spread,
    answering,
    beats_ahead,
    counted,
    fleet_health,
    has_failed,
    listed,
    some,
    spread,
    waiting,
)
from tests.world import NOW, a_worker, ago


def test_nothing_measured_is_not_zero() -> None:
    """Without a known span every figure is unknown."""
    assert spread([None, None]) == Spread(median=None, p95=None, max=None)


def test_one_span_is_all_three_figures() -> None:
    """The smallest sample has itself for a median and a maximum."""
    assert spread([timedelta(seconds=3)]) == Spread(median=3.0, p95=3.0, max=3.0)


def test_unknown_spans_are_left_out() -> None:
    """A task that never ended neither raises nor lowers the figures."""
    spans = [timedelta(seconds=1), None, timedelta(seconds=4)]

    assert spread(spans) == Spread(median=2.5, p95=4.0, max=4.0)


def test_the_95th_percentile_is_a_span_that_occurred() -> None:
    """The nearest rank, so that one slow task in a hundred does not set it."""
    spans = [timedelta(seconds=n) for n in range(100, 0, -1)]

    assert spread(spans) == Spread(median=50.5, p95=95.0, max=100.0)


def test_figures_are_rounded_to_milliseconds() -> None:
    """Nobody reads microseconds."""
    assert spread([timedelta(microseconds=1_234_567)]).max == 1.235


def test_one_is_not_plural() -> None:
    """And thousands are set apart."""
    assert [some(n, "line") for n in (0, 1, 4321)] == [
        "0 lines",
        "1 line",
        "4,321 lines",
    ]


def test_what_waits_is_told_in_its_number() -> None:
    """One task waits, three wait."""
    assert waiting(1) == "1 task waits"
    assert waiting(1200) == "1,200 tasks wait"


def test_words_are_counted_most_frequent_first() -> None:
    """What is equally frequent stands by its name."""
    found = counted(["b", "a", "c", "c"])

    assert list(found.items()) == [("c", 2), ("a", 1), ("b", 1)]


def test_no_workers_give_no_rate() -> None:
    """Nothing failed of nothing is not a rate of zero."""
    health = fleet_health([], NOW)

    assert (health.total, health.failed, health.failure_rate) == (0, 0, None)


def test_active_workers_are_counted_by_their_heartbeat() -> None:
    """Healthy, ageing, stale, and those that never beat."""
    beats = [ago(seconds=5), ago(seconds=90), ago(minutes=6), None]
    workers = [
        a_worker(f"gpu-{n}", last_heartbeat_at=beat) for n, beat in enumerate(beats)
    ]

    health = fleet_health(workers, NOW)

    assert (health.healthy, health.ageing) == (1, 1)
    assert (health.stale, health.missing) == (1, 1)


def test_only_active_workers_have_a_pulse() -> None:
    """The old heartbeat of an ended worker worries nobody."""
    worker = a_worker(status="terminated", last_heartbeat_at=ago(hours=2))

    assert fleet_health([worker], NOW).stale == 0


def test_api_workers_count_by_status_alone() -> None:
    """They have no pod and no heartbeat to judge."""
    worker = a_worker(runs_on_gpu=False, last_heartbeat_at=None)

    health = fleet_health([worker], NOW)

    assert health.by_status == {"active": 1}
    assert (health.total, health.missing, health.failure_rate) == (1, 0, None)
    assert health.unjudged == 1


def test_the_failure_rate_leaves_scale_downs_out() -> None:
    """One crash among four workers is a quarter, whoever was scaled down."""
    workers = [
        a_worker("gpu-1"),
        a_worker("gpu-2", status="crashed"),
        a_worker("gpu-3", status="terminated"),
        a_worker("gpu-4", status="error", error_reason="Idle timeout (600s)"),
    ]

    health = fleet_health(workers, NOW)

    assert (health.failed, health.failure_rate) == (1, 0.25)


@pytest.mark.parametrize(
    ("status", "reason", "failed"),
    [
        ("active", None, False),
        ("spawning", None, False),
        ("terminated", None, False),
        ("error", "Idle timeout (600s)", False),
        ("terminated", "Spawning timeout", True),
        ("error", None, True),
        ("crashed", None, True),
    ],
)
def test_which_workers_failed(status: str, reason: str | None, *, failed: bool) -> None:
    """Given up for a reason, other than for having nothing to do."""
    assert has_failed(a_worker(status=status, error_reason=reason)) is failed


@pytest.mark.parametrize(
    ("names", "told"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")],
)
def test_names_are_listed_as_sentences_have_them(
    names: tuple[str, ...], told: str
) -> None:
    """With an `and` before the last."""
    assert listed(names) == told


def test_names_may_be_joined_by_another_word() -> None:
    """Such as an `or`."""
    assert listed(("a", "b", "c"), "or") == "a, b or c"


def test_services_are_judged_by_their_answers() -> None:
    """Those that answer well are healthy; one that does not is none of these."""
    rows = [
        a_worker("a", runs_on_gpu=False, last_heartbeat_at=NOW),
        a_worker("b", status="error", runs_on_gpu=False, last_heartbeat_at=None),
    ]
    found = fleet_health(answering(rows), NOW)

    assert (found.healthy, found.ageing, found.stale, found.missing) == (1, 0, 0, 0)
    assert (found.unjudged, found.failed) == (0, 1)
    assert fleet_health(rows, NOW).healthy == 0


def test_a_heartbeat_of_later_than_now_hides_a_death() -> None:
    """More than clocks differ; of several the farthest is told."""
    later = NOW + timedelta(hours=1)
    far = a_worker(last_heartbeat_at=later)
    near = a_worker("gpu-2", last_heartbeat_at=NOW + timedelta(seconds=31))
    well = a_worker("gpu-3", last_heartbeat_at=NOW + timedelta(seconds=30))
    ended = a_worker("gpu-4", status="terminated", last_heartbeat_at=later)
    said = f"the last heartbeat of {far.id} is 1 h ahead of the clock here"
    hides = ": a death would be seen that much later"

    assert beats_ahead([a_worker(), well, ended], NOW) == ()
    assert beats_ahead([well, far], NOW) == (said + hides,)
    assert beats_ahead([far, near], NOW) == (said + ", and of 1 other as well" + hides,)
