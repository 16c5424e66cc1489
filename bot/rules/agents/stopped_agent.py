"""An agent was stopped cleanly while work is left for it (systems/agents.md, 3A, 2)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import Way, agents, end, held, pending
from bot.domain.cases import Case
from bot.domain.figures import waiting
from bot.domain.file_proofs import beat, day_told
from bot.domain.file_proofs import held as told
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "agents stopped with work left"
EXPLAINS: Final = ("orphaned-task", "missing-agent", "not-claiming", "unread-signal")


def stopped_agent(case: Case) -> Iterator[Finding]:
    """Yield a finding for every stopped agent that holds tasks, or while others wait.

    One that was stopped with nothing to do is well.
    """
    queue = case.file_queue
    if queue is None:
        return
    for agent in agents(queue):
        last = end(queue, agent)
        if last is None or last.way is not Way.STOPPED:
            continue
        tasks, work = held(queue, agent), len(pending(queue))
        if not tasks and not work:
            continue
        doubt = " (its day is a guess)" if last.guessed else ""
        left = "its tasks in progress" if tasks else "work waiting"
        yield Finding(
            rule="stopped-agent",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE if last.guessed else Confidence.CONFIRMED,
            title=f"{agent.id} was stopped at {stamp(last.at)}{doubt}, with {left}",
            subject=Subject(kind="worker", id=agent.id),
            evidence=(
                f"its log tells of a clean shutdown at {stamp(last.at)}",
                *((f"it said: {last.farewell}",) if last.farewell else ()),
                *day_told(guessed=last.guessed),
                beat(agent, case.now),
                *told(tasks),
                waiting(work),
            ),
            remedy="start it again through startup.py if it should work: a shutdown"
            " kills its tasks, and leaves them to the brain",
            ask=f"worker {agent.id}",
        )
