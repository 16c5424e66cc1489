"""What the brain decided, alike decisions as one: an old brain repeats itself."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.file_queue import Told
from bot.domain.logs import LogLine
from bot.sources.agents.decisions import MONITOR

# What each task brings, and each look; a folder of many tasks holds little else.
_ROUTINE: Final = ("TASK_CREATED", "TASK_RELEASED", "DEPS_UPDATED", MONITOR)
_TELLING: Final = re.compile(rf'"type":\s*"(?!(?:{"|".join(_ROUTINE)})")'.encode())


def telling(raw: bytes) -> bool:
    """Tell whether the text may hold a decision that is more than routine."""
    return _TELLING.search(raw) is not None


def told(lines: Iterable[LogLine]) -> tuple[Told, ...]:
    """Return each decision once per kind and subject, the oldest first, no routine.

    The lines come newest first. What the newest one says is kept.
    """
    found: dict[tuple[str, str], Told] = {}
    for line in lines:
        if line.source_id in _ROUTINE:
            continue
        for subject in _subjects(line):
            key = (line.source_id, subject)
            known = found.get(key)
            if known is None:
                found[key] = _first(line, subject)
            else:
                found[key] = replace(
                    known,
                    first_at=min(known.first_at, line.at),
                    times=known.times + 1,
                )
    return tuple(sorted(found.values(), key=lambda each: (each.first_at, each.kind)))


def _first(line: LogLine, subject: str) -> Told:
    return Told(
        kind=line.source_id,
        subject=subject,
        message=line.message.removeprefix(f"[{line.source_id}]").strip(),
        first_at=line.at,
        last_at=line.at,
        worker=subject if line.source_id in _MISSED else line.worker_id,
        batch=_text(line, "batch_id"),
        plan=_text(line, "plan"),
        reason=_text(line, "reason"),
    )


def _subjects(line: LogLine) -> Sequence[str]:
    """Return what a decision is about: a task, a batch, or agents that are missed."""
    missed = _text(line, "missing")
    if line.source_id in _MISSED and missed:
        return missed.split(", ")
    batch = _text(line, "batch_id")
    if line.source_id.startswith("BATCH_") and batch:
        return [batch]
    about = line.task_id or line.worker_id or batch or _text(line, "escalation_id")
    return [about or ""]


_MISSED: Final = ("GPU_MISSING", "WORKER_MISSING")


def _text(line: LogLine, name: str) -> str | None:
    value = line.fields.get(name)
    return value if isinstance(value, str) and value else None
