from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.services import Cache, ReflexAnswers, Told
from bot.domain.times import Window
from bot.sources.octollm.tally import tally
from tests.sources.octollm.samples import CONSOLE, LOST, RUN, at, logs
from tests.sources.octollm.told import HOUR, a_line, after


async def real() -> Told:
    """Return what the lines of the real run tell."""
    read = await logs().all(RUN, lambda _: True)
    return tally(read.rows, RUN, whole=read.whole)


async def test_the_real_errors_are_counted_by_kind() -> None:
    """25 of 32 name no kind: their events do (systems/octollm.md, 2B)."""
    told = await real()

    counts = {(each.kind, each.named): each.count for each in told.errors}
    assert sum(counts.values()) == 32
    assert counts == {
        ("reflex_client.http_error", False): 12,
        ("reflex_client.service_unavailable", False): 4,
        ("task.reflex_unavailable", False): 4,
        ("ValidationError", True): 4,
        ("reflex_client.circuit_breaker_open", False): 2,
        ("task.reflex_circuit_breaker_open", False): 2,
        ("OperationalError", True): 2,
        ("DetachedInstanceError", True): 1,
        ("database.health_check_failed", False): 1,
    }
    first = min(each.first_at for each in told.errors)
    assert first == at("08:55:30.065797")


async def test_the_real_requests_are_counted_with_the_uncaught() -> None:
    """43 lines, of which 8 end with 500 or more; 7 exceptions have no line."""
    [load] = (await real()).http

    assert (load.requests, load.uncaught, load.slow) == (43, 7, 4)
    assert (load.failed, load.unavailable) == (8, 4)
    assert load.failed_at == at("09:00:08.419247")
    assert load.error_rate == pytest.approx(15 / 50)
    assert load.longest is not None
    assert round(load.longest.total_seconds(), 2) == 3.02
    assert load.p50 is not None
    assert load.p95 is not None
    assert load.p50 < timedelta(milliseconds=10) < timedelta(seconds=3) < load.p95


async def test_the_real_breaker_opened_and_closed() -> None:
    """Once each; two submits were turned away."""
    turns = (await real()).breaker

    assert [(turn.state, turn.refused) for turn in turns] == [
        ("open", 2), ("half_open", 0), ("closed", 0)
    ]  # fmt: skip
    assert (turns[0].reason, turns[0].count) == ("failure_threshold_exceeded", 5)
    assert turns[2].reason == "successful_recovery"


async def test_the_real_checks_are_counted_without_what_they_found() -> None:
    """One of two is let through with personal data in it, and so is the other."""
    told = await real()

    assert told.safety is not None
    safety = told.safety
    assert (safety.pii, safety.injections, safety.blocked, safety.pii_stored) == (
        2,
        2,
        2,
        2,
    )
    assert told.cache == Cache(checks=14, hits=6)


async def test_the_real_lost_task_is_found() -> None:
    """The fourteenth that passed."""
    told = await real()

    [lost] = told.lost
    assert (lost.task_id, lost.request_id) == (LOST, "req-dbdown-1")
    assert lost.error is not None
    assert "Connection refused" in lost.error
    assert len(told.database_down) == 3
    assert len(told.uncaught) == 7
    assert (told.pool, told.limits, told.unmatched, told.startups) == ((), (), (), ())
    assert told.whole


async def test_a_server_s_echo_of_an_exception_is_not_counted_twice() -> None:
    """The console has both; where only the echo is there, it counts."""
    window = Window(since=at("09:10"), until=at("09:20"))
    read = await logs(CONSOLE).all(window, lambda _: True)
    echo = a_line(1, "Exception in ASGI application", level="ERROR")

    told = tally(read.rows, window)
    [alone] = tally([echo], HOUR).errors

    assert sum(each.count for each in told.errors) == 28
    assert alone.kind == "Exception in ASGI application"


def test_nothing_told_is_none_and_not_naught() -> None:
    """A share of no checks is unknown."""
    told = tally([], HOUR)

    assert told == Told()
    assert (told.safety, told.cache) == (None, None)


def test_exceptions_alone_are_a_load_too() -> None:
    """Every request of the window failed so."""
    [load] = tally([a_line(1, "http.uncaught_exception", level="ERROR")], HOUR).http

    assert (load.requests, load.p50, load.error_rate) == (0, None, 1.0)


