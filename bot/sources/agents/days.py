"""On which days lines were written that tell only the time of day.

A line of the brain has a twin in the decisions, which tells its day. Else the last line
was written when the file last was; in a copy, when its program last beat. From there on
time goes back; where it would go forward, a midnight lies between.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from bot.sources.agents.blocks import blocks, line_begins
from bot.sources.agents.clock import Clock

JITTER_S: Final = 300  # streams that are joined may be so far out of order
PUT_BACK_S: Final = 3600 + JITTER_S
AGREES: Final = timedelta(minutes=2)  # a line is written at once
_DAY_S: Final = 86_400
_DAY: Final = timedelta(days=1)
# A twin stands near: the same program writes both at once.
_TWIN_BOUND: Final = 64 * 1024 * 1024
_TRIES: Final = 3


def seconds(of_day: bytes) -> int:
    """Return the seconds since midnight."""
    hour, minute, second = of_day.split(b":")
    return int(hour) * 3600 + int(minute) * 60 + int(second)


def between(first: int, second: int, *, put_back: bool) -> int:
    """Return how many midnights lie between two lines that follow each other.

    -1 where the second belongs before a midnight that the first came after. A day
    on which clocks are *put back* has an hour twice.
    """
    step = second - first
    if step < -(PUT_BACK_S if put_back else JITTER_S):
        return 1
    return -1 if step > _DAY_S - JITTER_S else 0


class Twins:
    """The brain's decisions, asked for the day of one of them, ever older ones."""

    def __init__(self, path: Path) -> None:
        """Read the decisions in the file."""
        self._path = path
        self._end: int | None = None
        self._tries = _TRIES

    @property
    def there(self) -> bool:
        """Tell whether there are any decisions."""
        return self._path.is_file()

    def day(self, of_day: bytes, kind: str, message: str) -> date | None:
        """Return the day on which it was decided; None where no twin is found."""
        if self._tries == 0:
            return None
        needle = b"T" + of_day
        try:
            with self._path.open("rb") as handle:
                end = self._end or handle.seek(0, 2)
                for start, block in blocks(handle, end, line_begins):
                    if end - start > _TWIN_BOUND:
                        break
                    found = _twin(block, needle, kind, message)
                    if found is not None:
                        self._end = start + len(block)
                        return found
        except OSError:
            pass
        self._tries -= 1
        return None


def _twin(block: bytes, needle: bytes, kind: str, message: str) -> date | None:
    here = block.rfind(needle)
    while here >= 0:
        begin = block.rfind(b"\n", 0, here) + 1
        end = block.find(b"\n", here)
        try:
            doc = json.loads(block[begin : end if end >= 0 else None])
            if doc.get("type") == kind and doc.get("message") == message:
                return datetime.fromisoformat(doc["timestamp"]).date()
        except (ValueError, AttributeError, KeyError, TypeError):
            pass
        here = block.rfind(needle, 0, begin)
    return None


class Days:
    """The days of one stretch after the other, each older than the one before."""

    def __init__(self, clock: Clock, changed_at: datetime) -> None:
        """Begin at the end of a file that was last written then."""
        self._clock = clock
        self._written = clock.local(changed_at)
        self._next: tuple[date, bytes] | None = None
        self.guessed = True
        """Whether nothing tells the day but the file's time, and that not surely."""

    def of(
        self,
        times: Sequence[bytes],
        known: tuple[int, date] | None,
        seen: Callable[[], Iterable[datetime]] = tuple,
    ) -> Sequence[tuple[int, date]]:
        """Return where each day begins among lines that tell these times of day.

        *known* is the day of one of them, by its index, if something tells it; *seen*
        gives moments at which the last of them may have been written, and is asked
        only where the file's time does not fit.
        """
        index, day = known or self._last(times, seen)
        self.guessed = self.guessed and known is None
        odd = _odd(times)
        spans = []
        here = day
        for at in reversed([each for each in odd if each <= index]):
            steps = self._between(times[at - 1], times[at], here)
            if steps:
                spans.append((at, here))
                here -= timedelta(days=steps)
        spans.append((0, here))
        spans.reverse()
        for at in (each for each in odd if each > index):
            steps = self._between(times[at - 1], times[at], day)
            if steps:
                day += timedelta(days=steps)
                spans.append((at, day))
        self._next = spans[0][1], times[0]
        return spans

    def _between(self, first: bytes, second: bytes, day: date) -> int:
        return between(
            seconds(first), seconds(second), put_back=self._clock.put_back(day)
        )

    def _last(
        self, times: Sequence[bytes], seen: Callable[[], Iterable[datetime]]
    ) -> tuple[int, date]:
        """Return the day of the last line: by what follows, or by the file's time.

        Where that does not fit, for it is a copy's, by a moment that does.
        """
        index = len(times) - 1
        if self._next is not None:
            day, after = self._next
            return index, day - timedelta(days=self._between(times[-1], after, day))
        day = self._written.date()
        midnight = datetime.combine(day, time())
        at = midnight + timedelta(seconds=seconds(times[-1]))
        if at > self._written + timedelta(seconds=JITTER_S):
            at -= timedelta(days=1)
        self.guessed = abs(self._written - at) > AGREES
        if self.guessed:
            for each in map(self._clock.local, seen()):
                near = at + timedelta(days=round((each - at) / _DAY))
                if abs(each - near) <= AGREES:
                    self.guessed = False
                    return index, near.date()
        return index, at.date()


def _odd(times: Sequence[bytes]) -> Sequence[int]:
    """Return the places before which a midnight may lie, one way or the other."""
    if times[0] >= _EARLY and sorted(times) == times:
        return ()  # as nearly all are; sorting what is sorted takes no time
    return [
        at
        for at, (one, next) in enumerate(pairwise(times), 1)
        if next < one or (next > _LATE and one < _EARLY)
    ]


# Around midnight joined streams may be out of order, across it.
_EARLY: Final = b"00:05:00"
_LATE: Final = b"23:55:00"
