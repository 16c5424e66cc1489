from dataclasses import replace
from datetime import timedelta

from bot.domain.report import Facts, Table
from bot.domain.service_figures import figures, memory_of, of_figures, of_memory
from bot.domain.services import Cache, Metered, RateLimit, Safety, ServiceScene, Turn
from bot.domain.times import Window
from tests.service_scenes import (
    a_load,
    a_memory,
    a_scene,
    an_error,
    counts,
    told,
)
from tests.world import NOW, ago

SPAN = "from 2026-01-30 12:00:00Z"


def shown(scene: ServiceScene) -> dict[str, dict[str, object]]:
    """Return the facts under each title."""
    facts = (each for each in of_figures(scene) if isinstance(each, Facts))
    return {each.title: dict(each.rows) for each in facts}


def tables(scene: ServiceScene) -> dict[str, list[object]]:
    """Return the rows of each table."""
    found = (each for each in of_figures(scene) if isinstance(each, Table))
    return {each.title: [*each.rows] for each in found}


def test_requests_count_those_that_nobody_caught() -> None:
    """Which neither metrics nor lines of requests tell of."""
    load = a_load(failed=3, uncaught=2, slow=4)
    scene = a_scene(told=told(http=(load,)))

    assert tables(scene)[f"Requests {SPAN}"] == [
        ("orchestrator", 102, "5, 5% (2 uncaught)", "8 ms", "40 ms", "90 ms", 4)
    ]
    [request] = figures(scene).requests or ()
    assert (request.requests, request.uncaught, request.error_rate) == (100, 2, 0.049)
    assert request.p95_seconds == 0.04


def test_without_lines_metrics_tell_of_requests() -> None:
    """Spans beyond the last bucket are not known, nor is a rate of none."""
    measured = a_load(requests=0, p50=None, p95=None, longest=None)
    scene = a_scene(told=None, measured=measured)

    [(title, rows)] = tables(scene).items()
    assert title.startswith("Requests since it began, by its metrics")
    assert rows == [("orchestrator", 0, "0", None, None, None, 0)]
    assert figures(scene).requests is None
    assert figures(scene).rate_limits is None
    assert tables(a_scene(told=None)) == {}


def test_a_time_beyond_what_metrics_tell_is_called_so() -> None:
    """The last bucket has no end."""
    measured = a_load(p95=None, longest=None, bound=timedelta(seconds=1))
    scene = a_scene(told=None, measured=measured)

    assert [*tables(scene).values()] == [
        [("orchestrator", 100, "0, 0%", "8 ms", "over 1 s", None, 0)]
    ]


def test_errors_are_counted_by_type_else_by_event() -> None:
    """With their first and last time, of a window that is over with its end."""
    error = an_error("ValidationError", count=4, at=ago(minutes=5), last_at=NOW)
    window = Window(since=ago(hours=24), until=ago(hours=1))
    scene = a_scene(told=told(errors=(error,)), window=window)

    title = f"Errors by type {SPAN} to 2026-01-31 11:00:00Z"
    assert tables(scene)[title] == [
        ("ValidationError", 4, "orchestrator", ago(minutes=5), NOW)
    ]
    [found] = figures(scene).errors or ()
    assert (found.type, found.named, found.count) == ("ValidationError", True, 4)


def test_the_reflex_layer_s_work_is_told_without_what_it_found() -> None:
    """Numbers by pattern, never the values."""
    turns = (
        Turn(at=ago(minutes=9), service="orchestrator", state="open", refused=2),
        Turn(at=ago(minutes=2), service="orchestrator", state="closed"),
    )
    safety = Safety(
        pii=3, injections=1, blocked=1, pii_stored=2, by_pattern={"email": 3}
    )
    scene = a_scene(
        told=told(breaker=turns, safety=safety, cache=Cache(checks=8, hits=2))
    )

    assert shown(scene)[f"Reflex layer {SPAN}"] == {
        "circuit breaker": "closed since 2026-01-31 11:58:00Z",
        "submits it turned away": 2,
        "cache": "2 of 8 found, 25%",
        "personal data": "3 found, 2 in tasks that were let through: email 3",
        "injections": 1,
        "tasks it blocked": 1,
    }
    reflex = figures(scene).reflex
    assert reflex is not None
    assert (reflex.cache_hit_rate, reflex.pii_by_pattern) == (0.25, {"email": 3})


