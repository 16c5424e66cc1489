"""An agent stopped itself over a critical heat (systems/agents.md, 3A, 18)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import agents, beats
from bot.domain.cases import Case
from bot.domain.file_proofs import beat, said
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "agents shut down for heat"
SHUTDOWN: Final = "THERMAL SAFETY SHUTDOWN"
MARKERS: Final = (SHUTDOWN,)
EXPLAINS: Final = (
    *("crashed-agent", "killed-agent", "stopped-agent", "heartbeat-stale"),
    *("orphaned-task", "missing-agent", "unread-signal"),
)
REPLACES: Final = ("killed-agent", "stopped-agent", "heartbeat-stale")


def thermal_shutdown(case: Case) -> Iterator[Finding]:
    """Yield a finding for every agent that wrote of it and does not beat since."""
    queue = case.file_queue
    if queue is None:
        return
    last = {
        id: line
        for line in case.marked.get(SHUTDOWN, ())
        for id in (line.worker_id, line.source_id)
    }
    for agent in agents(queue):
        life = (queue.lives or {}).get(agent.id)
        # Its lines are no part of an answer about its task; its life is.
        line = last.get(agent.id) or (life.overheated if life else None)
        if line is None or beats(queue, agent, case.now):
            continue
        if life and life.started_at is not None and life.started_at > line.at:
            continue
        yield Finding(
            rule="thermal-shutdown",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{agent.id} shut itself down for heat at {stamp(line.at)}",
            subject=Subject(kind="worker", id=agent.id),
            evidence=(
                f"its line of {stamp(line.at)}: {said(line.message)}",
                beat(agent, case.now),
            ),
            remedy="see to its cooling before it is started again: it does not come"
            " back by itself",
            ask=f"worker {agent.id} --logs-only",
        )
