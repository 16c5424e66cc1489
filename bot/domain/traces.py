"""One request's way through the services, from the lines that tell of it.

Its id stands in few lines (systems/octollm.md, 3B.7): those lead to its tasks, these to
all of their lines, and neighbours without an id are told by place, time and path.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from bot.domain.clock_skew import Skew, skews
from bot.domain.logs import LogLine

EDGE: Final = timedelta(milliseconds=100)  # systems/octollm.md, 3B.7
COARSE: Final = timedelta(seconds=1)
"""A console tells no fractions of seconds: two of its times may be off by it."""
LATEST: Final = timedelta(seconds=60)  # 3B.6: a pool is waited for half a minute
GAP: Final = timedelta(seconds=1)  # 3B.12: what takes longer is slow
ENTRY: Final = "orchestrator"
"""The service at which requests come in."""
_REQUEST: Final = "http.request"
_UNCAUGHT: Final = "http.uncaught_exception"
_ANSWERED: Final = "reflex_client.request_success"
_CHECKED: Final = ("task.passed_reflex_check", "task.blocked_by_reflex")
_SUBMITS: Final = ("task.", "database.task_created", _ANSWERED)
_GETS: Final = ("database.task_retrieved", "database.task_not_found")
_NEVER_UNCAUGHT: Final = ("http.exception", "task.submitted")


class Join(StrEnum):
    """How a line is known to belong to the request."""

    ID = "its id"
    TASK = "its task"
    BESIDE = "its place"
    REFLEX = "the reflex layer's id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the way, at its time by the first service's clock."""

    line: LogLine
    join: Join


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """What one service did for the request.

    *spent* is the time between lines that follow each other and are both its own.
    """

    service: str
    first_at: datetime
    last_at: datetime
    lines: int
    spent: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """The time from one line to the next."""

    before: LogLine
    after: LogLine

    @property
    def took(self) -> timedelta:
        """How long it was."""
        return self.after.at - self.before.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One request's way. *stays* are in the order in which services had it."""

    request_id: str
    task_ids: tuple[str, ...]
    reflex_ids: tuple[str, ...]
    steps: tuple[Step, ...]
    stays: tuple[Stay, ...]
    skews: tuple[Skew, ...]
    """Clocks that were off, and by what their lines were moved."""
    began_at: datetime
    """When the first request came in, which its last line tells."""
    ended: str | None
    """The last status that a caller got; None where no line tells it."""
    forwarded: bool
    """Whether a second service wrote the id as well."""

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """The lines, oldest first, at their corrected times."""
        return tuple(step.line for step in self.steps)

    @property
    def took(self) -> timedelta:
        """From its beginning to its last line."""
        return self.lines[-1].at - self.began_at

    @property
    def unended(self) -> bool:
        """Whether it came in where all do, and no line tells how it ended."""
        return self.ended is None and any(it.service == ENTRY for it in self.stays)

    @property
    def requests(self) -> int:
        """How many requests ended: clients choose ids, and may use one again."""
        return sum(_event(line) in (_REQUEST, _UNCAUGHT) for line in self.lines)

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The times between lines that follow each other.

        Not those in which one request had ended, and another not yet come in.
        """
        return tuple(Hop(before=a, after=b) for a, b in _busy(self.lines))

    @property
    def gaps(self) -> tuple[Hop, ...]:
        """Those in which nothing was written for long."""
        return tuple(hop for hop in self.hops if hop.took >= GAP)

    @property
    def slowest(self) -> Hop | None:
        """The longest of them; None when there is but one line."""
        return max(self.hops, key=lambda hop: hop.took, default=None)


def traced(request_id: str, lines: Iterable[LogLine]) -> Trace | None:
    """Return the way of a request; None when no line bears its id.

    *lines* are all of its time, in any order; those of others are left out.
    """
    every = sorted(lines, key=lambda line: line.order)
    own = [line for line in every if line.request_id == request_id]
    if not own:
        return None
    joined = dict.fromkeys(own, Join.ID)
    tasks = dict.fromkeys(line.task_id for line in own if line.task_id)
    for line in every:
        if line.task_id in tasks:
            joined.setdefault(line, Join.TASK)
    for line in every:  # the id may be the reflex layer's own, as its caller wrote it
        if line.fields.get("reflex_request_id") == request_id:
            joined.setdefault(line, Join.REFLEX)
    served: dict[str, list[LogLine]] = {}
    for line in every:
        served.setdefault(line.source, []).append(line)
    for theirs in served.values():
        _join_neighbours(theirs, joined, request_id)
    reflex = _reflex_ids(joined)
    reflex.pop(request_id, None)
    for line in every:
        if line.request_id in reflex:
            joined.setdefault(line, Join.REFLEX)
    home = _home(own)
    found = skews(sorted(joined, key=lambda line: line.order), home)
    return _trace(
        request_id,
        joined,
        skews=found,
        tasks=tuple(tasks),
        reflex=tuple(reflex),
        forwarded=len({line.source for line in own}) > 1,
    )


def _trace(  # noqa: PLR0913  each has its name at the call
    request_id: str,
    joined: Mapping[LogLine, Join],
    *,
    skews: Sequence[Skew],
    tasks: tuple[str, ...],
    reflex: tuple[str, ...],
    forwarded: bool,
) -> Trace:
    off = {skew.service: skew.moved for skew in skews}
    steps = sorted(
        (
            Step(
                line=replace(line, at=line.at + off[line.source])
                if line.source in off
                else line,
                join=join,
            )
            for line, join in joined.items()
        ),
        key=lambda step: step.line.order,
    )
    begun = [_began(step.line) for step in steps]
    return Trace(
        request_id=request_id,
        task_ids=tasks,
        reflex_ids=reflex,
        steps=tuple(steps),
        stays=_stays([step.line for step in steps]),
        skews=tuple(skews),
        began_at=min(begun),
        ended=_ended([step.line for step in steps]),
        forwarded=forwarded,
    )


def _join_neighbours(
    served: Sequence[LogLine], joined: dict[LogLine, Join], request_id: str
) -> None:
    """Join the lines of one service that bear no id and belong to the request."""
    place = {line: index for index, line in enumerate(served)}
    for line in served:
        if line not in joined or _event(line) not in _CHECKED:
            continue
        before = _answer_to(line, served[: place[line]])
        if before is not None:
            joined.setdefault(before, Join.BESIDE)
    open_lines = [
        line
        for line in served
        if line in joined and line.request_id in (request_id, None)
    ]
    while open_lines:
        last = open_lines.pop()
        asked = _asked(last, open_lines)
        end = _end(last, served[place[last] + 1 :], joined, asked=asked)
        if end is None:
            continue
        joined[end] = Join.BESIDE
        begin = _began(end) if _event(end) == _REQUEST else end.at - LATEST
        begin -= EDGE + _coarse(last, end)
        open_lines = [line for line in open_lines if line.at < begin]


def _answer_to(check: LogLine, earlier: Sequence[LogLine]) -> LogLine | None:
    """Return the reflex layer's answer of which a line tells what was made.

    They are written in one go, but for lines of others that look in the same moment.
    """
    for line in reversed(earlier):
        if check.at - line.at > EDGE or _event(line) in _CHECKED:
            return None
        if _event(line) == _ANSWERED:
            return line
    return None


def _asked(last: LogLine, before: Sequence[LogLine]) -> LogLine:
    """Return the line that tells what was asked for.

    That is *last*, or one of its task before it, where its own event tells nothing of
    it, as that of a call to an arm.
    """
    told = (*_SUBMITS, *_GETS, "http.exception")
    same = (it for it in reversed(before) if it.task_id == last.task_id is not None)
    return next((it for it in (last, *same) if _event(it).startswith(told)), last)


def _end(
    last: LogLine,
    later: Iterable[LogLine],
    joined: Mapping[LogLine, Join],
    *,
    asked: LogLine,
) -> LogLine | None:
    """Return the line that tells how the request of *last* ended, by what was *asked*.

    That is the first fitting one within a moment. What passed the reflex check may
    wait for the database: then it is the only exception of a minute.
    """
    raised, stored = [], False
    for line in later:
        wait = line.at - last.at
        if wait > LATEST:
            break
        stored |= line in joined and line.task_id == last.task_id is not None
        if line in joined or line.request_id is not None or not _fits(line, asked):
            continue
        if wait <= EDGE + _coarse(last, line):
            return line
        if _event(line) == _UNCAUGHT:
            raised.append(line)
    if len(raised) == 1 and _event(last) == _CHECKED[0] and not stored:
        return raised[0]
    return None


def _fits(line: LogLine, last: LogLine) -> bool:
    """Tell whether a line may end what *last* is of, by method, path and status."""
    event, before = _event(line), _event(last)
    if event == _UNCAUGHT:
        return before not in _NEVER_UNCAUGHT
    if event != _REQUEST:
        return False
    method, path = line.fields.get("method"), str(line.fields.get("path"))
    if before.startswith(_SUBMITS):
        return (method, path) == ("POST", "/submit")
    if before in _GETS:
        return (method, path) == ("GET", f"/tasks/{last.task_id}")
    if before == "http.exception":
        return line.fields.get("status_code") == last.fields.get("status_code")
    return True


def _home(own: Iterable[LogLine]) -> str:
    """Return by whose clock all is told: that of the entry, else who wrote most."""
    wrote = Counter(line.source for line in own)
    return ENTRY if ENTRY in wrote else wrote.most_common(1)[0][0]


def _reflex_ids(joined: Iterable[LogLine]) -> dict[str, None]:
    ids = (line.fields.get("reflex_request_id") for line in joined)
    return dict.fromkeys(str(id) for id in ids if id)


def _began(line: LogLine) -> datetime:
    """Return when the request came in whose end a line tells; else the line's time."""
    took = line.fields.get("duration_seconds")
    if _event(line) != _REQUEST or not isinstance(took, float):
        return line.at
    return line.at - timedelta(seconds=took)


