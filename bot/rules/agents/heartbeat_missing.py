"""A configured agent never wrote a heartbeat (systems/agents.md, 3A, 1 and 9)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import assigned, pending
from bot.domain.agent_retries import why_orphaned
from bot.domain.cases import Case
from bot.domain.figures import waiting
from bot.domain.file_proofs import held
from bot.domain.findings import Confidence, Finding, Severity, Subject

ANSWERS: Final = ("queue",)
SEVERAL: Final = "agents that never started"
EXPLAINS: Final = ("missing-agent", "orphaned-task")


def heartbeat_missing(case: Case) -> Iterator[Finding]:
    """Yield a finding for every agent of config.json without any heartbeat.

    Where one could not be read, none is called absent.
    """
    queue = case.file_queue
    if queue is None or queue.agents is None or queue.configured is None:
        return
    if queue.unread:
        return
    if any(gap.failed and "heartbeat" in gap.reason for gap in queue.gaps):
        return
    known = {each.id for each in queue.agents if each.beat_at is not None}
    work = len(pending(queue))
    for id in queue.configured.agents:
        if id in known:
            continue
        tasks = [
            each
            for each in assigned(queue, id)
            if why_orphaned(queue, None, each, case.now) is not None
        ]
        yield Finding(
            rule="heartbeat-missing",
            severity=Severity.WARNING if work or tasks else Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"{id} never started: it is configured and has no heartbeat",
            subject=Subject(kind="worker", id=id),
            evidence=(
                f"config.json names {id}; no heartbeat.json is its own",
                waiting(work),
                *held(tasks),
            ),
            remedy=f"start it (gpu.py {id}), or take it out of config.json",
            ask=f"worker {id} --startup",
        )
