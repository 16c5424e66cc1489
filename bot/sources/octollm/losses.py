"""What lines tell of tasks that went missing, and of why services could not work."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from bot.domain.logs import LogLine
from bot.domain.service_names import ORCHESTRATOR
from bot.domain.services import Lost, PoolError, Startup, Unmatched
from bot.domain.times import Window
from bot.sources.octollm.events import (
    CREATED,
    DATABASE_DOWN,
    ECHO,
    FAILED_START,
    NO_ARM,
    NO_CANDIDATES,
    PASSED,
    UNCAUGHT,
    event_of,
    said,
)
from bot.sources.octollm.lines import raised

STORED_WITHIN: Final = timedelta(seconds=60)  # systems/octollm.md, 3B.6
_POOL: Final = re.compile(
    r"QueuePool limit of size (?P<size>\d{1,9}) overflow (?P<overflow>\d{1,9}) reached"
    r"(?:.*?timeout (?P<timeout>\d{1,9}(?!\d)(?:\.\d+)?))?",
    re.DOTALL,
)
# Errors that the server itself answered have names of their own; but these it answers
# when it goes, or does not let anybody in.
_ANSWERED: Final = re.compile(
    r"\.errors\.(?!AdminShutdown|CrashShutdown|CannotConnectNow|TooManyConnections)"
    r"|deadlock detected|canceling statement"
)


def pool(lines: Iterable[LogLine]) -> tuple[PoolError, ...]:
    """Return the connections that were waited for in vain."""
    found = []
    checked: dict[str, datetime] = {}
    for line in lines:
        event = event_of(line)
        if event == PASSED and line.task_id:
            checked[line.task_id] = line.at
        if event == CREATED and line.task_id:
            checked.pop(line.task_id, None)
        text = _POOL.search(f"{line.fields.get('error', '')} {line.message}")
        if text is None or event == ECHO:
            continue
        since = line.at - STORED_WITHIN
        seconds = text["timeout"]
        found.append(
            PoolError(
                at=line.at,
                service=line.source,
                size=int(text["size"]),
                overflow=int(text["overflow"]),
                timeout=timedelta(seconds=float(seconds)) if seconds else None,
                in_flight=sum(at >= since for at in checked.values()),
            )
        )
    return tuple(found)


def lost(by_event: dict[str, list[LogLine]], window: Window) -> tuple[Lost, ...]:
    """Return what passed and was not stored, where the minute for it is over."""
    stored = {line.task_id for line in by_event.get(CREATED, [])}
    errors = by_event.get(UNCAUGHT, [])
    found = []
    for line in by_event.get(PASSED, []):
        if line.task_id is None or line.task_id in stored:
            continue
        if line.at + STORED_WITHIN > window.until:
            continue
        after = (
            each
            for each in errors
            if each.source == line.source
            and line.order < each.order
            and each.at <= line.at + STORED_WITHIN
        )
        why = next(after, None)
        found.append(
            Lost(
                task_id=line.task_id,
                at=line.at,
                request_id=line.request_id,
                error=None if why is None else said(why),
            )
        )
    return tuple(found)


def unmatched(lines: Iterable[LogLine]) -> tuple[Unmatched, ...]:
    """Return the tasks for which no arm was found."""
    return tuple(
        Unmatched(
            at=line.at,
            task_id=line.task_id,
            required=_names(line, "required_capabilities", "required"),
            available=_names(line, "available_capabilities", "available"),
        )
        for line in lines
        if event_of(line) == NO_CANDIDATES or NO_ARM in line.message
    )


def _names(line: LogLine, *fields: str) -> frozenset[str] | None:
    for field in fields:
        held = line.fields.get(field)
        if isinstance(held, str):
            return frozenset(each.strip() for each in held.split(",") if each.strip())
        if held == 0:  # a list without anything in it
            return frozenset()
    return None


def startups(lines: Iterable[LogLine]) -> tuple[Startup, ...]:
    """Return the starts that failed, with the last exception that was told before."""
    found = []
    cause: dict[str, str] = {}
    for line in lines:
        trace = str(line.fields.get("traceback", ""))
        if line.alarming and (why := raised(trace) or line.fields.get("error")):
            cause[line.source] = str(why).strip().split("\n")[-1]
        if event_of(line).startswith(FAILED_START):
            error = cause.get(line.source, "no line tells why")
            found.append(Startup(at=line.at, service=line.source, error=error))
    return tuple(found)


def database_down(line: LogLine) -> bool:
    """Tell whether a line says that the database could not be reached.

    A deadlock is an OperationalError too, of a database that is there. Of uncaught
    refusals it is the only counterpart: those of the reflex layer are all caught.
    """
    if event_of(line) in DATABASE_DOWN:
        return True
    text, kind = str(line.fields.get("error", "")), line.fields.get("error_kind")
    if not line.alarming:
        return False
    if kind == "OperationalError":
        return _ANSWERED.search(text) is None
    refused = kind == "ConnectionRefusedError" and event_of(line) == UNCAUGHT
    return refused and line.source == ORCHESTRATOR
