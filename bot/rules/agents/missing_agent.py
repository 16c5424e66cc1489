"""The brain misses an agent (systems/agents.md, 3A, 9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.agent_lives import agents, beats, pending
from bot.domain.cases import Case
from bot.domain.figures import some, waiting
from bot.domain.file_queue import FileQueue
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, stamp

ANSWERS: Final = ("queue", "orchestrator")
SEVERAL: Final = "agents that the brain misses"
MISSED: Final = ("GPU_MISSING", "WORKER_MISSING", "GPU_MISSING_ESCALATED")
BACK: Final = "GPU_RECOVERED"


@dataclass(slots=True, kw_only=True)
class _Miss:
    since: datetime | None = None
    times: int | None = None
    last_at: datetime | None = None
    escalation: str | None = None


def missing_agent(case: Case) -> Iterator[Finding]:
    """Yield a finding for every agent that the brain misses and that is not back."""
    queue = case.file_queue
    if queue is None:
        return
    alive = {each.id for each in agents(queue) if beats(queue, each, case.now)}
    work = len(pending(queue))
    for id, miss in _misses(queue).items():
        if id in alive:
            continue
        since = f" since {stamp(miss.since)}" if miss.since else ""
        evidence = [
            f"the brain misses it since {dated(miss.since, case.now)}"
            if miss.since
            else "brain/state.json lists it under gpu_missing_escalations",
            *([f"it missed it {some(miss.times, 'time')}"] if miss.times else []),
            *(
                [f"it wrote brain/escalations/{miss.escalation}.json"]
                if miss.escalation
                else []
            ),
            waiting(work),
        ]
        yield Finding(
            rule="missing-agent",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"the brain misses {id}{since}",
            subject=Subject(kind="worker", id=id),
            evidence=tuple(evidence),
            remedy=f"start {id} again through startup.py: GPU_RECOVERED ends it",
            ask=f"worker {id}",
        )


def _misses(queue: FileQueue) -> dict[str, _Miss]:
    """Return what the brain saved and decided, without those that came back since."""
    found: dict[str, _Miss] = {}
    for missing in queue.state.missing if queue.state else ():
        found[missing.worker] = _Miss(
            since=missing.since, times=missing.times, escalation=missing.escalation
        )
    back = {
        each.subject: each.last_at for each in queue.told or () if each.kind == BACK
    }
    for each in queue.told or ():
        if each.kind not in MISSED or not each.subject:
            continue
        miss = found.setdefault(each.subject, _Miss())
        miss.since = min(miss.since or each.first_at, each.first_at)
        miss.times = max(miss.times or 0, each.times)
        miss.last_at = max(miss.last_at or each.last_at, each.last_at)
    return {
        id: miss
        for id, miss in found.items()
        if id not in back or (miss.last_at is not None and miss.last_at > back[id])
    }
