"""`logs`: search the logs."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain.figures import counted, some
from bot.domain.logs import LogLine
from bot.domain.report import Ask, Facts, Read, Report, Section, Timeline
from bot.domain.spelling import choice
from bot.domain.tasks import TaskId
from bot.domain.times import ahead, iso
from bot.domain.workers import WorkerId
from bot.sources import LogSearch, whole_task_id, whole_worker_id

LISTED: Final = 100
MOST_LISTED: Final = 100_000
_SHORT: Final = {"warn": "WARNING", "crit": "CRITICAL"}  # as the shell writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsQuery:
    """What `logs` wants to know."""

    search: str | None = command.text("only lines that hold this text", meta="TEXT")
    level: str | None = command.text("only this level, such as ERROR", meta="L")
    source: str | None = command.text("only this kind or name of writer", meta="S")
    task: str | None = command.id_flag("only lines of this task")
    worker: str | None = command.id_flag("only lines of this worker")
    since: datetime | None = command.since()
    until: datetime | None = command.until()
    hours: float = command.hours()
    limit: int = command.limit(LISTED, most=MOST_LISTED, what="lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsData:
    """What `logs` found: the newest *limit* lines, and how many match in all."""

    entries: tuple[LogLine, ...]
    total: int


async def answer(query: LogsQuery, asked: Asked) -> Report:
    """Return the newest matching lines, oldest first, and the exact number of all."""
    level = None
    if query.level is not None:
        level = _SHORT.get(query.level.lower(), query.level)
        level = choice(level, asked.system.logs.levels, what="log level")
    window = command.window_of(
        asked, hours=query.hours, since=query.since, until=query.until
    )
    task, worker = await asyncio.gather(_task(query, asked), _worker(query, asked))
    wanted = LogSearch(
        window=window,
        text=query.search,
        level=level,
        source=query.source,
        task_id=task,
        worker_id=worker,
    )
    found = await asked.system.logs.search(wanted, limit=query.limit)
    total = found.total if found.total is not None else len(found.rows)
    data = LogsData(entries=found.rows, total=total)
    left = total - len(found.rows)
    return Report(
        summary=_summary(data),
        sections=_sections(data),
        asks=_asks(query, data, window.since),
        data=data,
        window=window,
        truncated=left > 0,
        notes=(
            *([f"{left} older lines match as well: use --limit"] if left > 0 else []),
            *ahead("the newest line", _newest(data), asked.now),
        ),
        reads=(Read(source="supabase", at=asked.now),),
    )


COMMAND: Final = Command(
    name="logs",
    answers="Search the logs",
    query=LogsQuery,
    handler=answer,
    examples=(
        "logs --level ERROR --hours 1",
        'logs --search "out of memory" --since 3h --limit 50',
    ),
    data=LogsData,
    place=20,
)


async def _task(query: LogsQuery, asked: Asked) -> TaskId | None:
    if query.task is None:
        return None
    return await whole_task_id(query.task, asked.system)


async def _worker(query: LogsQuery, asked: Asked) -> WorkerId | None:
    if query.worker is None:
        return None
    return await whole_worker_id(query.worker, asked.system)


def _newest(data: LogsData) -> datetime | None:
    return data.entries[-1].at if data.entries else None


def _summary(data: LogsData) -> str:
    if not data.total:
        return "no line of the window matches"
    if len(data.entries) == data.total:
        return f"{some(data.total, 'matching line')}"
    newest = f"the newest {len(data.entries):,} are listed"
    return f"{some(data.total, 'matching line')}, {newest}"


def _sections(data: LogsData) -> tuple[Section, ...]:
    if not data.entries:
        return ()
    levels = counted(line.level for line in data.entries)
    sources = counted(line.source for line in data.entries)
    return (
        Facts(title="Listed", rows=(*levels.items(), *sources.items())),
        Timeline(title="Lines", lines=data.entries, writers=True),
    )


def _asks(query: LogsQuery, data: LogsData, since: datetime) -> tuple[Ask, ...]:
    """Offer the older lines over the same question with a fixed end."""
    if len(data.entries) >= data.total or not data.entries:
        return ()
    words = ["logs"]
    for flag, value in (
        ("--search", query.search),
        ("--level", query.level),
        ("--source", query.source),
        ("--task", query.task),
        ("--worker", query.worker),
    ):
        if value is not None:
            words += [flag, command.quoted(value)]
    words += ["--since", iso(since), "--until", iso(data.entries[0].at)]
    words += ["--limit", str(query.limit)]
    return (Ask(label="Older lines", words=" ".join(words)),)
