from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.service_names import Outcome
from bot.sources.octollm import answers
from bot.sources.octollm.asking import Reply
from tests.sources.octollm.samples import rows

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def reply(body: Any, status: int = 200, text: str = "") -> Reply:
    outcome = Outcome.OK if status == 200 else Outcome.STATUS
    why = "" if status == 200 else f"answered {status}"
    took = timedelta(milliseconds=3)
    return Reply(
        outcome=outcome, took=took, status=status, body=body, text=text, why=why
    )


@pytest.mark.parametrize(
    ("given", "strict", "outcome", "said"),
    [
        (reply({"status": "healthy"}), True, Outcome.OK, ""),
        (reply({"status": "OK"}), False, Outcome.OK, ""),
        (reply(None, text="OK\n"), False, Outcome.OK, ""),
        (reply(None, text="OK"), True, Outcome.NONSENSE, "answered what is no health"),
        (
            reply(None, text="<html>"),
            False,
            Outcome.NONSENSE,
            "answered what is no health",
        ),
        (reply([]), True, Outcome.NONSENSE, "answered what is no health"),
        (
            reply({"status": "degraded"}),
            True,
            Outcome.STATUS,
            "says that it is degraded",
        ),
        (
            reply({"status": f"{'x' * 34}=rpa_QzQzQzQz"}),
            True,
            Outcome.STATUS,
            f"says that it is {'x' * 34}=[hidd",
        ),
        (reply({"error": "no"}, 503), True, Outcome.STATUS, "answered 503: no"),
    ],
)
def test_health_is_what_is_said_and_not_the_status_alone(
    given: Reply, strict: bool, outcome: Outcome, said: str
) -> None:
    """An arm's stub says OK (systems/octollm.md, 1B.1), other services JSON."""
    probe = answers.probe("coder", given, NOON, strict=strict)

    assert (probe.outcome, probe.said, probe.well) == (
        outcome,
        said,
        outcome is Outcome.OK,
    )


def test_a_probe_tells_version_and_begin() -> None:
    """As the reflex layer does."""
    body = {"status": "healthy", "version": "0.1.0", "uptime_seconds": 60}
    probe = answers.probe("reflex-layer", reply(body), NOON, strict=True)
    plain = answers.probe("x", reply({"status": "ok", "version": 1}), NOON, strict=True)

    assert (probe.version, probe.begun_at) == ("0.1.0", NOON - timedelta(minutes=1))
    assert (plain.version, plain.begun_at) == (None, None)


def test_the_recorded_readiness_is_read_from_both_forms() -> None:
    """A 503 hides it within its error."""
    recorded = {row["name"]: row for row in rows("http_responses.jsonl")}
    well, ill = (
        answers.readiness("orchestrator", reply(row["body"], row["status"]))
        for row in (recorded["get_ready"], recorded["ready_reflex_down"])
    )

    assert well is not None
    assert (well.ready, well.failing) == (True, ())
    assert ill is not None
    assert (ill.ready, ill.failing) == (False, ("reflex_layer",))


@pytest.mark.parametrize("body", [None, "text", {"ready": "yes"}, {"error": "x"}])
def test_what_says_nothing_of_readiness_is_none(body: Any) -> None:
    """Another program may stand there."""
    assert answers.readiness("x", reply(body)) is None


def test_checks_may_be_words() -> None:
    """As the reflex layer's."""
    body = {"ready": False, "checks": {"redis": "down", "config": "ok", "odd": 1}}
    told = answers.readiness("reflex-layer", reply(body, 503))

    assert told is not None
    assert told.failing == ("redis", "odd")


def test_the_recorded_counters_are_read() -> None:
    """The breaker was open then."""
    [row] = [
        it for it in rows("http_responses.jsonl") if it["name"] == "debug_stats_after"
    ]
    told = answers.counters(row["body"]["reflex_metrics"])

    assert told is not None
    assert (told.requests, told.failed, told.cache_hits) == (19, 12, 7)
    assert (told.breaker, told.breaker_failures) == ("open", 5)


def test_counters_may_be_missing() -> None:
    """All of them, or some."""
    few = answers.counters({"total_requests": "many", "cache_hits": 10**40})

    assert answers.counters(None) is None
    assert few is not None
    assert (few.requests, few.cache_hits, few.breaker) == (0, 0, "unknown")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"capabilities": ["python", {"name": "sql"}, 3, {}]}, {"python", "sql"}),
        (["python"], {"python"}),
        ([], set()),
        ({"capabilities": "python"}, None),
        (None, None),
    ],
)
def test_capabilities_are_names(body: Any, names: set[str] | None) -> None:
    """None where none are told, which differs from having none."""
    assert answers.capabilities(body) == names


def a_series(job: str) -> dict[str, Any]:
    return {"metric": {"job": job}, "values": [[1.0, "2"], [2.0, "3"]]}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ([a_series("a")], [(1.0, 2.0), (2.0, 3.0)]),
        ([a_series("octo-orchestrator"), a_series("x")], [(1.0, 2.0), (2.0, 3.0)]),
        ([a_series("a"), a_series("b")], []),
        ([], []),
        (None, []),
        ([{"metric": {}, "values": [["x", "y"]]}], []),
        ([{"metric": {}, "values": [[10**400, "1"]]}], []),
        ([{"metric": {}, "values": [[1, "NaN"], [2, "1e300"], [3, "4"]]}], [(3, 4)]),
    ],
)
def test_the_orchestrator_s_series_is_found(
    result: Any, expected: list[tuple[float, float]]
) -> None:
    """The one that names it, or the only one; else none, and nothing is guessed."""
    assert answers.series(reply({"data": {"result": result}})) == expected
