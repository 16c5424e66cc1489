"""Whose clock is off? Told by what cannot have happened before its cause.

What one service does for another lies between the other's question and its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.logs import LogLine

SMALLEST: Final = timedelta(milliseconds=5)  # less is not worth a word
COARSE: Final = timedelta(seconds=1)  # times without fractions prove no less
_ANSWERED: Final = "reflex_client.request_success"
_CALLS: Final = ("arm.call.start", "arm.call.complete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """A clock that is off: its lines were *moved* by so much, and why."""

    service: str
    moved: timedelta
    by: str


def skews(lines: Sequence[LogLine], home: str) -> tuple[Skew, ...]:
    """Return the clocks that are off, as seen from that of the service *home*.

    *lines* are one request's, oldest first. What a service asked of a third is told
    by its lines once its own clock is put right.
    """
    known = [line for line in lines if line.source == home]
    begun = known[0]
    theirs: dict[str, list[LogLine]] = {}
    for line in lines:
        if line.source != home:
            theirs.setdefault(line.source, []).append(line)
    found = []
    while theirs:
        asked = (name for name, held in theirs.items() if _pairs(name, held, known))
        service = next(asked, None) or next(iter(theirs))
        held = theirs.pop(service)
        skew = _skew(service, held, known, begun)
        if skew is not None:
            found.append(skew)
            held = [replace(line, at=line.at + skew.moved) for line in held]
        known += held
    return tuple(found)


def _skew(
    service: str, held: Sequence[LogLine], known: Sequence[LogLine], begun: LogLine
) -> Skew | None:
    """Return by how much the service's lines have to be moved, if at all.

    Its lines lie between question and answer where these are known, in the middle if
    they leave room; else none lies before the line with which all *begun*.
    """
    between = [
        (since - inside[0].at, until - inside[-1].at)
        for since, until, inside in _pairs(service, held, known)
    ]
    if between:
        least = max(low for low, _ in between)
        most = min(high for _, high in between)
        moved = timedelta(0) if least <= timedelta(0) <= most else (least + most) / 2
        by = "question and answer"
    else:
        moved = max(begun.at - held[0].at, timedelta(0))
        by = "order"
    whole = all(line.at.microsecond == 0 for line in (*held, begun))
    if abs(moved) < (COARSE if whole else SMALLEST):
        return None
    return Skew(service=service, moved=moved, by=by)


def _pairs(
    service: str, held: Sequence[LogLine], known: Sequence[LogLine]
) -> list[tuple[datetime, datetime, list[LogLine]]]:
    """Return the times of question and answer, and the service's lines for each."""
    found = []
    for line in known:
        if line.fields.get("event") != _ANSWERED:
            continue
        id = line.fields.get("reflex_request_id")
        inside = [each for each in held if id is not None and each.request_id == id]
        took = line.fields.get("duration_seconds")
        if inside and isinstance(took, float):
            found.append((line.at - timedelta(seconds=took), line.at, inside))
    calls = [line for line in known if line.fields.get("arm") == service]
    starts, ends = (
        [line.at for line in calls if line.fields.get("event") == event]
        for event in _CALLS
    )
    if len(starts) == len(ends) == 1:
        found.append((starts[0], ends[0], list(held)))
    return found
