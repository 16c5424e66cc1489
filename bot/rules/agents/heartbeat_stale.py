"""An agent does not beat any more (systems/agents.md, 3A, 1)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import BEAT_GONE, BEAT_STALE, ORPHANED
from bot.domain.agent_lives import agents, end, held, long_gone, loss, stale
from bot.domain.cases import Case
from bot.domain.file_proofs import beat, names
from bot.domain.file_proofs import held as told
from bot.domain.findings import Confidence, Finding, Subject
from bot.domain.times import spoken

ANSWERS: Final = ("queue",)
SEVERAL: Final = "agents without a heartbeat"
EXPLAINS: Final = (
    *("orphaned-task", "stuck-task", "missing-agent", "unread-signal"),
    *("not-claiming", "load-waits", "stale-load-lock"),
)


def heartbeat_stale(case: Case) -> Iterator[Finding]:
    """Yield a finding for every agent silent for over 120 s; how it ended is open."""
    queue = case.file_queue
    if queue is None:
        return
    for agent in agents(queue):
        age = agent.age(case.now)
        if age is None or not stale(agent, case.now):
            continue
        if end(queue, agent) is not None:
            continue
        tasks = held(queue, agent)
        is_gone = "is gone: it " if long_gone(agent, case.now) else ""
        given_back = (
            f"; the brain queues {names(tasks)} again once no sidecar is written for"
            f" {spoken(ORPHANED)}"
            if tasks
            else ""
        )
        yield Finding(
            rule="heartbeat-stale",
            severity=loss(queue, agent),
            confidence=Confidence.CONFIRMED,
            title=f"{agent.id} {is_gone}has not written a heartbeat for {spoken(age)}",
            subject=Subject(kind="worker", id=agent.id),
            evidence=(
                beat(agent, case.now),
                f"over {spoken(BEAT_STALE)} is stale, over {spoken(BEAT_GONE)} gone",
                *told(tasks),
            ),
            remedy=f"see whether {agent.id} still runs on its host, and start it again"
            f" through startup.py{given_back}",
            ask=f"worker {agent.id}",
        )
