"""What was seen of a worker just before it was given up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.figures import some
from bot.domain.report import Cell, Facts
from bot.domain.times import spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldThen:
    """A task that ran at that moment."""

    id: str
    task_type: str | None
    running_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What the orchestrator collected of a worker (systems/reigh.md, 1.3).

    None is what it did not collect, or wrote oddly.
    """

    collected_at: datetime | None = None
    succeeded: bool | None = None
    errors: tuple[str, ...] = ()
    """Why a part of it could not be collected."""
    running_tasks_count: int | None = None
    running_tasks: tuple[HeldThen, ...] = ()
    """At most five of them."""
    vram_used_mb: int | None = None
    vram_total_mb: int | None = None
    vram_usage_percent: float | None = None
    pod_status: str | None = None
    git_commit: str | None = None
    git_branch: str | None = None


def section(seen: Diagnostics) -> Facts:
    """Return what was seen, for people."""
    rows = tuple(row for row in _rows(seen) if row[1])
    empty: tuple[tuple[str, Cell], ...] = (("collected", "nothing that is told here"),)
    return Facts(title="Before it was given up", rows=rows or empty)


def _rows(seen: Diagnostics) -> Iterator[tuple[str, Cell]]:
    yield "collected at", seen.collected_at
    if seen.running_tasks_count is not None or seen.running_tasks:
        yield "tasks then", _tasks(seen)
    yield "VRAM then", _vram(seen)
    yield "pod then", seen.pod_status
    branch = f" of {seen.git_branch}" if seen.git_branch else ""
    yield "its code", f"{seen.git_commit}{branch}" if seen.git_commit else None
    lacking = "not all of it" if seen.succeeded is False else ""
    yield "not collected", "; ".join(seen.errors) or lacking


def _tasks(seen: Diagnostics) -> str:
    count = seen.running_tasks_count
    count = len(seen.running_tasks) if count is None else count
    told = "; ".join(_task(each) for each in seen.running_tasks)
    return some(count, "running task") + (f": {told}" if told else "")


def _task(held: HeldThen) -> str:
    kind = f"{held.task_type} " if held.task_type else ""
    ran = held.running_seconds
    took = "" if ran is None else f" for {spoken(timedelta(seconds=ran))}"
    return f"{kind}{held.id}{took}"


def _vram(seen: Diagnostics) -> str:
    used, total = seen.vram_used_mb, seen.vram_total_mb
    share = seen.vram_usage_percent
    told = [] if share is None else [f"{share:.0f}%"]
    if used is not None and total:
        told.append(f"{used} of {total} MB")
    return ", ".join(told)
