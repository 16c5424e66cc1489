"""Lines of consoles, in all the forms that three generations and a guide write.

Of a line of the first form the date is not told; `stretches` finds it.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from bot.domain.agent_names import SHORT
from bot.domain.escapes import without_colours
from bot.domain.excerpts import start_of
from bot.domain.logs import Level, LogLine
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from bot.sources.agents.clock import FIRST, LAST

BRAIN: Final = WorkerId("brain")
_ANSI: Final = rb"(?:\x1b\[[\d;]*m)*"
# `08:55:09 [brain] INFO: …`, `2026-11-23T08:48:14 [cpu-pi1] …`, `[21:05:50] [gpu-1] …`,
# `[2026-02-07 21:45:30] [worker-gpu1] …` (systems/agents.md, 1A.7).
HEAD: Final = re.compile(
    rb"^" + _ANSI + rb"\[?(?:(\d{4}-\d\d-\d\d)[T ])?(\d\d:\d\d:\d\d)"
    rb"(?:[.,]\d+)?\]?" + _ANSI + rb" " + _ANSI + rb"(?=\[)",
    re.MULTILINE,
)
_REST: Final = re.compile(
    r"\[(?P<logger>[^\]\s]{1,80})\] "
    r"(?:(?P<level>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL): ?)?(?P<message>.*)",
    re.DOTALL,
)
_TYPE: Final = re.compile(r"\[([A-Z][A-Z0-9_]+)\] ")
_STARTUP: Final = "STARTUP"
# What stands for a task: its whole id, or its first eight characters. Eight digits that
# an underscore follows are a batch; older batches have eight characters as well.
_TASK: Final = re.compile(
    r"(?<![\w-])(?<!batch )(?<!Batch )"
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8})(?![\w-])"
)
_SPAWNED: Final = re.compile(r"-(?:w\d+|meta)-([0-9a-f]{8})(?![\w-])")
_WORKER: Final = re.compile(r"(?:gpu|cpu|worker)-[\w.-]+?(?=\.executor|$)")
# More of one traceback is not shown.
MOST_BELOW: Final = 200
LONGEST: Final = 64 * 1024


def heads(block: bytes) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """Return the time of day that each record of a stretch begins with, and its date.

    As `HEAD` finds them, and several times faster where lines have the usual form. No
    date is empty; there is no list of dates where no record tells one.
    """
    lines = block.split(b"\n")
    begun = [line[:_LENGTH] for line in lines if line]
    times = {each: each[:_TIME] for each in {*begun}}  # many are of one second
    if {*map(len, times)} <= {_LENGTH} and _ALL.fullmatch(b"".join(times)):
        return [times[each] for each in begun], ()
    found = [
        match for line in lines if line[:1] in _BEGIN and (match := HEAD.match(line))
    ]
    dates = [match[1] or b"" for match in found]
    return [match[2] for match in found], dates if any(dates) else ()


_TIME: Final = len("08:55:09")
_LENGTH: Final = len("08:55:09 [")
_ALL: Final = re.compile(rb"(?:\d\d:\d\d:\d\d \[)*")
_BEGIN: Final = frozenset(bytes([each]) for each in b"0123456789[\x1b")


def day_of(said: bytes) -> date | None:
    """Return the date that a line begins with; None if it is none that is meant."""
    try:
        day = date.fromisoformat(said.decode())
    except ValueError:
        return None
    return day if FIRST <= day.year < LAST else None


def decision_in(block: bytes) -> "re.Match[bytes] | None":
    """Return the last line of the brain that repeats a decision; None if none does."""
    here = len(block)
    while (here := block.rfind(b" [brain] INFO: [", 0, here)) >= 0:
        begin = block.rfind(b"\n", 0, here) + 1
        last = _DECIDED.match(block, begin)
        if last is not None and last["kind"] != _STARTUP.encode():
            return last
    return None


_DECIDED: Final = re.compile(
    rb"(?P<at>\d\d:\d\d:\d\d) \[brain\] INFO: \[(?P<kind>[A-Z][A-Z0-9_]+)\] "
    rb"(?P<message>[^\r\n]*)"
)


def console_line(
    raw: bytes, begin: int, *, at: datetime, id: str, guess: str = ""
) -> LogLine | None:
    """Return the line of a record, the lines below it folded in; None if it is odd.

    *begin* is where its time has ended; *guess* is said of a day that nothing tells.
    """
    text = raw[begin : begin + 2 * LONGEST].decode("utf-8", "replace")
    text = start_of(text, LONGEST)
    found = _REST.match(without_colours(text.rstrip("\r\n")))
    if found is None:
        return None
    logger, message = found["logger"], _folded(found["message"])
    source, worker = writer(logger)
    return LogLine(
        at=at,
        level=_level(found["level"], message),
        source=source,
        message=message + guess,
        task_id=task_in(message),
        worker_id=worker,
        source_id=logger,
        id=id,
    )


def writer(logger: str) -> tuple[str, WorkerId | None]:
    """Return what kind of program writes under the name, and which worker it is."""
    if logger == "brain" or logger.startswith("brain."):
        return "brain", BRAIN
    if found := _WORKER.match(logger):
        return "worker", WorkerId(found[0])
    if logger == "worker":  # an agent's subprocess does not say whose it is
        return "subprocess", None
    return "program", None


def task_in(message: str) -> TaskId | None:
    """Return the first task that a text names, often by eight characters alone."""
    found = _TASK.search(message) or _SPAWNED.search(message)
    return TaskId(found[1]) if found else None


def decided(line: LogLine) -> str | None:
    """Return the kind of decision that a console line repeats; None for all others.

    Each such line stands in the decisions as well, with its whole time.
    """
    if line.source != "brain":
        return None
    found = _TYPE.match(line.message)
    return found[1] if found and found[1] != _STARTUP else None


def names_task(line: LogLine, id: str) -> bool:
    """Tell whether a line is about the task, by its id or its first characters."""
    short = id[:SHORT]
    carried = line.task_id or ""
    if carried in (id, short):
        return True
    whole = len(carried) > SHORT and carried.startswith(short)
    return not whole and re.search(rf"(?<!\w){short}(?!\w)", line.message) is not None


def _folded(message: str) -> str:
    lines = message.splitlines()
    if len(lines) <= 1:
        return message
    return "\n".join(lines[:MOST_BELOW]).rstrip()


def _level(said: str | None, message: str) -> str:
    if said is not None:
        return Level.WARNING if said == "WARN" else said
    # A CPU agent writes no level; a task that failed there is worth one.
    return Level.WARNING if message.endswith(": FAIL") else Level.INFO
