"""The lock of model loads is held by somebody who renews it no more (3A, 7)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import LOAD_LOCK_STALE
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, spoken

EXPLAINS: Final = ("load-waits", "load-failing", "not-claiming")

ANSWERS: Final = ("queue",)


def stale_load_lock(case: Case) -> Iterator[Finding]:
    """Yield a finding if the lock was not renewed for over 45 s."""
    queue = case.file_queue
    lock = queue.load_lock if queue else None
    beat = lock.beat_at if lock else None
    if lock is None or beat is None or case.now - beat <= LOAD_LOCK_STALE:
        return
    owner = lock.worker or "somebody"
    phase = f", in phase {lock.phase}" if lock.phase else ""
    yield Finding(
        rule="stale-load-lock",
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"{owner} holds the lock of model loads and has not renewed it for"
        f" {spoken(case.now - beat)}",
        subject=Subject(kind="queue", id="queue"),
        evidence=(
            f"signals/model_load.global.json is of {dated(beat, case.now)}{phase}",
            f"over {spoken(LOAD_LOCK_STALE)} is stale; one load runs at a time",
        ),
        remedy=f"see whether {owner} lives; the brain takes the lock back from a dead"
        " one, or else remove the file",
        ask=f"worker {lock.worker}" if lock.worker else "orchestrator",
    )