def _ended(lines: Sequence[LogLine]) -> str | None:
    for line in reversed(lines):
        if _event(line) == _REQUEST:
            return str(line.fields.get("status_code"))
        if _event(line) == _UNCAUGHT:
            return f"500, {line.fields.get('error_kind', 'an exception')}"
    return None


def _busy(lines: Sequence[LogLine]) -> Iterator[tuple[LogLine, LogLine]]:
    """Yield the pairs of lines between which the request was worked on."""
    came_in = [_began(line) for line in lines if _event(line) == _REQUEST]
    for before, after in pairwise(lines):
        over = _event(before) in (_REQUEST, _UNCAUGHT)
        if not (over and any(before.at < at <= after.at for at in came_in)):
            yield before, after


def _stays(lines: Sequence[LogLine]) -> tuple[Stay, ...]:
    held: dict[str, list[LogLine]] = {}
    for line in lines:
        held.setdefault(line.source, []).append(line)
    spent: Counter[str] = Counter()
    for before, after in _busy(lines):
        if before.source == after.source:
            spent[before.source] += (after.at - before.at) // timedelta(microseconds=1)
    return tuple(
        Stay(
            service=service,
            first_at=theirs[0].at,
            last_at=theirs[-1].at,
            lines=len(theirs),
            spent=timedelta(microseconds=spent[service]),
        )
        for service, theirs in held.items()
    )


def _coarse(*lines: LogLine) -> timedelta:
    """Return by how much times may be off that bear no fraction."""
    whole = any(line.at.microsecond == 0 for line in lines)
    return COARSE if whole else timedelta(0)


def _event(line: LogLine) -> str:
    return str(line.fields.get("event", line.message))
