"""An agent crashed and was started again: it may do so once more (3A, 2)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.domain.agent_lives import Way, agents, begun, end, of_agent
from bot.domain.cases import Case
from bot.domain.excerpts import cut, first_line
from bot.domain.file_proofs import beat, called, day_told
from bot.domain.file_queue import Agent, FileQueue, Life
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import stamp

SEVERAL: Final = "agents that crashed and were started again"
EXPLAINS: Final = ("recovered-orphan",)
_LONGEST: Final = 120


def restarted_agent(case: Case) -> Iterator[Finding]:
    """Yield a finding for every agent that crashed in the window and lives again."""
    queue = case.file_queue
    if queue is None:
        return
    for agent in agents(queue):
        life = (queue.lives or {}).get(agent.id)
        crashed = life.crashed_at if life else None
        if life is None or crashed is None or crashed not in queue.window:
            continue
        last = end(queue, agent)
        if last is None or last.way is not Way.CRASHED:
            yield _finding(case, queue, agent, life, crashed)


def _finding(
    case: Case, queue: FileQueue, agent: Agent, life: Life, crashed: datetime
) -> Finding:
    since = begun(life)
    again = since is not None and since >= crashed
    now = f"began again at {stamp(since)}" if since and again else "beats again"
    why = cut(first_line(life.exception or ""), _LONGEST)
    return Finding(
        rule="restarted-agent",
        severity=Severity.WARNING,
        confidence=Confidence.POSSIBLE if life.guessed else Confidence.CONFIRMED,
        title=f"{agent.id} crashed at {stamp(crashed)}, and {now}",
        subject=Subject(kind="worker", id=agent.id),
        evidence=(
            f"its log tells of the crash at {stamp(crashed)}"
            + (f": {why}" if why else ""),
            *day_told(guessed=life.guessed),
            beat(agent, case.now),
            *(
                f"{called(task)} was recovered from it"
                + (f" at {stamp(task.requeued_at)}" if task.requeued_at else "")
                for task in queue.tasks or ()
                if task.orphan_of is not None and of_agent(task.orphan_of, agent.id)
            ),
        ),
        remedy="mend what the exception names, or it crashes again; what it ran was"
        " begun anew",
        ask=f"logs --worker {agent.id} --level ERROR",
    )
