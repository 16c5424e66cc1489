"""How long requests took, as the orchestrator's own histogram tells it."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.services import HttpLoad
from bot.sources.octollm.metrics import LONGEST_S, MOST, Sample, total

COUNT: Final = "orchestrator_http_request_duration_seconds_count"
BUCKET: Final = "orchestrator_http_request_duration_seconds_bucket"
_SECOND: Final = "1.0"  # the bound that parts slow requests (systems/octollm.md, 3B.12)
_BOUND: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def load(found: Sequence[Sample], service: str) -> HttpLoad | None:
    """Return the requests since the service began; None where it counted none.

    A span is the upper bound of its bucket, and None in the last one, which has no
    bound. Of exceptions that nobody caught metrics do not tell.
    """
    requests = _sum(found, COUNT)
    if not requests:
        return None
    within = _within(found)
    statuses = {each.labels.get("status", "") for each in found if each.name == COUNT}
    return HttpLoad(
        service=service,
        requests=requests,
        failed=sum(
            _sum(found, COUNT, status=each) for each in statuses if each[:1] == "5"
        ),
        uncaught=0,
        slow=_beyond(found),
        unavailable=_beyond(found, status="503"),
        p50=_rank(within, math.ceil(0.5 * requests)),
        p95=_rank(within, math.ceil(0.95 * requests)),
        longest=None,
        bound=timedelta(seconds=max(within)) if within else None,
    )


def _sum(found: Sequence[Sample], name: str, **labels: str) -> int:
    value = total(found, name, **labels) or 0.0
    return int(value) if 0 <= value < MOST else 0


def _beyond(found: Sequence[Sample], **labels: str) -> int:
    """Return how many took more than a second; 0 where no bucket ends there."""
    prompt = total(found, BUCKET, le=_SECOND, **labels)
    if prompt is None or not 0 <= prompt < MOST:
        return 0
    return max(_sum(found, COUNT, **labels) - int(prompt), 0)


def _within(found: Sequence[Sample]) -> Mapping[float, int]:
    """Return how many requests took no longer than each bound, the least first."""
    every = {each.labels.get("le", "") for each in found if each.name == BUCKET}
    numbers = ((float(le), le) for le in every if _BOUND.fullmatch(le))
    bounds = sorted((bound, le) for bound, le in numbers if bound < LONGEST_S)
    return {bound: _sum(found, BUCKET, le=le) for bound, le in bounds}


def _rank(within: Mapping[float, int], rank: int) -> timedelta | None:
    """Return the least bound within which so many are."""
    found = (bound for bound, number in within.items() if number >= rank)
    least = next(found, None)
    return None if least is None else timedelta(seconds=least)
