"""Windows of time, and how moments and spans are written. Everything is UTC."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

INSTANT = timedelta(microseconds=1)
"""No two times of rows lie closer."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOISE = timedelta(seconds=5)
SKEW = timedelta(seconds=30)
"""How far the times of lines may be off, for each writer uses a clock of its own."""
AHEAD = timedelta(minutes=10)
"""How far other clocks may be ahead of ours. A row of later is of no present window."""
ZONES = timedelta(hours=26)
"""How far two time zones lie apart at most: UTC-12 and UTC+14."""

_SPAN: Final = r"\d+(?:\.\d)? (?:s|min|h|d)(?: \d+ (?:s|min|h))?"  # as `spoken`
_UNITS: Final = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")
_GROWING: Final = re.compile(
    rf"(?P<stamp>{_STAMP.pattern}), (?:{_SPAN} ago|in {_SPAN})\b"
    r"|\b(?:for|since|in the last|(?<=never beat )in)"
    rf" (?P<span>{_SPAN})\b"
    rf"|(?:(?<=for it )|(?<=again ))(?:(?P<past>{_SPAN}) ago|in (?P<next>{_SPAN}))\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The span of time that an answer speaks of; both ends are included.

    One that is *ongoing* ends now by our clock, and holds what is a little later as
    well: rows bear the times of other clocks, which may be ahead of ours.
    """

    since: datetime
    until: datetime
    ongoing: bool = False

    @classmethod
    def before(cls, now: datetime, *, hours: float) -> "Window":
        """Return the last so many hours."""
        return cls(since=now - timedelta(hours=hours), until=now, ongoing=True)

    def __contains__(self, at: datetime) -> bool:
        """Tell whether *at* lies in the window."""
        return self.since <= at <= self.end

    @property
    def end(self) -> datetime:
        """Up to which time rows belong to it."""
        return self.until + AHEAD if self.ongoing else self.until

    @property
    def reaching(self) -> "Window":
        """Itself, up to now by the clock of any time zone if it ends now."""
        if not self.ongoing:
            return self
        return replace(self, until=self.until + ZONES, ongoing=False)

    def parts(self, count: int) -> "tuple[Window, ...]":
        """Return it in so many parts, newest first; no instant is in two of them."""
        step = (self.end - self.since) / count
        begins = [*(self.end - step * (n + 1) for n in range(count - 1)), self.since]
        ends = [self.end, *(begin - INSTANT for begin in begins[:-1])]
        pairs = zip(begins, ends, strict=True)
        return tuple(Window(since=begin, until=end) for begin, end in pairs)


def ahead(what: str, at: datetime | None, now: datetime) -> tuple[str, ...]:
    """Return a note that something bears a time of later than now; mostly none."""
    if at is None or at - now <= NOISE:
        return ()
    return (f"{what} is {aged(at, now)}",)


def left_ahead(what: str, newest: datetime, now: datetime, zone: str) -> str:
    """Return that *what* is left out, for it bears times of later than the window."""
    return f"left out: {what} up to {ago(newest, now)}: see {zone}"


def aged(at: datetime, now: datetime, word: str = "") -> str:
    """Return how long ago a moment was, with a *word* after it; never below zero.

    What lies ahead is told as such, unless it is as little as clocks differ.
    """
    return lasted(now - at, word)


def lasted(span: timedelta, word: str = "") -> str:
    """Return the span since a moment as `aged` does; it is negative of one ahead."""
    if -span > NOISE:
        return f"{spoken(-span)} ahead of the clock here"
    return f"{spoken(span)} {word}".rstrip()


def ago(at: datetime, now: datetime) -> str:
    """Return `9 min ago`; or how far ahead it lies, by another clock."""
    return aged(at, now, "ago")


def old(at: datetime, now: datetime) -> str:
    """Return `9 min old`; or how far ahead it lies, by another clock."""
    return aged(at, now, "old")


def dated(at: datetime, now: datetime) -> str:
    """Return the time, and how long ago that is: `2026-01-31 12:00:00Z, 9 min ago`."""
    return f"{stamp(at)}, {ago(at, now)}"


def iso(at: datetime) -> str:
    """Return ISO 8601 in UTC with `Z`, whole seconds unless there is a fraction."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def stamp(at: datetime) -> str:
    """Return `2026-01-31 12:00:00Z`, for people."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def stamped(words: str) -> Iterator[datetime]:
    """Yield the times that stand in words as `stamp` writes them."""
    for found in _STAMP.findall(words):
        with contextlib.suppress(ValueError):  # words may quote what is no time
            yield datetime.fromisoformat(found)


def spoken(span: timedelta) -> str:
    """Return the span's two largest units: `45 s`, `12 min 5 s`, `3 h`, `2 d 4 h`.

    A negative one is none at all: two clocks differ, and no age is below zero.
    """
    span = max(span, timedelta(0))
    seconds = int(span.total_seconds())
    if not seconds and span:
        return f"{span.total_seconds():.1f} s"
    sizes = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    for index, (size, unit) in enumerate(sizes):
        if seconds >= size:
            first, rest = divmod(seconds, size)
            small_size, small = sizes[min(index + 1, 3)]
            second = rest // small_size
            return f"{first} {unit}" + (f" {second} {small}" if second else "")
    return "0 s"


def lasting(words: str, at: datetime) -> str:
    """Return words of ours of *at* so that they stay true when they are read later.

    `for 12 min` becomes `since` the time it began at, within a minute or so, and when
    something was or is due becomes that time; beside a time that is told anyway how
    long that is from now is left out.
    """

    def told(found: re.Match[str]) -> str:
        if found["stamp"]:
            return found["stamp"]
        if found["next"]:
            return f"at about {stamp(at + _measured(found['next']))}"
        if found["past"]:
            return f"at {stamp(at - _measured(found['past']))}"
        return f"since {stamp(at - _measured(found['span']))}"

    return _GROWING.sub(told, words)


def _measured(span: str) -> timedelta:
    """Return the span that `spoken` wrote so, as exactly as it is told."""
    numbers = span.split()
    sizes = zip(numbers[::2], numbers[1::2], strict=True)
    spans = (timedelta(**{_UNITS[unit]: float(number)}) for number, unit in sizes)
    return sum(spans, timedelta())
