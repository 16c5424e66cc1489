"""What the consoles tell of each program's life: when it began, was ready and ended."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.file_queue import Life
from bot.domain.logs import LogLine
from bot.domain.times import Window
from bot.sources.agents.blocks import LogFile
from bot.sources.agents.sweep import GUESS, Sweep

LOOK_BACK: Final = timedelta(hours=24)
"""So long before a window programs are looked for that began before it."""
MOST: Final = 4 * 1024 * 1024
"""And so many bytes of each file, its last: some 60,000 lines."""
LAST: Final = 300
"""Of so many lines, the newest of each file, last words and levels are told."""

# Parts of the texts below, as few as can be: megabytes are looked through for each.
_MARKS: Final = (
    *(b" initialized: ", b"tarting", b" ready", b" crashed", b"shutting down"),
    *(b"THERMAL SAFETY SHUTDOWN", b"load_llm task available for"),
)
# systems/agents.md, 1A.7: texts of the three generations.
_INITIALIZED: Final = re.compile(r"(?:GPU agent|Worker) initialized: ")
_STARTED: Final = re.compile(
    r"(?:GPU agent|Worker) \S+ starting|starting: queue=|Starting brain"
)
_READY: Final = re.compile(r"GPU agent ready|Worker ready|\[STARTUP\] Brain ready")
_CRASHED: Final = re.compile(
    r"(?:GPU agent|Worker|Brain).{0,80}? crashed[^:\n]*: ?(.*)"
)
_STOPPED: Final = re.compile(r"(?:GPU|Worker|Brain|CPU agent) .{0,80}?shutting down")


def lives(
    sweep: Sweep, consoles: Iterable[LogFile], window: Window
) -> Mapping[str, Life]:
    """Return each program's life by its name, as far as lines of the last day tell."""
    wide = replace(window, since=window.since - LOOK_BACK)
    found: dict[str, Life] = {}
    for file in consoles:
        for number, line in enumerate(sweep.lines([file], wide), 1):
            _last(found, line)
            if number >= LAST:
                break
        for line in sweep.lines([file], wide, _marked, most=MOST):
            name = _name(line)
            if name is not None:
                known = found.get(name) or Life(logger=name)
                found[name] = _with(known, line)
    return found


def _marked(raw: bytes) -> bool:
    return any(each in raw for each in _MARKS)


def _name(line: LogLine) -> str | None:
    """Return the program that wrote the line; None for any other writer."""
    return line.writer


def _last(found: dict[str, Life], line: LogLine) -> None:
    name = _name(line)
    if name is None:
        return
    known = found.get(name) or Life(logger=name)
    last = known.last_line
    if last is None or line.order > last.order:
        last = line
    levels = known.levels | {line.level}
    found[name] = replace(known, last_line=last, levels=levels)


def _with(life: Life, line: LogLine) -> Life:
    """Return the life with what the line tells, if that is news."""
    guessed = life.guessed or line.message.endswith(GUESS)
    life = replace(life, guessed=guessed)
    text, at = line.message.removesuffix(GUESS), line.at
    if _INITIALIZED.match(text):
        return replace(life, initialized_at=_later(life.initialized_at, at))
    if _STARTED.match(text):
        return replace(life, started_at=_later(life.started_at, at))
    if _READY.match(text):
        return replace(life, ready_at=_later(life.ready_at, at))
    if crashed := _CRASHED.match(text):
        if life.crashed_at is not None and life.crashed_at >= at:
            return life
        lines = text.splitlines()
        exception = lines[-1].strip() if len(lines) > 1 else crashed[1]
        return replace(life, crashed_at=at, exception=exception or None)
    if text.startswith("THERMAL SAFETY SHUTDOWN"):
        known = life.overheated
        return life if known and known.at >= at else replace(life, overheated=line)
    if text.startswith("load_llm task available for"):
        known = life.load_warning
        return life if known and known.at >= at else replace(life, load_warning=line)
    if _STOPPED.match(text) and (life.stopped_at is None or life.stopped_at < at):
        return replace(life, stopped_at=at, farewell=text)
    return life


def _later(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else max(known, at)
