"""Lines that say again what was said before, told once: what people read of a log."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.figures import some
from bot.domain.logs import LogLine
from bot.domain.times import stamp

# No part of a name, such as `gpu-4` or `step_1`: those are of different things.
_NUMBER: Final = re.compile(r"(?<![\w-])\d+")


def folded(lines: Iterable[LogLine], routine: Sequence[str]) -> tuple[LogLine, ...]:
    """Return the lines, and of routine ones that follow each other each kind once.

    Routine is what begins with one of the texts, in which `*` stands for any word.
    Lines of one writer about one task that differ in numbers alone are of one kind; the
    first of them tells how often it came and what the last one says instead.
    """
    if not routine:
        return tuple(lines)
    begins = re.compile("|".join(map(_pattern, routine)))
    found: list[LogLine] = []
    run: dict[tuple[str | None, ...], list[LogLine]] = {}
    for line in lines:
        if begins.match(line.message):
            kind = _NUMBER.sub("#", line.message)
            whose = (line.source, line.source_id, line.task_id, line.worker_id)
            run.setdefault((*whose, kind), []).append(line)
            continue
        found += map(_once, run.values())
        run.clear()
        found.append(line)
    return (*found, *map(_once, run.values()))


def left_out(lines: Sequence[LogLine], told: Sequence[LogLine]) -> tuple[str, ...]:
    """Return a note on how many of the lines are folded; none if all are told."""
    left = len(lines) - len(told)
    if not left:
        return ()
    say, are = ("says", "is") if left == 1 else ("say", "are")
    lines_left = some(left, "line")
    return (f"{lines_left} that {say} the same again {are} folded: see --json",)


def _pattern(text: str) -> str:
    return re.escape(text).replace(r"\*", r"\S+")


def _once(alike: Sequence[LogLine]) -> LogLine:
    first, last = alike[0], alike[-1]
    if len(alike) == 1:
        return first
    day = last.at.date() == first.at.date()
    until = f"{last.at:%H:%M:%S}" if day else stamp(last.at)
    instead = _differing(first.message, last.message)
    said = f"{first.message}{instead} ({len(alike):,} times until {until})"
    return replace(first, message=said)


def _differing(first: str, last: str) -> str:
    """Return what the last text says instead of the first; empty where that is equal.

    Whole words of it, from the first that differs to the last one: texts that differ
    in numbers alone have equally many.
    """
    words = last.split(" ")
    pairs = enumerate(zip(first.split(" "), words, strict=True))
    odd = [at for at, (before, after) in pairs if before != after]
    return f" -> {' '.join(words[odd[0] : odd[-1] + 1]).rstrip(',')}" if odd else ""
