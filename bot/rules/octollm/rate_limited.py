"""Calls are turned away for their number (systems/octollm.md, 3B, 10)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_names import REFLEX
from bot.domain.service_proofs import about, brief, called, fresh, said
from bot.domain.services import RateLimit
from bot.domain.times import stamp

SEVERAL: Final = "rate limits"
EXPLAINS: Final = ("error-rate",)


class Side(Enum):
    """Who turns calls away."""

    PROVIDER = "the model's provider"
    REFLEX = "the reflex layer"
    SERVICE = "the service itself"


# By how an event begins; systems/octollm.md, 1B.5.
SIDES: Final = {
    "openai.": Side.PROVIDER,
    "Rate limit exceeded": Side.REFLEX,
    "reflex_client.": Side.REFLEX,
}
# What the lines of these events hold; the others hold the status.
TEXTS: Final = {
    "openai.rate_limit": "rate_limit",
    "Rate limit exceeded": "limit",
    "reflex_client.request_success": "RateLimited",
}
# systems/octollm.md, 1B.4: a burst, and so many an hour. `/process` knows its callers
# by their address alone, and holds each to the first tier.
FREE: Final = (10, 100)
TIERS: Final = {
    "Basic": (50, 1_000),
    "Pro": (100, 10_000),
    "Enterprise": (500, 100_000),
}
*_MORE, _MOST = (
    f"{tier} ({burst:,}, then {hourly:,})" for tier, (burst, hourly) in TIERS.items()
)
_FREE: Final = f"a burst of {FREE[0]} and {FREE[1]} an hour"
_OTHERS: Final = ", ".join(
    f"{burst:,} and {hourly:,} ({tier})" for tier, (burst, hourly) in TIERS.items()
)
REMEDIES: Final = {
    Side.PROVIDER: "wait as long as Retry-After says and call less often, or ask the"
    " provider for a higher limit; a burst does not end by trying at once again",
    Side.REFLEX: f"the reflex layer holds each address to its Free tier, {_FREE}, which"
    f" is one call per {3600 // FREE[1]} s for the whole orchestrator: give it a user"
    f" of tier {', '.join(_MORE)} or {_MOST}, or submit less often",
    Side.SERVICE: "see who calls so often, and have it wait: 429 is its own answer;"
    f" the reflex layer's tiers allow {_FREE} (Free), {_OTHERS}",
}


def rate_limited(case: Case) -> Iterator[Finding]:
    """Yield a finding for everybody who turns calls away, a grave one while it lasts.

    Of the reflex layer's both sides tell, each of the same calls.
    """
    told = case.services.told if case.services else None
    for (side, service), limits in _sides(told.limits if told else ()).items():
        tellers = Counter((each.service, each.event) for each in limits)
        number, last = max(tellers.values()), limits[-1].at
        yield Finding(
            rule="rate-limited",
            severity=Severity.WARNING if fresh(last, case.now) else Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"{_title(side, service)} {some(number, 'time')},"
            f" last at {stamp(last)}",
            subject=about(service),
            evidence=(
                *(
                    f"{by} wrote {said(event) or 'of it'} {some(times, 'time')}"
                    for (by, event), times in sorted(tellers.items())
                ),
                f"the first was at {stamp(limits[0].at)}",
                *_wait(limits),
            ),
            remedy=REMEDIES[side],
            ask=f"logs --source {limits[-1].service} --search {_text(limits[-1])}",
        )


def _sides(
    limits: Iterable[RateLimit],
) -> Mapping[tuple[Side, str], Sequence[RateLimit]]:
    """Return the limits by who turned calls away, the oldest first."""
    found: dict[tuple[Side, str], list[RateLimit]] = {}
    for each in sorted(limits, key=_order):
        side = next(
            (side for lead, side in SIDES.items() if each.event.startswith(lead)),
            Side.SERVICE,
        )
        service = REFLEX if side is Side.REFLEX else each.service
        found.setdefault((side, service), []).append(each)
    return found


def _order(limit: RateLimit) -> tuple[object, ...]:
    return limit.at, limit.service, limit.event, limit.retry_after or timedelta(0)


def _text(limit: RateLimit) -> str:
    return TEXTS.get(limit.event, "429")


def _title(side: Side, service: str) -> str:
    if side is Side.PROVIDER:
        return f"{side.value} turned {called(service)} away"
    return f"{called(service)} turned calls away"


def _wait(limits: Sequence[RateLimit]) -> Iterator[str]:
    """Yield until when the last one that says so wants to be left alone."""
    for each in reversed(limits):
        if each.retry_after is not None:
            until = stamp(each.at + each.retry_after)
            yield f"its last Retry-After is {brief(each.retry_after)}, until {until}"
            return
