"""Lines that say the same of different things, counted as one kind.

Two messages are of a kind when only ids, numbers, addresses and quoted texts differ.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.excerpts import cut, first_line, start_of
from bot.domain.figures import counted
from bot.domain.logs import LogLine
from bot.domain.redaction import redacted

LONGEST: Final = 160
# What is looked at: the rest of a line that holds a whole document tells no kind.
_READ: Final = 500
_VARYING: Final = re.compile(
    r"""
      (?P<address>https?://[^\s"'<>]+)
    | (?P<path>(?<![\w.])/(?:[\w.+-]+/)+[\w.+-]*)
    | \b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b     # a task
    | \b(?:manual-)?gpu-\d{8}_\d{6}-[0-9a-f]{8}\b                 # a worker
    | \b\d{8}_\d{6}_[0-9a-f]{8}\b                              # what was escalated
    | \b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*(?:Z|[+-]\d\d:?\d\d)?
    | \b0x[0-9a-fA-F]+\b
    | \b[0-9a-f]{8,}\b                            # any other id; no word is so long
    | \b(?=\w*\d)(?=\w*[a-z])[a-z0-9]{13,16}\b                      # a pod
    | (?P<number>(?<![A-Za-z_\d])\d+(?:[.,:]\d+)*)
    """,
    re.VERBOSE,
)


def kind_of(message: str) -> str:
    """Return what all messages of its kind share: `…` stands for what differs.

    Secrets are hidden first: one with its numbers left out looks like none.
    """
    line = first_line(redacted(start_of(message, _READ)))
    return cut(" ".join(_VARYING.sub(_blank, line).split()), LONGEST)


def _blank(match: re.Match[str]) -> str:
    if match["number"]:
        return "#"
    return "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorKind:
    """All errors of one kind; *first* is the earliest of them, as it was written."""

    kind: str
    total: int
    sources: Mapping[str, int]
    first_at: datetime
    last_at: datetime
    first: LogLine


def kinds(lines: Iterable[LogLine]) -> tuple[ErrorKind, ...]:
    """Return the lines by their kind, the most frequent first, then the earliest."""
    known: dict[str, list[LogLine]] = {}
    names: dict[str, str] = {}
    for line in lines:
        if line.message not in names:
            names[line.message] = kind_of(line.message)
        known.setdefault(names[line.message], []).append(line)
    found = [_kind(name, held) for name, held in known.items()]
    return tuple(sorted(found, key=lambda each: (-each.total, each.first.order)))


def _kind(name: str, held: list[LogLine]) -> ErrorKind:
    first = min(held, key=lambda line: line.order)
    return ErrorKind(
        kind=name,
        total=len(held),
        sources=counted(line.source for line in held),
        first_at=first.at,
        last_at=max(line.at for line in held),
        first=first,
    )


def by_source(lines: Iterable[LogLine]) -> Mapping[str, int]:
    """Return how many lines each writer wrote; those of workers count as one."""
    found = Counter(_writer(line) for line in lines)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _writer(line: LogLine) -> str:
    several = line.source != "worker" and line.source_id not in ("", line.source)
    return f"{line.source} {line.source_id}" if several else line.source
