"""An agent fell silent without an exit line: killed, frozen, or its host is lost."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import agents, held, last_words, loss
from bot.domain.cases import Case
from bot.domain.file_proofs import beat, said
from bot.domain.file_proofs import held as told
from bot.domain.findings import Confidence, Finding, Subject
from bot.domain.times import spoken, stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "agents killed or frozen"
EXPLAINS: Final = (
    *("heartbeat-stale", "orphaned-task", "stuck-task", "missing-agent"),
    *("unread-signal", "not-claiming", "load-waits", "stale-load-lock"),
)
REPLACES: Final = ("heartbeat-stale",)


def killed_agent(case: Case) -> Iterator[Finding]:
    """Yield a finding for every stale agent whose log was read and tells no end.

    SIGKILL leaves no line, nor does SIGSTOP (systems/agents.md, 3A, 2).
    """
    queue = case.file_queue
    if queue is None:
        return
    for agent in agents(queue):
        line, age = last_words(queue, agent, case.now), agent.age(case.now)
        if line is None or age is None:
            continue
        yield Finding(
            rule="killed-agent",
            severity=loss(queue, agent),
            confidence=Confidence.LIKELY,
            title=f"{agent.id} was killed or froze, or its host is lost: silent for"
            f" {spoken(age)}, and no exit line",
            subject=Subject(kind="worker", id=agent.id),
            evidence=(
                beat(agent, case.now),
                f"its newest line is of {stamp(line.at)}: {said(line.message)}",
                "neither a crash nor a shutdown stands in its log since its start",
                *told(held(queue, agent)),
            ),
            remedy="look for the process on its host: kill -CONT wakes a frozen one;"
            " if it is gone, see dmesg for the OOM killer and start it again through"
            " startup.py",
            ask=f"worker {agent.id} --logs-only",
        )