def test_the_guide_s_events_are_counted_as_well() -> None:
    """Patterns of what was found, never examples; the cache's hits."""
    told = tally(
        [
            a_line(1, "pii.detected", pattern="email", count=2, examples="[hidden]"),
            a_line(2, "pii.detected", pattern="email"),
            a_line(3, "pii.detected", count="many"),
            a_line(4, "cache.hit"),
            a_line(5, "cache.miss"),
        ],
        HOUR,
    )

    assert told.safety is not None
    assert told.safety.by_pattern == {"email": 3, "unnamed": 1}
    assert (told.safety.pii, told.safety.pii_stored) == (4, 0)
    assert told.cache == Cache(checks=2, hits=1)


@pytest.mark.parametrize("checked", [True, False], ids=["checked", "blocked alone"])
def test_a_blocked_task_s_injection_counts_once(checked: bool) -> None:
    """Its check tells of it as well, where that line was read."""
    found: dict[str, Any] = {"injection_detected": True, "pii_detected": True}
    lines = [a_line(n, "task.blocked_by_reflex", **found) for n in (2, 4)]
    checks = [
        a_line(n, "reflex_client.request_success", status="Blocked", **found)
        for n in (1, 3)
    ]

    safety = tally([*(checks if checked else []), *lines], HOUR).safety

    assert safety is not None
    assert (safety.injections, safety.blocked, safety.pii) == (2, 2, 2)


def test_limits_are_told_with_when_to_try_again() -> None:
    """By the model's provider, by the reflex layer, and by a status."""
    lines = [
        a_line(1, "openai.rate_limit", retry_after=20),
        a_line(2, "Rate limit exceeded for IP: 10.0.0.1", service="reflex-layer"),
        a_line(3, "reflex_client.request_success", status="RateLimited"),
        a_line(4, "http.request", status_code=429, duration_seconds=0.1),
        a_line(5, "http.request", status_code=200, duration_seconds=0.1),
        a_line(6, "openai.rate_limit", retry_after="soon"),
        a_line(7, "reflex_client.http_error", level="ERROR", status_code=429),
        a_line(8, "reflex_client.http_error", level="ERROR", status_code=500),
    ]
    limits = tally(lines, HOUR).limits

    assert [each.at for each in limits] == [after(it) for it in (1, 2, 3, 4, 6, 7)]
    assert [each.retry_after for each in limits][::4] == [timedelta(seconds=20), None]
    assert limits[1].event == "Rate limit exceeded"  # without the address


def test_shares_are_those_of_the_nearest_rank() -> None:
    """Of twenty, the tenth and the nineteenth."""
    lines = [
        a_line(n, "http.request", status_code=200, duration_seconds=n / 1000)
        for n in range(1, 21)
    ]
    [load] = tally(lines, HOUR).http

    assert (load.p50, load.p95) == (
        timedelta(milliseconds=10),
        timedelta(milliseconds=19),
    )


def test_what_is_turned_away_before_any_turn_is_not_counted() -> None:
    """It opened before the window."""
    lines = [
        a_line(1, "task.reflex_circuit_breaker_open", level="ERROR"),
        a_line(2, "circuit_breaker.reset", reason="manual"),
    ]

    [turn] = tally(lines, HOUR).breaker
    assert (turn.state, turn.reason, turn.count, turn.refused) == (
        "reset",
        "manual",
        None,
        0,
    )


async def test_the_last_real_task_was_stored_after_the_database_was_back() -> None:
    """Which its outage ended before."""
    told = await real()

    assert told.stored_at is not None
    assert told.stored_at > max(told.database_down)
    assert tally([], HOUR).stored_at is None


async def test_no_real_answer_bore_the_id_of_its_request() -> None:
    """The client does not send it on (systems/octollm.md, 0.9)."""
    assert (await real()).answers == ReflexAnswers(
        accepted=16,
        forwarded=0,
        newest_request="req-recover-3",
        newest_at=at("09:00:31.428439"),
    )


def test_an_answer_that_bears_the_request_s_id_was_sent_on() -> None:
    """One that nothing follows is not judged: its request may not be told yet."""
    answer = "reflex_client.request_success"
    lines = [
        a_line(1, answer, reflex_request_id="r1"),
        replace(a_line(2, "task.passed_reflex_check", task="a"), request_id="r1"),
        a_line(3, answer, reflex_request_id="own"),
        replace(a_line(4, "task.blocked_by_reflex", task="b"), request_id="r2"),
        a_line(5, answer, reflex_request_id="late"),
    ]

    assert tally(lines, HOUR).answers == ReflexAnswers(
        accepted=2, forwarded=1, newest_request="r2", newest_at=after(3)
    )
    assert tally(lines[:1], HOUR).answers is None
    assert tally(lines[1:2], HOUR).answers is None
