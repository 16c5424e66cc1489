"""Which lines of a long timeline are worth the room: how it began, failed, ended."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.domain.logs import LogLine
from bot.domain.times import iso

_OPENING = 3
_ID = re.compile(r"[\w.:-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leap:
    """Lines that are left out at this place, *alarming* of them reporting faults."""

    lines: int
    alarming: int
    since: datetime
    until: datetime


def excerpt(lines: Sequence[LogLine], most: int) -> tuple[LogLine | Leap, ...]:
    """Return at most *most* of the lines in their order, and a leap wherever some miss.

    The first lines stay, then the newest (a third of the room: a crash is at the end),
    then the lines that report a fault, the earliest and the latest of them first.
    Room that is left goes to the newest.
    """
    if len(lines) <= most:
        return tuple(lines)
    faults = [index for index, line in enumerate(lines) if line.alarming]
    kept = set(range(min(_OPENING, most // 4)))
    kept.update(range(len(lines) - max(most // 3, 1), len(lines)))
    room = most - len(kept)
    others = [index for index in faults if index not in kept]
    if len(others) > room:
        others = others[: room - room // 2] + others[len(others) - room // 2 :]
    kept.update(others)
    newest = len(lines) - 1
    while len(kept) < most:
        kept.add(newest)
        newest -= 1
    return tuple(_told(lines, sorted(kept), faults))


def _told(
    lines: Sequence[LogLine], kept: Sequence[int], faults: Sequence[int]
) -> Iterable[LogLine | Leap]:
    for before, index in pairwise((-1, *kept)):
        if index - before > 1:
            yield Leap(
                lines=index - before - 1,
                alarming=bisect_left(faults, index) - bisect_left(faults, before + 1),
                since=lines[before + 1].at,
                until=lines[index - 1].at,
            )
        yield lines[index]


def question(lines: Sequence[LogLine], leaps: Sequence[Leap]) -> str:
    """Return the words that ask for the lines left out; empty when none would.

    Only lines that all belong to one task or worker can be asked for exactly, and only
    an id that looks like one can be typed.
    """
    if not leaps:
        return ""
    since = leaps[0].since.replace(microsecond=0)
    until = leaps[-1].until.replace(microsecond=0) + timedelta(seconds=1)
    bounds = f"--since {iso(since)} --until {iso(until)}"
    for flag, owners in (
        ("--task", {line.task_id for line in lines}),
        ("--worker", {line.worker_id for line in lines}),
    ):
        [owner, *more] = owners
        if owner and not more and _ID.fullmatch(owner):
            return f"logs {flag} {owner} {bounds}"
    return ""
