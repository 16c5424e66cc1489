"""The brain does not beat: nobody releases, retries or recovers tasks (3A, 10)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.agent_limits import BRAIN_DEAD, BRAIN_LATE
from bot.domain.agent_lives import brainless
from bot.domain.agent_names import Lane
from bot.domain.agent_telling import UNLED
from bot.domain.cases import Case
from bot.domain.file_proofs import beat
from bot.domain.file_queue import FileQueue
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, spoken

EXPLAINS: Final = (
    *("monitor-stalled", "orphaned-task", "stuck-task", "waiting-task"),
    *("blocked-task", "failed-task", "load-waits", "stale-load-lock"),
    "unread-signal",
)
REPLACES: Final = ("monitor-stalled",)
OPEN: Final = (Lane.PRIVATE, Lane.QUEUE, Lane.PROCESSING)

ANSWERS: Final = ("queue",)
_MEANWHILE: Final = f"until then {UNLED}"


def brain_silent(case: Case) -> Iterator[Finding]:
    """Yield a finding if the brain's heartbeat is over 30 s old, a grave one over 120.

    Brains of before March 2026 write none: of those the monitor's lines tell. One that
    never started matters once anything is to do.
    """
    queue = case.file_queue
    if queue is not None and brainless(queue):
        yield from _absent(queue)
    brain = queue.brain if queue else None
    age = brain.age(case.now) if brain else None
    if queue is None or brain is None or age is None or age <= BRAIN_LATE:
        return
    dead = age > BRAIN_DEAD
    stopping = brain.state == "stopping"
    work = _open(queue)
    grave = dead and work != 0
    evidence = [
        beat(brain, case.now)
        + (f", its state is {brain.state}" if brain.state else ""),
        f"over {spoken(BRAIN_LATE)} is late, over {spoken(BRAIN_DEAD)} down",
    ]
    if queue.monitor_at is not None:
        evidence.append(f"its last MONITOR is of {dated(queue.monitor_at, case.now)}")
    if work is not None:
        evidence.append(f"{work} tasks are not done")
    yield Finding(
        rule="brain-silent",
        severity=Severity.CRITICAL if grave else Severity.WARNING,
        confidence=Confidence.CONFIRMED if dead else Confidence.POSSIBLE,
        title=f"the brain {_told(age, dead=dead, stopping=stopping)}",
        subject=Subject(kind="orchestrator", id="brain"),
        evidence=tuple(evidence),
        remedy=f"start brain.py again: {_MEANWHILE}"
        if dead
        else "ask again in two minutes: it may be thinking",
        ask="orchestrator",
    )


def _absent(queue: FileQueue) -> Iterator[Finding]:
    """Yield a finding if there is work, and nothing tells that a brain lives."""
    work = _open(queue)
    if not work:
        return
    yield Finding(
        rule="brain-silent",
        severity=Severity.CRITICAL,
        confidence=Confidence.LIKELY,
        title="the brain never started, as far as the folder tells",
        subject=Subject(kind="orchestrator", id="brain"),
        evidence=(
            "there is no brain/heartbeat.json, and no decision or line of a brain",
            f"{work} tasks are not done" if work > 1 else "1 task is not done",
        ),
        remedy=f"start brain.py: {_MEANWHILE}",
        ask="orchestrator",
    )


def _open(queue: FileQueue) -> int | None:
    """Return how many tasks are not done; None where nobody counted them."""
    if queue.lanes is None:
        return None
    return sum(queue.lanes.get(lane, 0) for lane in OPEN)


def _told(age: timedelta, *, dead: bool, stopping: bool) -> str:
    if stopping:
        return f"was stopped {spoken(age)} ago"
    return f"{'has not beaten for' if dead else 'beats late, after'} {spoken(age)}"
