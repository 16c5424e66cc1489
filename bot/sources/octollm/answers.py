"""What the services' answers mean. Nothing in them is taken for granted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, TypeGuard

from bot.domain.excerpts import start_of
from bot.domain.service_names import Outcome
from bot.domain.services import Probe, Readiness, ReflexCounts
from bot.sources.octollm.asking import Reply, said
from bot.sources.octollm.metrics import MOST

ORCHESTRATOR: Final = "orchestrator"
_WELL: Final = frozenset({"healthy", "ok", "up", "ready", "alive", "running"})


def probe(name: str, reply: Reply, now: datetime, *, strict: bool) -> Probe:
    """Return what a reply says of its health; *strict*: in the known JSON alone."""
    body = reply.body if isinstance(reply.body, dict) else {}
    state = body.get("status")
    outcome, why = reply.outcome, said(reply)
    if outcome is Outcome.OK and isinstance(state, str):
        if state.lower() not in _WELL:
            outcome, why = Outcome.STATUS, f"says that it is {start_of(state, 40)}"
    elif outcome is Outcome.OK and (strict or reply.text.strip().upper() != "OK"):
        outcome, why = Outcome.NONSENSE, "answered what is no health"
    uptime = body.get("uptime_seconds")
    begun = None
    if isinstance(uptime, int | float) and 0 <= uptime < 1e10:
        begun = now - timedelta(seconds=uptime)
    version = body.get("version")
    return Probe(
        service=name,
        at=now,
        outcome=outcome,
        took=reply.took,
        status_code=reply.status,
        said=why,
        version=version if isinstance(version, str) else None,
        begun_at=begun,
    )


def readiness(service: str, reply: Reply) -> Readiness | None:
    """Return what a reply says, 503 or not; None when it says nothing."""
    body = reply.body if isinstance(reply.body, dict) else {}
    if isinstance(body.get("error"), dict):
        body = body["error"]
    ready, checks = body.get("ready"), body.get("checks")
    if not isinstance(ready, bool):
        return None
    held = checks if isinstance(checks, dict) else {}
    return Readiness(
        service=service,
        ready=ready,
        checks={str(key): _is_well(each) for key, each in held.items()},
    )


def _is_well(check: object) -> bool:
    return check.lower() in _WELL if isinstance(check, str) else check is True


def is_count(value: object) -> TypeGuard[int]:
    """Tell whether it is a number of things, as many as there may be."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return 0 <= value < MOST


def counters(held: object) -> ReflexCounts | None:
    """Return the reflex counters of `/debug/stats`; None where there are none."""
    if not isinstance(held, dict):
        return None

    def number(name: str) -> int:
        value = held.get(name)
        return value if is_count(value) else 0

    return ReflexCounts(
        requests=number("total_requests"),
        failed=number("failed_requests"),
        blocked=number("blocked_requests"),
        pii=number("pii_detections"),
        injections=number("injection_detections"),
        cache_hits=number("cache_hits"),
        breaker=str(held.get("circuit_breaker_state", "unknown")).lower(),
        breaker_failures=number("circuit_breaker_failure_count"),
    )


def capabilities(body: object) -> frozenset[str] | None:
    """Return what an arm says that it can do, as names or as records with names."""
    held = body.get("capabilities") if isinstance(body, Mapping) else body
    if not isinstance(held, list):
        return None
    names = (each.get("name") if isinstance(each, dict) else each for each in held)
    return frozenset(name for name in names if isinstance(name, str))


def series(reply: Reply) -> list[tuple[float, float]]:
    """Return the orchestrator's values among what Prometheus answered."""
    try:
        found = reply.body["data"]["result"]
        named = [each for each in found if _ours(each["metric"])]
        [one] = named if len(named) == 1 else found
        pairs = [(float(at), float(value)) for at, value in one["values"]]
        return [(at, value) for at, value in pairs if 0 <= value < MOST]
    except (TypeError, KeyError, ValueError, OverflowError):
        return []


def _ours(labels: object) -> bool:
    return ORCHESTRATOR in str(labels).lower()
