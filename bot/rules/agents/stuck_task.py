"""A task shows no progress for longer than its class may (systems/agents.md, 3A, 3)."""

from collections.abc import Iterator
from typing import Final

from bot.domain import ladder
from bot.domain.agent_limits import ELAPSED, no_progress
from bot.domain.agent_lives import beats, disowns, elder, holder, progress_at, running
from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.file_proofs import beat, called, sidecar, started
from bot.domain.file_queue import Incident
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import spoken, stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "stuck tasks"
EXPLAINS: Final = ("long-running-task", "orphaned-task")
REPLACES: Final = EXPLAINS


def stuck_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task past its limit, and how far the brain has gone.

    One whose worker pauses for heat waits for that; one whose worker is lost, or does
    not list it, is orphaned, unless the brain has begun to abort it.
    """
    queue = case.file_queue
    if queue is None:
        return
    for task in running(queue):
        agent = holder(queue, task)
        since = task.started_at if elder(queue) else progress_at(task)
        limit = ELAPSED if elder(queue) else no_progress(task.task_class)
        if agent is None or since is None or case.now - since <= limit:
            continue
        incident = ladder.incident(queue, task)
        begun = incident is not None and incident.aborts > 0
        works = beats(queue, agent, case.now) and not disowns(agent, task)
        if agent.pause is not None or not (begun or works):
            continue
        silence = case.now - since
        evidence = (
            started(task, case.now),
            sidecar(task, case.now),
            f"the limit is {spoken(limit)} "
            + ("since its start" if elder(queue) else f"for {task.task_class or 'it'}"),
            beat(agent, case.now),
            *_steps(incident),
        )
        yield Finding(
            rule="stuck-task",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} is stuck on {agent.id}: no progress for"
            f" {spoken(silence)}",
            subject=Subject(kind="task", id=task.id),
            evidence=evidence,
            remedy=f"{ladder.next_step(incident, case.now, past=since + limit)};"
            " see what its last line waits for",
            ask=f"worker {agent.id} --logs-only",
        )


def _steps(incident: Incident | None) -> tuple[str, ...]:
    if incident is None or not incident.aborts:
        return ()
    at = f", the last at {stamp(incident.aborted_at)}" if incident.aborted_at else ""
    steps = [f"incident {incident.id}: abort sent {some(incident.aborts, 'time')}{at}"]
    if incident.killed_at is not None:
        steps.append(f"kill sent at {stamp(incident.killed_at)}")
    return tuple(steps)
