"""The `system_logs` table."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from bot.domain.errors import Misread, OutOfTime
from bot.domain.logs import SCALED_DOWN, Level, LogLine
from bot.domain.marks import (
    COUNT_FAILED,
    COUNT_JUMP,
    COUNT_SPIKE,
    COUNTS_FAILED,
    COUNTS_SIMPLE,
    COUNTS_STATUS,
    LOG_DEAD,
    LOG_FAILING,
    POD_ABANDONED,
    POD_REFUSED,
    POD_UNRECORDED,
    RAPID,
    RENTED,
    SPAWN_FAILED,
    STATUS_UNREAD,
    STORAGE,
    TASK_COUNT,
    TIER_REFUSED,
    TOOK_LONG,
)
from bot.domain.orchestration import Cycle, Decision, Orchestration, counts
from bot.domain.pages import Border
from bot.domain.spelling import clipped
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import Listing, LogSearch
from bot.sources.reigh import rows as meaning
from bot.sources.reigh.conditions import Key, beyond, quoted, within
from bot.sources.reigh.project import BOUND, PAGE, Project

# Newest first: where a bound ends the reading, the end of the story is kept.
_NEWEST: Final = Key(column="timestamp", field="at")
_OLDEST: Final = Key(column="timestamp", field="at", descending=False)
_ORCHESTRATOR: Final = "orchestrator_gpu"
_KINDS: Final = (
    "orchestrator_gpu",
    "orchestrator_api",
    "worker",
    "edge_function",
    "browser",
    "dev_agent",
)
NAMING_FUNCTIONS: Final = ("claim-next-task", "update-worker-model")
"""Edge functions whose lines name a worker in metadata (systems/reigh.md, 3.4)."""

# The orchestrator's rows never carry a worker's id (systems/reigh.md, 0.2), and text
# has no index: the search is held to its rows and to the window.
NAMING_BOUND: Final = 5_000
PARTS: Final = 12  # of a long list, read at once; the database takes 20 requests
_FILLED: Final = 0.8  # of a page, by a part that is as dense as the page before it
WRITERS_BOUND: Final = 1_000  # one page: the database can't tell each name once

_LOOK_MARKS: Final = (TASK_COUNT, "SCALING DECISION")
_CYCLE_MARKS: Final = (
    "Starting orchestrator cycle",
    *_LOOK_MARKS,
    "rchestrator cycle completed in",
    "Error in orchestrator cycle",
    "Error in orchestrator loop",
)
# What rules look for in its lines, beside the cycles (systems/reigh.md, 3.3).
_NOTABLE_MARKS: Final = (
    *(POD_REFUSED, TIER_REFUSED, RENTED, RAPID, STORAGE),
    *(COUNTS_FAILED, COUNTS_SIMPLE, COUNTS_STATUS, COUNT_FAILED),
)
# What no rule judges and people should see.
_EVENT_MARKS: Final = (
    *(TOOK_LONG, COUNT_SPIKE, COUNT_JUMP, LOG_DEAD, LOG_FAILING),
    *(POD_UNRECORDED, POD_ABANDONED, SPAWN_FAILED, STATUS_UNREAD),
)
ORCHESTRATION: Final = (*_CYCLE_MARKS, *_NOTABLE_MARKS, *_EVENT_MARKS)
"""What a line of the orchestrator holds of which its life is told."""
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DECIDED: Final = re.compile(r"SCALING DECISION.*?Current=(\d+)\+(\d+), Desired=(\d+)")
_TOOK: Final = re.compile(r"rchestrator cycle completed in ([\d.]+)\s*s")


class ReighLogs:
    """Fulfils `bot.sources.Logs`."""

    levels = tuple(Level)
    fielded = False

    def __init__(self, project: Project) -> None:
        """Read from *project*."""
        self._project = project

    async def of_task(self, id: TaskId, window: Window) -> Listing[LogLine]:
        """Return the lines that carry the task's id, oldest first."""
        return await self._all(
            lambda query: query.eq("task_id", id), window, names=meaning.LOG_OF_TASK
        )

    async def of_worker(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the lines that the worker wrote or that carry its id, oldest first.

        A worker's own rows may lack its id and have it as their source: those are
        read beside the others, and none is read twice. With them come the rows of the
        edge functions that name it in their metadata.
        """
        carrying, written = await asyncio.gather(
            self._all(
                lambda query: query.eq("worker_id", id), window, names=meaning.LOG
            ),
            self._all(
                lambda query: query.or_(
                    f"and(source_type.eq.worker,source_id.eq.{quoted(id)},"
                    f"or(worker_id.is.null,worker_id.neq.{quoted(id)})),"
                    f"and({_naming_function(id)})"
                ),
                window,
            ),
        )
        whole = carrying.whole and written.whole
        return Listing(_merged(carrying.rows, written.rows), whole=whole)

    async def naming(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the orchestrator's lines that only name the worker in their text."""
        known = (rf"\{sign}" if sign == "_" else sign for sign in id)
        pattern = "*" + re.sub(r"[*%]|\\(?!_)", "_", "".join(known)) + "*"
        listing = await self._all(
            lambda query: query.eq("source_type", _ORCHESTRATOR).like(
                "message", pattern
            ),
            window,
            bound=NAMING_BOUND,
        )
        whole_id = re.compile(rf"(?<![\w-]){re.escape(id)}(?![\w-])")
        named = tuple(
            line
            for line in listing.rows
            if line.worker_id != id and whole_id.search(line.message)
        )
        return Listing(named, whole=listing.whole)

    async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        """Return the newest *limit* matches, oldest first; *total* counts all.

        Of those after a border it is the oldest that are returned. Errors are all that
        report a fault, also those that are marked CRITICAL.

        Raises:
            Misread: a border holds no line's id.
        """
        turned = _turning(wanted)

        def where(query: Any) -> Any:
            if wanted.level == Level.ERROR:
                query = _alarming(query)
            elif wanted.level is not None:
                query = query.eq("log_level", wanted.level)
            kind = (wanted.source or "").lower()
            if kind in _KINDS:
                query = query.eq("source_type", kind)
            elif wanted.source is not None:
                query = query.eq("source_id", wanted.source)
            if wanted.task_id is not None:
                query = query.eq("task_id", wanted.task_id)
            if wanted.worker_id is not None:
                id = quoted(wanted.worker_id)
                query = query.or_(f"worker_id.eq.{id},source_id.eq.{id}")
            if wanted.text is not None:
                query = _containing(query, wanted.text)
            return turned(query)

        key = _NEWEST if wanted.after is None else _OLDEST
        return await self._newest(where, wanted.window, limit=limit, key=key)

    async def writers(self, window: Window) -> Listing[tuple[str, str]]:
        """Return who wrote the window's newest lines, each once, as kind and name."""
        columns = "id,at:timestamp,source:source_type,source_id"
        listing = await self._project.all(
            lambda client: within(
                client.table("system_logs").select(columns), "timestamp", window
            ),
            _NEWEST,
            read=lambda rows: [(row["source"], row["source_id"]) for row in rows],
            bound=WRITERS_BOUND,
        )
        return replace(listing, rows=tuple(sorted({*listing.rows})))

    async def alarms(
        self, window: Window, *, limit: int, scale_downs: bool = True
    ) -> Listing[LogLine]:
        """Return the newest lines that report a fault; *total* counts all of them.

        The orchestrator calls each scale-down an error: *scale_downs* are read or left
        out.
        """
        where = _alarming if scale_downs else _faulty
        return await self._newest(where, window, limit=limit)

    async def first_alarm(self, window: Window) -> LogLine | None:
        """Return the oldest line that reports a fault and is no scale-down, or None."""
        rows = await self._project.rows(
            lambda client: (
                _faulty(
                    within(
                        client.table("system_logs").select(_columns(self._project)),
                        "timestamp",
                        window,
                    )
                )
                .order("timestamp")
                .order("id")
                .limit(1)
            )
        )
        found = meaning.lines(rows)
        return found[0] if found else None

    async def orchestration(self, window: Window) -> Orchestration:
        """Return the orchestrator's life in the window."""
        marks = ",".join(
            f"message.like.{quoted(f'*{mark}*')}" for mark in ORCHESTRATION
        )
        last, cycles = await asyncio.gather(
            newest(self._project, _ORCHESTRATOR),
            self._all(
                lambda query: query.eq("source_type", _ORCHESTRATOR).or_(marks),
                window,
                names=meaning.LOG_OF_CYCLES,
            ),
        )
        return told(last, cycles)

    async def _all(  # noqa: PLR0913  each has its name
        self,
        where: Callable[[Any], Any],
        window: Window,
        *,
        bound: int = BOUND,
        counted: bool = False,
        key: Key = _NEWEST,
        names: Sequence[str] = meaning.LOG_REASONED,
    ) -> Listing[LogLine]:
        """Return all matching lines of the window, oldest first.

        The first page tells how dense they lie: what is older than many of them is read
        in parts, all at the same time. What lies before a part that is cut is left out,
        so that no hole remains.
        """
        if not key.descending:
            return await self._listed(
                where, window, bound, counted=counted, key=key, names=names
            )
        size = min(bound, PAGE)
        first = await self._listed(
            where, window, size, counted=counted, key=key, names=names
        )
        if first.whole or size == bound:
            return replace(first, rows=first.rows[::-1])
        last = first.rows[-1]

        async def part(span: Window) -> Listing[LogLine]:
            border = Border(at=last.at, id=last.id)
            try:
                return await self._listed(
                    lambda query: beyond(where(query), border, key),
                    span,
                    bound - size,
                    key=key,
                    names=names,
                )
            except OutOfTime:
                return Listing((), whole=False)

        rows = [*first.rows]
        whole = True
        for each in await asyncio.gather(*map(part, _spans(window, first.rows))):
            if whole:
                rows += each.rows
                whole = each.whole and len(rows) <= bound
        del rows[bound:]
        return Listing(tuple(reversed(rows)), whole=whole, total=first.total)

    async def _listed(  # noqa: PLR0913  each has its name
        self,
        where: Callable[[Any], Any],
        window: Window,
        bound: int,
        *,
        counted: bool = False,
        key: Key,
        names: Sequence[str],
    ) -> Listing[LogLine]:
        """Return the matching lines of the window in the key's order, page by page."""
        return await self._project.all(
            lambda client: where(
                within(
                    client.table("system_logs").select(_columns(self._project, names)),
                    "timestamp",
                    window,
                )
            ),
            key,
            read=meaning.lines,
            bound=bound,
            counted=counted,
        )

    async def _newest(
        self,
        where: Callable[[Any], Any],
        window: Window,
        *,
        limit: int,
        key: Key = _NEWEST,
    ) -> Listing[LogLine]:
        """Return the newest lines, and how many match, from one request if it can.

        By another *key* it is the oldest.
        """
        listing = await self._all(where, window, bound=limit, counted=True, key=key)
        total = max(listing.total or 0, len(listing.rows))
        whole = len(listing.rows) >= total
        return replace(listing, whole=whole, total=total)


def _spans(window: Window, page: Sequence[LogLine]) -> Sequence[Window]:
    """Return what of the window is older than its newest *page*, newest part first.

    There are as many parts as would each fit a page, were all as dense as this one.
    """
    older = Window(since=window.since, until=page[-1].at)
    held = (page[0].at - page[-1].at) * _FILLED
    parts = ceil((older.until - older.since) / held) if held else PARTS
    return older.parts(max(1, min(parts, PARTS)))


def told(last: LogLine | None, read: Listing[LogLine]) -> Orchestration:
    """Return the orchestrator's life by its newest line and those that tell of it."""
    about_cycles = tuple(line for line in read.rows if _of_cycle(line))
    others = tuple(line for line in read.rows if not _of_cycle(line))
    life = _life(last, about_cycles)
    return replace(
        life,
        notable=tuple(line for line in others if not _is_event(line)),
        decisions=tuple(line for line in others if _is_event(line)),
        whole=read.whole,
    )


async def newest(project: Project, kind: str) -> LogLine | None:
    """Return the newest line that a kind of writer left, however old; None if none."""
    rows = await project.rows(
        lambda client: (
            client.table("system_logs")
            .select(_columns(project))
            .eq("source_type", kind)
            .order("timestamp", desc=True)
            .order("id", desc=True)
            .limit(1)
        )
    )
    found = meaning.lines(rows)
    return found[0] if found else None


def _columns(project: Project, names: Sequence[str] = meaning.LOG_REASONED) -> str:
    return project.columns("system_logs", names)


def _naming_function(id: WorkerId) -> str:
    """Return the filters for rows of edge functions that name the worker.

    By the names of those that do an index finds them.
    """
    functions = ",".join(NAMING_FUNCTIONS)
    return (
        f"source_type.eq.edge_function,source_id.in.({functions}),"
        f"metadata->>worker_id.eq.{quoted(id)}"
    )


def _alarming(query: Any) -> Any:
    """Return the query for lines that report a fault."""
    # CRITICAL is routine in the GPU orchestrator's rows (systems/reigh.md, 0.3).
    routine = f"source_type.neq.{_ORCHESTRATOR}"
    return query.or_(f"log_level.eq.ERROR,and(log_level.eq.CRITICAL,{routine})")


def _faulty(query: Any) -> Any:
    """Return the query for such lines that tell of more than a scale-down."""
    return _alarming(query).not_.like("message", f"*{SCALED_DOWN}*")


def _turning(wanted: LogSearch) -> Callable[[Any], Any]:
    """Return what narrows a query to the lines beyond a border, if there is one.

    Raises:
        Misread: the border holds no line's id.
    """
    border, key = wanted.before, _NEWEST
    if wanted.after is not None:
        border, key = wanted.after, _OLDEST
    if border is None:
        return lambda query: query
    if not _UUID.fullmatch(border.id):
        msg = f"'{clipped(border.id)}' is not the id of a line"
        raise Misread(msg, hint="a line's id is a UUID")
    return lambda query: beyond(query, border, key)


def _containing(query: Any, text: str) -> Any:
    """Return the query for messages that hold the text literally, whatever its case."""
    if "*" in text:  # a wildcard that `ilike` cannot escape
        return query.filter("message", "imatch", re.escape(text).replace(r"\ ", " "))
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    return query.ilike("message", f"%{escaped}%")


def _merged(
    first: tuple[LogLine, ...], second: tuple[LogLine, ...]
) -> tuple[LogLine, ...]:
    if not second:
        return first
    return tuple(sorted((*first, *second), key=lambda line: line.order))


def _of_cycle(line: LogLine) -> bool:
    return any(mark in line.message for mark in _CYCLE_MARKS)


def _is_event(line: LogLine) -> bool:
    return any(mark in line.message for mark in _EVENT_MARKS)


def _life(last: LogLine | None, lines: tuple[LogLine, ...]) -> Orchestration:
    """Return the cycles that the lines tell of; a line may lack its cycle's number.

    Each instance counts its own cycles, and two of them may overlap.
    """
    cycles: list[Cycle] = []
    errors: list[LogLine] = []
    restarts: list[datetime] = []
    open_at: dict[tuple[str, int | None], int] = {}
    newest: dict[str, int] = {}
    for line in lines:
        name, number = line.source_id, line.cycle
        if number is not None:
            if _anew(name, number, newest):
                restarts.append(line.at)
                open_at = {each: at for each, at in open_at.items() if each[0] != name}
            newest[name] = number
        key = (name, number)
        begun = Cycle(number=number, started_at=None, completed_at=None, instance=name)
        if "Starting orchestrator cycle" in line.message:
            open_at[key] = len(cycles)
            cycles.append(replace(begun, started_at=line.at))
            continue
        index = open_at.get(key)
        if index is not None:
            begun = cycles[index]
        if any(mark in line.message for mark in _LOOK_MARKS):
            if index is not None:
                cycles[index] = _looked(begun, line)
            continue
        if took := _TOOK.search(line.message):
            ended = replace(
                begun,
                completed_at=line.at,
                took=timedelta(seconds=float(took[1].rstrip("."))),
                workers_started=_did("workers_spawned", line),
                workers_ended=_did("workers_terminated", line),
            )
        else:
            errors.append(line)
            ended = replace(begun, error=line.message)
        if index is None:
            cycles.append(ended)
        else:
            cycles[index] = ended
            del open_at[key]
    return Orchestration(
        last_line=last,
        cycles=tuple(cycles),
        errors=tuple(errors),
        restarts=tuple(restarts),
    )


def _anew(name: str, number: int, newest: Mapping[str, int]) -> bool:
    """Tell whether an instance began anew, by the *newest* number of each.

    A host may give each deployment another name: it counts from one all the same.
    """
    if name in newest:
        return number < newest[name]
    return bool(newest) and number <= 1


def _looked(cycle: Cycle, line: LogLine) -> Cycle:
    """Return the cycle with what it counted, or what it wanted."""
    if TASK_COUNT in line.message:
        return replace(cycle, saw=counts(line.message))
    return replace(cycle, decision=_decision(line))


def _decision(line: LogLine) -> Decision | None:
    found = _DECIDED.search(line.message)
    if not found:
        return None
    active, starting, wanted = (int(each) for each in found.groups())
    return Decision(active=active, starting=starting, wanted=wanted)


def _did(what: str, line: LogLine) -> int | None:
    """Return how often a finished cycle says that it did something."""
    found = re.search(rf"'{what}': (\d+)", line.message)
    return int(found[1]) if found else None
