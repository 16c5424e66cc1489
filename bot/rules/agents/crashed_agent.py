"""An agent ended by an exception, as its last lines tell (systems/agents.md, 3A, 2)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import Way, agents, end, held, loss
from bot.domain.cases import Case
from bot.domain.excerpts import cut, first_line
from bot.domain.file_proofs import beat, day_told
from bot.domain.file_proofs import held as told
from bot.domain.findings import Confidence, Finding, Subject
from bot.domain.times import stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "crashed agents"
EXPLAINS: Final = (
    *("heartbeat-stale", "orphaned-task", "missing-agent", "unread-signal"),
    *("not-claiming", "load-waits", "stale-load-lock", "ghost-sidecar"),
)
_LONGEST: Final = 120


def crashed_agent(case: Case) -> Iterator[Finding]:
    """Yield a finding for every agent whose last lines are those of a crash."""
    queue = case.file_queue
    if queue is None:
        return
    for agent in agents(queue):
        last = end(queue, agent)
        if last is None or last.way is not Way.CRASHED:
            continue
        why = cut(first_line(last.exception or ""), _LONGEST)
        yield Finding(
            rule="crashed-agent",
            severity=loss(queue, agent),
            confidence=Confidence.POSSIBLE if last.guessed else Confidence.CONFIRMED,
            title=f"{agent.id} crashed" + (f": {why}" if why else ""),
            subject=Subject(kind="worker", id=agent.id),
            evidence=(
                f"its log tells of the crash at {stamp(last.at)}"
                + (f": {why}" if why else ""),
                "and of no start since",
                *((f"it said: {last.farewell}",) if last.farewell else ()),
                *day_told(guessed=last.guessed),
                beat(agent, case.now),
                *told(held(queue, agent)),
            ),
            remedy="mend what the exception names and start it again through"
            " startup.py; the traceback stands in its log",
            ask=f"logs --worker {agent.id} --level ERROR",
        )