def test_a_breaker_s_state_is_the_one_that_is_said_now() -> None:
    """Lines that say otherwise are of before; else they tell it, or nobody does."""
    turn = Turn(at=ago(minutes=9), service="orchestrator", state="open")
    later = a_scene(reflex=counts(breaker="closed"), told=told(breaker=(turn,)))
    alone = a_scene(reflex=None, told=told(breaker=(turn,)))
    title = f"Reflex layer {SPAN}"

    assert shown(later)[title]["circuit breaker"] == "closed"
    assert shown(alone)[title]["circuit breaker"] == "open since 2026-01-31 11:51:00Z"
    silent = a_scene(reflex=None, told=told(safety=None, cache=None))
    assert title not in shown(silent)
    assert figures(silent).reflex is None
    bare = a_scene(told=told(safety=None, cache=None))
    assert shown(bare)[title] == {"circuit breaker": "closed"}
    plain = Safety(pii=1, injections=0, blocked=0, pii_stored=0)
    found = shown(a_scene(told=told(safety=plain)))[title]
    assert found["personal data"] == "1 found, 0 in tasks that were let through"


def test_calls_that_were_too_many_say_when_they_may_be_tried() -> None:
    """By the last that tells it; where none does, that is left out."""
    limit = RateLimit(at=ago(minutes=3), service="coder", event="openai.rate_limit")
    first = replace(limit, retry_after=timedelta(seconds=20))
    title = f"Turned away for their number {SPAN}"
    known = shown(a_scene(told=told(limits=(first, limit))))
    unknown = shown(a_scene(told=told(limits=(limit,))))

    assert known[title] == {
        "calls": 2,
        "the last at": ago(minutes=3),
        "may be tried again": "20 s after it",
    }
    assert "may be tried again" not in unknown[title]


def test_metrics_tell_counts_means_and_speed() -> None:
    """Of what they don't count nothing is said."""
    counted = Metered(
        service="orchestrator",
        submitted=10,
        by_status={"completed": 3, "failed": 1},
        active=2,
        took={"coder": timedelta(seconds=2), "": timedelta(milliseconds=40)},
        arm_failures={"coder-001": 1},
        reflex_calls={"Success": 9},
        per_minute=1.5,
    )
    title = "Counted by the orchestrator since it began"

    assert shown(a_scene(counted=counted))[title] == {
        "tasks submitted": 10,
        "of these in a minute": "1.5",
        "tasks completed": 3,
        "tasks failed": 1,
        "share that failed": "25%",
        "tasks active": 2,
        "mean of coder": "2 s",
        "mean of all tasks": "40 ms",
        "failures of coder-001": 1,
        "reflex calls Success": 9,
    }
    nothing = a_scene(counted=Metered(service="orchestrator", submitted=None))
    assert title not in shown(nothing)
    metrics = figures(nothing).metrics
    assert metrics is not None
    assert (metrics.submitted, metrics.failure_rate) == (None, None)


def test_memory_tells_its_growth_once_it_is_known() -> None:
    """It takes three looks; a megabyte is as large as that of the finding."""
    young = memory_of(
        a_scene(memory=a_memory(scrapes=1, growth_per_hour=None)), "orchestrator"
    )
    grown = figures(a_scene(memory=a_memory(growth_per_hour=2e6))).memory
    assert young is not None
    assert grown is not None

    assert dict(of_memory(grown).rows)["growth"] == "+2.0 MB an hour"
    assert dict(of_memory(young).rows) == {
        "resident": "100.0 MB",
        "growth": "cannot tell yet: 1 of 3 looks that it takes",
        "seen over": "1 h",
        "running since": ago(hours=1),
    }
    assert memory_of(a_scene(), "reflex-layer") is None
    assert memory_of(a_scene(memory=None), "orchestrator") is None
    assert "Memory of the orchestrator" not in shown(a_scene(memory=None))
