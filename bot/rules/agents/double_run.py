"""A task is done, or was given up, and runs all the same (3A, 12)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import beats
from bot.domain.agent_names import SHORT, Lane, same_task
from bot.domain.cases import Case
from bot.domain.file_proofs import beat_path, ended
from bot.domain.file_queue import Agent, Double, FileQueue, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import SKEW, dated, stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "tasks that run twice"
EXPLAINS: Final = (
    *("orphaned-task", "long-running-task", "stuck-task", "hung-task"),
    "ghost-sidecar",
)
REPLACES: Final = ("orphaned-task", "long-running-task", "ghost-sidecar")
REQUEUES: Final = ("TASK_REQUEUED_TIMEOUT", "ORPHAN_REQUEUE")


def double_run(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task in two lanes, or that runs though it ended.

    A lost agent's last heartbeat may list what it ran then, and a living one's what
    ended just now: neither runs anything.
    """
    queue = case.file_queue
    if queue is None:
        return
    files = {each.id: each for each in queue.tasks or ()}
    for double in queue.doubles or ():
        file = files.get(double.task_id)
        again = [
            agent
            for agent in queue.running(double.task_id)
            if agent.id in double.agents
            and beats(queue, agent, case.now)
            and not _just_ended(agent, file)
        ]
        if len(double.lanes) > 1 or again:
            yield _finding(case, queue, double, file, again)


def _just_ended(agent: Agent, file: TaskFile | None) -> bool:
    at = file.ended_at if file else None
    return at is not None and agent.beat_at is not None and agent.beat_at < at + SKEW


def _finding(
    case: Case,
    queue: FileQueue,
    double: Double,
    file: TaskFile | None,
    again: list[Agent],
) -> Finding:
    id = double.task_id
    who = ", ".join(each.id for each in again)
    done = Lane.COMPLETE in double.lanes or Lane.FAILED in double.lanes
    first = file.worker if file and file.worker else "one worker"
    evidence = [*([ended(file)] if file and done else [])]
    if len(double.lanes) > 1:
        evidence.append(f"tasks/{' and tasks/'.join(double.lanes)} hold {id}.json")
    for agent in again:
        own = next(each for each in agent.active if same_task(id, each.task_id))
        since = f" since {dated(own.started_at, case.now)}" if own.started_at else ""
        evidence.append(f"{beat_path(agent)} lists it{since}")
    evidence += [
        f"{stamp(each.last_at)}: {each.message}"
        for each in queue.told or ()
        if each.kind in REQUEUES and same_task(id, each.subject)
    ]
    lies = f"its file lies in {' and '.join(double.lanes)}"
    told = (
        f"{who} {'run' if len(again) > 1 else 'runs'} it, and {lies}" if who else lies
    )
    if who and done:
        told = f"{first} ended it, and {who} runs it again"
    now = bool(again) or Lane.PROCESSING in double.lanes
    runs = "runs twice" if now or not done else "would run twice"
    return Finding(
        rule="double-run",
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"task {id[:SHORT]} {runs}: {told}",
        subject=Subject(kind="task", id=id),
        evidence=tuple(evidence),
        remedy="see whether its output was written twice; a forced requeue does"
        " not end the first run",
        ask=f"worker {again[0].id}" if again else f"task {id}",
    )
