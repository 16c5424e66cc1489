"""Tasks wait because every agent works: busy, and not stuck (systems/agents.md, 2A)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.takers import Load, load
from bot.domain.times import spoken

ANSWERS: Final = ("queue",)


def all_busy(case: Case) -> Iterator[Finding]:
    """Yield a finding where all agents that could take what waits have a task.

    None of them past its limit: what is stuck others tell. Where a heartbeat could not
    be read, its agent may be idle.
    """
    queue = case.file_queue
    if queue is None or queue.unread:
        return
    if not (found := load(queue, case.now)).busy:
        return
    each = "the only agent works" if found.able == 1 else _all(found)
    yield Finding(
        rule="all-busy",
        severity=Severity.INFO,
        confidence=Confidence.CONFIRMED,
        title=f"busy, not stuck: {each}, {found.waiting:,} waiting{_lasts(found)}",
        subject=Subject(kind="queue", id="queue"),
        evidence=(
            f"agents that could take some: {found.able}, at work: {found.working}",
            "0 tasks in progress are past their limit",
            _pace(found),
        ),
        remedy="wait, or start one more agent",
        ask="workers",
    )


def _all(found: Load) -> str:
    return f"{found.working} of {found.able} agents work"


def _lasts(found: Load) -> str:
    if found.drained_in_seconds is None:
        return ""
    return f", done in about {spoken(timedelta(seconds=found.drained_in_seconds))}"


def _pace(found: Load) -> str:
    done = found.completed_lately
    if done is None:
        return "how many were completed in the last 5 min is not known"
    return f"{some(done, 'task')} completed in the last 5 min"
