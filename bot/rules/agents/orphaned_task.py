"""A task in progress on which nobody works any more (systems/agents.md, 3A, 5)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.agent_limits import BRAIN_DEAD, ELAPSED, ORPHANED
from bot.domain.agent_lives import (
    Way,
    disowns,
    elder,
    end,
    holder,
    progress_at,
    running,
    stale,
)
from bot.domain.cases import Case
from bot.domain.file_proofs import beat, called, sidecar, started
from bot.domain.file_queue import Agent, FileQueue, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import spoken

SEVERAL: Final = "orphaned tasks"
EXPLAINS: Final = ("long-running-task",)
REPLACES: Final = EXPLAINS
# A sidecar is written every 5 s, a cpu agent's every 15 s: so long it may be late.
LATE: Final = timedelta(seconds=30)


def orphaned_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task whose agent is lost, or does not know of it.

    One that was claimed just now is not yet in the heartbeat.
    """
    queue = case.file_queue
    if queue is None or queue.agents is None:
        return
    for task in running(queue):
        agent, since = holder(queue, task), progress_at(task)
        if agent is None or since is None:
            continue
        reason = _lost(queue, agent, task, case) or _unknown(agent, task, case)
        if reason is None:
            continue
        silence = case.now - since
        yield Finding(
            rule="orphaned-task",
            severity=Severity.CRITICAL if silence > ORPHANED else Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} is orphaned: {reason}",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                started(task, case.now),
                sidecar(task, case.now),
                beat(agent, case.now),
            ),
            remedy=_next(queue, silence, case),
            ask=f"worker {agent.id}",
        )


def _lost(queue: FileQueue, agent: Agent, task: TaskFile, case: Case) -> str | None:
    """Return how the task's agent was lost; None while it lives."""
    last = end(queue, agent)
    if last is not None and (task.started_at is None or task.started_at <= last.at):
        how = "crashed" if last.way is Way.CRASHED else "was stopped"
        return f"{agent.id} {how}"
    age = agent.age(case.now)
    if not stale(agent, case.now):
        return None
    if age is None:
        return f"{agent.id} has no heartbeat"
    return f"{agent.id} has not beaten for {spoken(age)}"


def _unknown(agent: Agent, task: TaskFile, case: Case) -> str | None:
    """Return that its living agent does not list it, though it has had the time to."""
    since = progress_at(task)
    if since is None or agent.beat_at is None or agent.beat_at <= since + LATE:
        return None
    if not disowns(agent, task) or case.now - since <= LATE:
        return None
    return f"{agent.id} does not list it among its tasks"


def _next(queue: FileQueue, silence: timedelta, case: Case) -> str:
    if elder(queue):
        return (
            f"its brain knows no orphans: it aborts what runs over {spoken(ELAPSED)},"
            " and leaves the rest to you; move its file back to tasks/queue"
        )
    age = queue.brain.age(case.now) if queue.brain else None
    if age is None or age > BRAIN_DEAD:
        return "the brain would queue it again, and is down: start the brain first"
    if silence <= ORPHANED:
        return f"the brain queues it again in {spoken(ORPHANED - silence)}"
    return (
        f"the brain was due to queue it again {spoken(silence - ORPHANED)} ago; if it"
        " does not, its subprocess still runs: see the brain's decisions"
    )
