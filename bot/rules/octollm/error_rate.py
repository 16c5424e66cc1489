"""Too many requests fail (systems/octollm.md, 3B, 14)."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_proofs import about, called, fresh, said
from bot.domain.services import HttpLoad, Told
from bot.domain.times import dated, stamp

SEVERAL: Final = "services with errors"
# systems/octollm.md, 3B.14
HIGH: Final = 0.05
GRAVE: Final = 0.10
# Ours: of fewer requests a single failure would be a catastrophe.
FEWEST: Final = 20
_NAMED: Final = 4


def error_rate(case: Case) -> Iterator[Finding]:
    """Yield a finding for every service of which more than 5 % of requests fail.

    It is grave over 10 %, unless none has failed for an hour, or there are few.
    Counted in lines: of exceptions that nobody caught metrics do not tell.
    """
    told = case.services.told if case.services else None
    for load in told.http if told else ():
        rate = load.error_rate
        if told is None or rate is None or rate <= HIGH:
            continue
        every, failed = load.requests + load.uncaught, load.failed + load.uncaught
        over = load.failed_at is not None and not fresh(load.failed_at, case.now)
        grave = rate > GRAVE and every >= FEWEST and not over
        yield Finding(
            rule="error-rate",
            severity=Severity.CRITICAL if grave else Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{rate:.1%} of the requests of {called(load.service)} fail:"
            f" {failed:,} of {every:,}",
            subject=about(load.service),
            evidence=tuple(_evidence(told, load, every, case.now)),
            remedy="mend the most frequent of these errors first",
            ask=f"logs --source {load.service} --level ERROR",
        )


def _evidence(told: Told, load: HttpLoad, every: int, now: datetime) -> Iterator[str]:
    yield (
        f"{load.failed:,} http.request lines with a status of 500 or more,"
        f" {load.uncaught:,} http.uncaught_exception, which metrics do not show"
    )
    yield f"over {HIGH:.0%} is high, over {GRAVE:.0%} bad"
    if load.failed_at is not None:
        yield f"the last one failed at {dated(load.failed_at, now)}"
    if every < FEWEST:
        yield f"they are few: {some(every, 'request')}"
    own = [each for each in told.uncaught if each.service == load.service]
    if own:
        kinds = Counter(said(each.kind) for each in own)
        order = sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
        named = ", ".join(f"{kind} {number:,}" for kind, number in order[:_NAMED])
        yield f"uncaught since {stamp(min(it.at for it in own))}: {named}"
    if not told.whole:
        yield "there are more lines than were read"
