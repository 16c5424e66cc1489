"""Prometheus' text format, as far as counting needs it: names, labels, values."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from bot.domain.errors import SourceDown
from bot.domain.services import Memory

SOURCE: Final = "octollm"
MOST: Final = 10**15
"""Whatever is counted, there is less: a larger number tells nothing."""
LONGEST_S: Final = 1e9
"""And so it is with seconds that something took: these are 31 years."""
KEPT: Final = 360
"""Scrapes that are remembered: hours of a watch, or days of asking now and then."""
FEWEST: Final = 3  # systems/octollm.md, 3B.13: a slope over fewer proves nothing

_SAMPLE: Final = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)"
    r'(?:\{(?P<labels>(?:[^"}]|"(?:\\.|[^"\\])*")*)\})?'
    r"[ \t]+(?P<value>\S+)(?:[ \t]+-?\d+)?"
)
_LABEL: Final = re.compile(r'\s*([a-zA-Z_]\w*)\s*=\s*"((?:\\.|[^"\\])*)"\s*(?:,|$)')
_ESCAPES: Final = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: a name, its labels and a number."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> tuple[Sample, ...]:
    """Return every sample of the text.

    Raises:
        SourceDown: a line is none, so this is not the format.
    """
    return tuple(
        _sample(line)
        for line in map(str.strip, text.splitlines())
        if line and not line.startswith("#")
    )


def total(found: Iterable[Sample], name: str, **labels: str) -> float | None:
    """Return the sum of the samples of that name and those labels; None without any."""
    values = [
        each.value
        for each in found
        if each.name == name and labels.items() <= each.labels.items()
    ]
    return sum(values) if values else None


def memory(
    service: str, scrapes: Iterable[tuple[datetime, float, float | None]]
) -> Memory:
    """Return what scrapes tell of a process: time, resident bytes, time of its begin.

    They are at least one, the oldest first. Growth is that since the last restart.
    """
    every = list(scrapes)
    begun = every[-1][2]
    restarts = tuple(
        moment(this) or at
        for (_, _, last), (at, _, this) in pairwise(every)
        if last is not None and this is not None and this - last > 1.0
    )
    same = [
        each for each in every if each[2] is None or begun is None or each[2] == begun
    ]
    span = same[-1][0] - same[0][0]
    grown = len(same) >= FEWEST and span > timedelta(0)
    return Memory(
        service=service,
        resident_bytes=same[-1][1],
        begun_at=moment(begun),
        scrapes=len(same),
        over=span,
        growth_per_hour=_slope(same) if grown else None,
        growth=same[-1][1] / same[0][1] - 1 if grown and same[0][1] else None,
        restarts=restarts,
    )


def _slope(scrapes: list[tuple[datetime, float, float | None]]) -> float:
    """Return by how much it grows an hour, by the line that fits best."""
    hours = [(at - scrapes[0][0]).total_seconds() / 3600 for at, _, _ in scrapes]
    held = [value for _, value, _ in scrapes]
    middle, mean = sum(hours) / len(hours), sum(held) / len(held)
    spread = sum((hour - middle) ** 2 for hour in hours)
    pairs = zip(hours, held, strict=True)
    return sum((hour - middle) * (value - mean) for hour, value in pairs) / spread


def moment(seconds: float | None) -> datetime | None:
    """Return the time so many seconds after 1970; None where no calendar has it."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _sample(line: str) -> Sample:
    found = _SAMPLE.fullmatch(line)
    value = _number(found["value"]) if found else None
    labels = _labels(found["labels"] or "") if found else None
    if found is None or value is None or labels is None:
        msg = "tells no metrics: a line of them is not in Prometheus' format"
        raise SourceDown(SOURCE, msg)
    return Sample(found["name"], labels, value)


def _number(text: str) -> float | None:
    known = {"+Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan}
    if text in known:
        return known[text]
    try:
        return float(text)
    except ValueError:
        return None


def _labels(text: str) -> dict[str, str] | None:
    labels = {}
    at = 0
    while at < len(text) and text[at:].strip():
        found = _LABEL.match(text, at)
        if found is None:
            return None
        value = re.sub(r"\\[\\\"n]", lambda each: _ESCAPES[each[0]], found[2])
        labels[found[1]] = value
        at = found.end()
    return labels
