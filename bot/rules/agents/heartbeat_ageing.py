"""An agent beats late: it is busy, or about to be lost (systems/agents.md, 3A, 1)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import BEAT_AGEING, BEAT_STALE, BeatAge, beat_age
from bot.domain.agent_lives import agents, end, held
from bot.domain.cases import Case
from bot.domain.file_proofs import beat
from bot.domain.file_proofs import held as told
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import spoken

SEVERAL: Final = "agents that beat late"


def heartbeat_ageing(case: Case) -> Iterator[Finding]:
    """Yield a finding for every agent that has not beaten for 60 to 120 s."""
    queue = case.file_queue
    if queue is None:
        return
    for agent in agents(queue):
        age = agent.age(case.now)
        if age is None or beat_age(age) is not BeatAge.AGEING:
            continue
        if end(queue, agent) is not None:
            continue
        yield Finding(
            rule="heartbeat-ageing",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{agent.id} beats late: its heartbeat is {spoken(age)} old",
            subject=Subject(kind="worker", id=agent.id),
            evidence=(
                beat(agent, case.now),
                f"{spoken(BEAT_AGEING)} is late, {spoken(BEAT_STALE)} is lost",
                *told(held(queue, agent)),
            ),
            remedy="ask again in a minute: it beats again, or is lost by then",
            ask=f"worker {agent.id}",
        )
