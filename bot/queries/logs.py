"""`logs`: search the logs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain.asks import chosen
from bot.domain.errors import Lacks, NotFound
from bot.domain.figures import counted, some
from bot.domain.findings import Status
from bot.domain.line_fields import line_field
from bot.domain.logs import Level, LogLine
from bot.domain.pages import Border, Page
from bot.domain.report import Ask, Facts, Report, Section, Timeline
from bot.domain.spelling import choice, clipped, nearest, typed
from bot.domain.tasks import TaskId
from bot.domain.times import AHEAD, Window, ahead, left_ahead
from bot.domain.workers import WorkerId
from bot.phrasing import spelled, turned
from bot.sources import Listing, LogSearch, whole_task_id, whole_worker_id

LISTED: Final = 100
MOST_LISTED: Final = 100_000
NAMES: Final = 5  # of one kind of writer: there may be hundreds
_HURRIED: Final = (
    "not all lines could be read in time, so that more may match: use a shorter window"
)
_SHORT: Final = {"warn": "WARNING", "crit": "CRITICAL"}  # as the shell writes them


def _read_field(value: str, now: datetime) -> str:
    del now
    return str(line_field(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsQuery:
    """What `logs` wants to know."""

    search: str | None = command.text(
        "only lines that hold this text", meta="TEXT", example="out of memory"
    )
    level: str | None = command.text(
        "only this level, such as ERROR", meta="L", example="ERROR"
    )
    source: str | None = command.text(
        "only this kind or name of writer", meta="S", example="worker"
    )
    task: str | None = command.id_flag("only lines of this task")
    worker: str | None = command.id_flag(
        "only lines of this worker", read=command.worker_text
    )
    field: tuple[str, ...] = command.flags(
        "only lines with this field; several must all fit; > and < compare numbers",
        meta="KEY=VALUE",
        read=_read_field,
        example="status_code=503",
    )
    since: datetime | None = command.since()
    until: datetime | None = command.until()
    before: Border | None = command.before()
    after: Border | None = command.after()
    hours: float = command.hours()
    limit: int = command.limit(LISTED, most=MOST_LISTED, what="lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsData:
    """What `logs` found: one page of lines, the newest unless another is asked for.

    *total* is how many match in all, *newer* and *older* how many of these the page
    leaves out at its ends.
    """

    entries: tuple[LogLine, ...]
    total: int
    newer: int
    older: int


async def answer(query: LogsQuery, asked: Asked) -> Report:
    """Return a page of matching lines, oldest first, and the exact number of all."""
    level = None
    if query.level is not None:
        level = _SHORT.get(query.level.lower(), query.level)
        level = choice(level, asked.system.logs.levels, what="log level")
    if query.field and not asked.system.logs.fielded:
        hint = "what their text holds can be searched: logs --search TEXT"
        raise Lacks(asked.system.name, "fields in its log lines", hint=hint)
    window = command.page_window(query, asked)
    task, worker = await asyncio.gather(
        _task(query, asked, window), _worker(query, asked)
    )
    wanted = LogSearch(
        window=window,
        text=query.search,
        level=level,
        source=query.source,
        task_id=task,
        worker_id=worker,
        fields=tuple(map(line_field, query.field)),
    )
    data, hurried = await _page(wanted, query, asked)
    later = "" if hurried else await _later(wanted, data, asked)
    others = None if data.total or later else await _others(wanted, asked)
    if others is not None:
        return _stranger(query, data, others, asked)
    page = Page(data.entries[::-1], newer=data.newer, older=data.older)
    absent = None if data.total or worker is None else await _absent(worker, asked)
    return Report(
        summary=_summary(data)
        + ("" if absent is None else f"; {absent.message}")
        + (f"; {later}" if later and not data.total else ""),
        status=_status(data, level, later),
        sections=_sections(data),
        asks=chosen(
            *turned(COMMAND, query, window, page, _border),
            *_narrower(query, data),
            *(
                (Ask(label="The task", words=f"task {task}"),)
                if task and asked.system.tasks.listed
                else ()
            ),
            *(
                (Ask(label="The worker", words=f"worker {typed(worker)}"),)
                if worker and absent is None
                else ()
            ),
        ),
        hint="" if absent is None else absent.hint,
        data=data,
        window=window,
        truncated=bool(data.newer or data.older or hurried),
        notes=(
            *([_HURRIED] if hurried else []),
            *([_left_out(data)] if data.older else []),
            *ahead("the newest line", _newest(data), asked.now),
            *([later] if later and data.total else []),
        ),
        reads=asked.reads(),
    )


COMMAND: Final = Command(
    name="logs",
    answers="Search the logs",
    query=LogsQuery,
    handler=answer,
    examples=(
        "logs --level ERROR --hours 1",
        'logs --search "out of memory" --since 3h --limit 50',
        "logs --field event=task.failed --field priority=high",
    ),
    data=LogsData,
    place=20,
)


async def _page(
    wanted: LogSearch, query: LogsQuery, asked: Asked
) -> tuple[LogsData, bool]:
    """Return the lines, and how many match beside them; of none it is not asked.

    And whether there was no time to read all: then more may match than was counted.
    """
    search = asked.system.logs.search
    if query.before is None and query.after is None:
        found = await search(wanted, limit=query.limit)
        total = _total(found)
        older = total - len(found.rows)
        data = LogsData(entries=found.rows, total=total, newer=0, older=older)
        return data, found.cut and not older
    here = replace(wanted, before=query.before, after=query.after)
    found, every = await asyncio.gather(
        search(here, limit=query.limit), search(wanted, limit=1)
    )
    rest = _total(found) - len(found.rows)
    # A line may be written between the two questions, or there be no time to count.
    total = max(_total(every), len(found.rows) + rest)
    others = total - len(found.rows) - rest
    newer, older = (others, rest) if query.after is None else (rest, others)
    data = LogsData(entries=found.rows, total=total, newer=newer, older=older)
    uncounted = every.cut and every.total is None
    return data, uncounted or (found.cut and not rest)


async def _others(
    wanted: LogSearch, asked: Asked
) -> tuple[Window, Listing[tuple[str, str]]] | None:
    """Return who wrote in the window, if no line of it is of the source wanted."""
    if wanted.source is None:
        return None
    logs, window = asked.system.logs, wanted.window
    theirs = LogSearch(window=window, source=wanted.source)
    found, writers = await asyncio.gather(
        asked.gaps.beside(logs.search(theirs, limit=1), None),
        asked.gaps.beside(logs.writers(window), None),
    )
    if found is None or writers is None or found.rows:
        return None
    return window, writers


async def _later(wanted: LogSearch, data: LogsData, asked: Asked) -> str:
    """Return that lines are left out that bear times of later; mostly nothing.

    Only files that are written now are looked at, unless the window holds no line.
    """
    zone, window = asked.system.vocabulary.zone, wanted.window
    if not zone or not window.ongoing:
        return ""
    none = not data.total and wanted == LogSearch(window=window)
    since = window.since if none else max(window.since, window.until - AHEAD)
    wide = replace(wanted, window=replace(window.reaching, since=since))
    search = asked.system.logs.search(wide, limit=1)
    found: Listing[LogLine] = await asked.gaps.beside(search, Listing(()))
    newest = [line.at for line in found.rows if line.at > window.end]
    return left_ahead("lines", newest[0], asked.now, zone) if newest else ""


def _stranger(
    query: LogsQuery,
    data: LogsData,
    others: tuple[Window, Listing[tuple[str, str]]],
    asked: Asked,
) -> Report:
    """Return that nobody of that name wrote, and who did."""
    window, writers = others
    source = query.source or ""
    kinds: dict[str, list[str]] = {}
    for kind, name in writers.rows:
        kinds.setdefault(kind, []).append(name)
    near = nearest(source, [*kinds, *(name for _, name in writers.rows)])
    summary = f"no source of the window is called '{clipped(source)}'"
    if not kinds:
        summary += ": it holds no line at all"
    else:
        summary += f"; there are: {', '.join(kinds)}"
    meant = "" if near is None else f" (did you mean '{clipped(near)}'?)"
    facts = Facts(
        title="Who wrote",
        rows=tuple((kind, _first(names)) for kind, names in kinds.items()),
    )
    words = spelled(COMMAND, query, source=near, before=None, after=None)
    return Report(
        summary=summary + meant,
        status=Status.UNKNOWN,
        sections=(facts,) if kinds else (),
        asks=() if near is None else (Ask(label=f"Lines: {near}", words=words),),
        data=data,
        window=window,
        notes=() if writers.whole else ("who wrote is told by the newest lines alone",),
        reads=asked.reads(),
    )


def _first(every: Sequence[str]) -> str:
    """Return the first of the names; those who wrote may have left none."""
    names = [each for each in every if each] or ["without a name"]
    more = len(names) - NAMES
    return ", ".join(names[:NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _total(found: Listing[LogLine]) -> int:
    return found.total if found.total is not None else len(found.rows)


async def _task(query: LogsQuery, asked: Asked, window: Window) -> TaskId | None:
    if query.task is None:
        return None
    return await whole_task_id(query.task, asked.system, within=window)


async def _worker(query: LogsQuery, asked: Asked) -> WorkerId | None:
    if query.worker is None:
        return None
    return await whole_worker_id(query.worker, asked.system)


async def _absent(id: WorkerId, asked: Asked) -> NotFound | None:
    """Return the error of a worker that is not there; None where it is, or unread."""
    try:
        await asked.gaps.beside(asked.system.workers.get(id), None)
    except NotFound as error:
        return error
    return None


def _newest(data: LogsData) -> datetime | None:
    return data.entries[-1].at if data.entries else None


def _status(data: LogsData, level: str | None, later: str) -> Status:
    """Return the answer's colour: that errors were found, when asked for, is not well.

    Otherwise lines are not judged; where all are of a *later* time nothing is known.
    """
    if not data.total:
        return Status.UNKNOWN if later else Status.OK
    faults = level in (Level.ERROR, Level.CRITICAL)
    return Status.WARNING if faults else Status.OK


def _summary(data: LogsData) -> str:
    if not data.total:
        return "no line of the window matches"
    every = some(data.total, "matching line")
    if not (data.newer or data.older):
        return every
    if not data.newer:
        return f"{every}, the newest {len(data.entries):,} are listed"
    return (
        f"{every}; {len(data.entries):,} are listed, {data.newer:,} are newer and"
        f" {data.older:,} older"
    )


def _left_out(data: LogsData) -> str:
    lines = some(data.older, "older line")
    verb = "matches" if data.older == 1 else "match"
    return f"{lines} {verb} as well: turn the page, or use --limit"


def _sections(data: LogsData) -> tuple[Section, ...]:
    if not data.entries:
        return ()
    levels = counted(line.level for line in data.entries)
    sources = counted(line.source for line in data.entries)
    return (
        Facts(title="Listed", rows=(*levels.items(), *sources.items())),
        Timeline(title="Lines", lines=data.entries, writers=True),
    )


def _border(line: LogLine) -> Border:
    return Border(at=line.at, id=line.id)


def _narrower(query: LogsQuery, data: LogsData) -> tuple[Ask, ...]:
    """Return the same question for errors alone, or for all levels again.

    Where most of the lines are for those who wrote the program, for the others.
    """
    if query.level is not None:
        wider = spelled(COMMAND, query, level=None, before=None, after=None)
        return (Ask(label="All levels", words=wider),)
    levels = [line.level for line in data.entries]
    chosen_levels = {
        "Errors only": Level.ERROR if Level.ERROR in levels else None,
        "Info only": Level.INFO
        if levels.count(Level.DEBUG) > len(levels) / 2
        else None,
    }
    return tuple(
        Ask(
            label=label,
            words=spelled(COMMAND, query, level=level.value, before=None, after=None),
        )
        for label, level in chosen_levels.items()
        if level is not None
    )
