"""What the lines of a window tell together: counts, turns, and what went missing."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.logs import LogLine
from bot.domain.services import (
    Cache,
    ErrorKind,
    HttpLoad,
    RateLimit,
    ReflexAnswers,
    Safety,
    Told,
    Uncaught,
)
from bot.domain.times import Window
from bot.sources.octollm import losses
from bot.sources.octollm.events import (
    ANSWERS,
    BLOCKED,
    CREATED,
    ECHO,
    LIMITS,
    PASSED,
    REQUEST,
    UNCAUGHT,
    event_of,
    said,
    status,
)
from bot.sources.octollm.lines import REFLEX_ANSWERED
from bot.sources.octollm.misfits import misfit
from bot.sources.octollm.turns import turns

SLOW: Final = timedelta(seconds=1)  # systems/octollm.md, 3B.12


def tally(lines: Sequence[LogLine], window: Window, *, whole: bool = True) -> Told:
    """Return what the lines tell; they are oldest first, and *whole* if all."""
    by_event: dict[str, list[LogLine]] = {}
    for line in lines:
        by_event.setdefault(event_of(line), []).append(line)
    uncaught = by_event.get(UNCAUGHT, [])
    requests = by_event.get(REQUEST, [])
    return Told(
        errors=_errors(lines, {line.source for line in uncaught}),
        uncaught=tuple(
            Uncaught(
                at=line.at,
                service=line.source,
                kind=str(line.fields.get("error_kind", UNCAUGHT)),
                error=said(line),
                misfit=misfit(line),
            )
            for line in uncaught
        ),
        http=_http(requests, uncaught),
        breaker=turns(lines),
        pool=losses.pool(lines),
        safety=_safety(by_event),
        cache=_cache(by_event),
        limits=_limits(lines),
        lost=losses.lost(by_event, window),
        unmatched=losses.unmatched(lines),
        startups=losses.startups(lines),
        answers=_answers(by_event),
        stored_at=max((it.at for it in by_event.get(CREATED, [])), default=None),
        database_down=tuple(line.at for line in lines if losses.database_down(line)),
        whole=whole,
    )


def _errors(lines: Iterable[LogLine], own: set[str]) -> tuple[ErrorKind, ...]:
    """Return the kinds of errors, the most frequent first.

    A server's echo of an exception counts where the service (not one of *own*) wrote
    no line of its own.
    """
    held: dict[tuple[str, str], list[LogLine]] = {}
    for line in lines:
        if not line.alarming or (event_of(line) == ECHO and line.source in own):
            continue
        kind = str(line.fields.get("error_kind") or event_of(line) or line.level)
        held.setdefault((kind, line.source), []).append(line)
    kinds = (
        ErrorKind(
            kind=kind,
            service=service,
            count=len(those),
            first_at=those[0].at,
            last_at=those[-1].at,
            example=said(those[-1]),
            named="error_kind" in those[0].fields,
        )
        for (kind, service), those in held.items()
    )
    return tuple(sorted(kinds, key=lambda each: (-each.count, each.first_at)))


def _http(
    requests: Iterable[LogLine], uncaught: Iterable[LogLine]
) -> tuple[HttpLoad, ...]:
    held: dict[str, list[LogLine]] = {}
    for line in requests:
        held.setdefault(line.source, []).append(line)
    raised: dict[str, list[LogLine]] = {}
    for line in uncaught:
        raised.setdefault(line.source, []).append(line)
    return tuple(
        _load(service, held.get(service, []), raised.get(service, []))
        for service in dict.fromkeys((*held, *raised))
    )


def _load(
    service: str, requests: Sequence[LogLine], uncaught: Sequence[LogLine]
) -> HttpLoad:
    timed = [(each, span) for each in requests if (span := _took(each)) is not None]
    took = sorted(span for _, span in timed)
    failed = [each for each in requests if status(each) >= 500]
    return HttpLoad(
        service=service,
        requests=len(requests),
        failed=len(failed),
        uncaught=len(uncaught),
        slow=sum(each > SLOW for each in took),
        p50=_rank(took, 0.5),
        p95=_rank(took, 0.95),
        longest=took[-1] if took else None,
        unavailable=sum(status(each) == 503 and span > SLOW for each, span in timed),
        failed_at=max((each.at for each in (*failed, *uncaught)), default=None),
    )


def _took(line: LogLine) -> timedelta | None:
    seconds = line.fields.get("duration_seconds")
    return timedelta(seconds=seconds) if isinstance(seconds, float) else None


def _rank(took: Sequence[timedelta], share: float) -> timedelta | None:
    """Return the value that so large a share of all does not exceed."""
    return took[max(math.ceil(share * len(took)) - 1, 0)] if took else None


def _safety(by_event: dict[str, list[LogLine]]) -> Safety | None:
    """Return what the reflex layer found; None where no line tells of it."""
    answered = by_event.get(REFLEX_ANSWERED, [])
    blocked = by_event.get(BLOCKED, [])
    named = by_event.get("pii.detected", [])
    if not (answered or blocked or named):
        return None
    patterns: Counter[str] = Counter()
    for line in named:
        count = line.fields.get("count", 1)
        kind = str(line.fields.get("pattern", "unnamed"))
        patterns[kind] += count if isinstance(count, int) else 1
    pii = [line for line in answered if line.fields.get("pii_detected") is True]
    passed = [it for it in pii if str(it.fields.get("status")).lower() == "success"]
    found = len(pii) if answered else sum(patterns.values())
    return Safety(
        # A task that was blocked has a line of its check as well, where that is read.
        pii=max(found, _bearing(blocked, "pii_detected")),
        injections=max(
            _bearing(lines, "injection_detected") for lines in (answered, blocked)
        ),
        blocked=len(blocked),
        pii_stored=len(passed),
        by_pattern=dict(patterns),
    )


def _bearing(lines: Iterable[LogLine], field: str) -> int:
    return sum(line.fields.get(field) is True for line in lines)


def _answers(by_event: dict[str, list[LogLine]]) -> ReflexAnswers | None:
    """Return whose ids the reflex layer's answers bore.

    The line after an answer tells the request's own; an answer without is not judged.
    """
    checked = [*by_event.get(PASSED, []), *by_event.get(BLOCKED, [])]
    newest = max(checked, key=lambda line: line.order, default=None)
    answered = [
        line
        for line in by_event.get(REFLEX_ANSWERED, [])
        if newest is not None and line.order < newest.order
    ]
    if newest is None or not answered:
        return None
    known = {line.request_id for line in checked}
    return ReflexAnswers(
        accepted=len(answered),
        forwarded=sum(it.fields.get("reflex_request_id") in known for it in answered),
        newest_request=newest.request_id,
        newest_at=max(line.at for line in answered),
    )


def _cache(by_event: dict[str, list[LogLine]]) -> Cache | None:
    told = [line.fields.get("cache_hit") for line in by_event.get(PASSED, [])]
    looks = [each for each in told if isinstance(each, bool)]
    hits = sum(looks) + len(by_event.get("cache.hit", []))
    checks = len(looks) + sum(
        len(by_event.get(it, [])) for it in ("cache.hit", "cache.miss")
    )
    return Cache(checks=checks, hits=hits) if checks else None


def _limits(lines: Iterable[LogLine]) -> tuple[RateLimit, ...]:
    found = []
    for line in lines:
        event = event_of(line)
        # What follows it names who called.
        event = next((each for each in LIMITS if event.startswith(each)), event)
        answer = str(line.fields.get("status", "")).lower()
        limited = event in LIMITS or answer == "ratelimited"
        if not limited and not (event in ANSWERS and status(line) == 429):
            continue
        after = line.fields.get("retry_after")
        known = isinstance(after, int | float) and 0 <= after < 1e9
        found.append(
            RateLimit(
                at=line.at,
                service=line.source,
                event=event,
                retry_after=timedelta(seconds=float(after or 0)) if known else None,
            )
        )
    return tuple(found)
