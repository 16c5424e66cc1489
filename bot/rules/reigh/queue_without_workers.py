"""Work waits and no worker is there to take it (systems/reigh.md, F12)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import waiting
from bot.domain.findings import Confidence, Finding, Severity, Subject

ANSWERS: Final = ("queue",)


def queue_without_workers(case: Case) -> Iterator[Finding]:
    """Yield a finding when tasks wait and no active worker has a live heartbeat.

    Tasks that no worker could take anyway need none.
    """
    if not case.queued or case.claimable == 0 or case.workers is None:
        return
    if any(worker.beats(case.now) for worker in case.workers):
        return
    starting = sum(worker.comes_up(case.now) for worker in case.workers)
    silent = sum(worker.pulse(case.now) is not None for worker in case.workers)
    evidence = []
    if case.claimable is not None:
        evidence.append(f"{case.claimable} of them could be claimed now")
    evidence.append(
        f"of the workers 0 beat, {starting} start, and {silent} are called active and"
        " silent"
    )
    yield Finding(
        rule="queue-without-workers",
        severity=Severity.WARNING if starting else Severity.CRITICAL,
        confidence=Confidence.CONFIRMED,
        title=f"{waiting(case.queued)} and no worker is alive",
        subject=Subject(kind="queue", id="queue"),
        evidence=tuple(evidence),
        remedy="workers are starting: wait for their first heartbeat"
        if starting
        else "see whether the orchestrator lives and can rent pods",
        ask="workers" if starting else "orchestrator",
    )
