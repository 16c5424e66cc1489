"""Whose clock is off? Told by what cannot have happened before its cause.

What one service does for another lies between the other's question and its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.domain.logs import LogLine

SMALLEST: Final = timedelta(milliseconds=5)  # less is not worth a word
COARSE: Final = timedelta(seconds=1)  # times without fractions prove no less
AFTER: Final = timedelta(microseconds=1)
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
    they leave room; else none lies before the question, or the line with which all
    *begun*.
    """
    between = _pairs(service, held, known)
    least = max((pair.least for pair in between), default=begun.at - held[0].at)
    most = min((pair.most for pair in between if pair.most is not None), default=None)
    if most is None:
        # Not to the very time of the question, which came first.
        least += AFTER if between and least > timedelta(0) else timedelta(0)
        moved, by = max(least, timedelta(0)), "order"
    else:
        right = least <= timedelta(0) <= most
        moved = timedelta(0) if right else (least + most) / 2
        by = "question and answer"
    whole = all(_whole(line) for line in (*held, begun))
    if abs(moved) < (COARSE if whole else SMALLEST):
        return None
    return Skew(service=service, moved=moved, by=by)


class _Pair(NamedTuple):
    """By how much a question and its answer let a service's lines be moved.

    *most* is None where no answer came.
    """

    least: timedelta
    most: timedelta | None


def _pairs(
    service: str, held: Sequence[LogLine], known: Sequence[LogLine]
) -> list[_Pair]:
    """Return what questions to the service and its answers to them tell."""
    found = []
    for line in known:
        if line.fields.get("event") != _ANSWERED:
            continue
        id = line.fields.get("reflex_request_id")
        inside = [each for each in held if id is not None and each.request_id == id]
        took = line.fields.get("duration_seconds")
        if inside and isinstance(took, float):
            found.append(_pair(line.at - timedelta(seconds=took), line, inside))
    calls = [line for line in known if line.fields.get("arm") == service]
    starts, ends = (
        [line for line in calls if line.fields.get("event") == event]
        for event in _CALLS
    )
    if len(starts) == 1 and len(ends) < 2:
        found.append(_pair(starts[0].at, ends[0] if ends else None, held))
    return found


def _pair(since: datetime, answer: LogLine | None, inside: Sequence[LogLine]) -> _Pair:
    """Return what lines tell that lie between; a time without fraction may be late."""
    first, last = inside[0], inside[-1]
    least = since - first.at - (COARSE if _whole(first) else timedelta(0))
    if answer is None:
        return _Pair(least, None)
    until = answer.at + (COARSE if _whole(answer) else timedelta(0))
    return _Pair(least, until - last.at)


def _whole(line: LogLine) -> bool:
    """Tell whether its time bears no fraction of a second."""
    return line.at.microsecond == 0
