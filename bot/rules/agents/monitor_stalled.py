"""The brain's monitor looks at nothing any more (systems/agents.md, 3A, 10)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import MONITOR_EVERY, MONITOR_STALLED
from bot.domain.cases import Case
from bot.domain.file_proofs import beat
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, spoken

EXPLAINS: Final = ("orphaned-task", "stuck-task", "waiting-task", "load-waits")


def monitor_stalled(case: Case) -> Iterator[Finding]:
    """Yield a finding if the last MONITOR decision is over 90 s old."""
    queue = case.file_queue
    seen = queue.monitor_at if queue else None
    if queue is None or seen is None or case.now - seen <= MONITOR_STALLED:
        return
    silence = spoken(case.now - seen)
    yield Finding(
        rule="monitor-stalled",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        title=f"the brain's monitor has stalled: no cycle for {silence}",
        subject=Subject(kind="orchestrator", id="brain"),
        evidence=(
            f"logs/brain_decisions.log: the last MONITOR is of {dated(seen, case.now)}",
            f"one is due every {spoken(MONITOR_EVERY)}",
            *((beat(queue.brain, case.now),) if queue.brain else ()),
        ),
        remedy="see what the brain does instead: a long thought or a shell step of its"
        " own blocks its loop; if it is gone, start brain.py again",
        ask="orchestrator",
    )
