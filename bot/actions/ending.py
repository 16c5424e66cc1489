"""How a pod is ended so that cloud and database agree afterwards.

First the pod: whether it is gone is always seen by asking again, never believed. Then
the rows of its workers, each only if it still is as it was just read. Then their tasks,
which nobody can be working on any more.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.action import Hands
from bot.domain.errors import NotFound, Refused, SourceDown, Uncertain
from bot.domain.figures import some
from bot.domain.offers import Ended, Fate, Item, Seen
from bot.domain.pods import Pod, PodId
from bot.domain.requeues import spent
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import spoken
from bot.domain.workers import Worker, WorkerId, WorkerPhase

if TYPE_CHECKING:  # what only the gate needs, --help does not pay for
    from bot.domain.policy import Limits

STOPPED: Final = "debug-bot was stopped while it did this"
_RESTARTED: Final = timedelta(seconds=60)  # uptimes are rounded, and clocks differ


@dataclass(slots=True)
class Aftermath:
    """What was said of the rows and tasks behind a pod, and what went wrong."""

    said: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def ended(self, target: str, first: str) -> Ended:
        """Return the item's end: done, unless something went wrong."""
        outcome = Fate.FAILED if self.trouble else Fate.DONE
        return Ended(
            target=target,
            outcome=outcome,
            detail="; ".join((first, *self.said, *self.trouble)),
        )


def left(item: Item, why: str) -> Ended:
    """Return that the item was left alone."""
    return Ended(target=item.target, outcome=Fate.LEFT_ALONE, detail=why)


def unseen(item: Item, error: SourceDown) -> Ended:
    """Return that the item was not done, since another look at it failed."""
    why = f"not done, as it could not be looked at again: {error.source}"
    return Ended(
        target=item.target, outcome=Fate.FAILED, detail=f"{why} {error.message}"
    )


# --- pods ----------------------------------------------------------------------------


def pod_seen(pod: Pod, now: datetime) -> Seen:
    """Return what tells later whether the pod is still the one that was planned."""
    uptime = None if pod.uptime is None else pod.uptime.total_seconds()
    return {
        "pod": pod.id,
        "pod_name": pod.name,
        "pod_running": pod.running,
        "pod_uptime_seconds": uptime,
        "pod_seen_at": now.isoformat(),
    }


def restarted(seen: Seen, pod: Pod, now: datetime) -> str | None:
    """Return how the pod was started anew since it was seen; None when it was not.

    A running pod that no longer tells its uptime was started a moment ago.
    """
    if not pod.running:
        return None
    if not seen["pod_running"]:
        return f"it was started again since the plan: it is {pod.status}"
    before = seen["pod_uptime_seconds"]
    if pod.uptime is None:
        anew = "it may have been started anew: its uptime is gone"
        return None if before is None else anew
    at = datetime.fromisoformat(str(seen["pod_seen_at"]))
    then = at - timedelta(seconds=before) if isinstance(before, int | float) else at
    if now - pod.uptime - then <= _RESTARTED:
        return None
    return f"it was started anew {spoken(pod.uptime)} ago, since the plan"


async def locked(hands: Hands) -> frozenset[PodId] | None:
    """Return the locked pods; None where nobody can tell."""
    try:
        return await hands.powers.pods.locked()
    except SourceDown:
        return None


def why_kept(pod: Pod, locked: frozenset[PodId] | None, limits: "Limits") -> str | None:
    """Return why the pod is left alone, whoever it belongs to; None when it isn't.

    *locked* are the locked pods; None where nobody can tell, so that none is touched.
    """
    if locked is None:
        return f"nobody can tell whether pod {pod.id} is locked"
    if pod.id in locked:
        return f"pod {pod.id} is locked"
    if limits.protects(pod.name):
        return f"the policy protects the name of pod {pod.id}"
    return None


async def end_pod(id: PodId, hands: Hands) -> Ended | None:
    """End the pod and see that it is gone; None when it is, else what is known.

    A call that timed out is neither done nor failed: the pod itself tells.
    """
    asked = "RunPod was asked to end it"
    outcome = Fate.UNKNOWN
    try:
        await hands.powers.pods.terminate(id)
    except Refused as error:
        asked, outcome = f"RunPod {error.message}", Fate.FAILED
    except Uncertain as error:
        asked = f"RunPod {error.message}"
    except SourceDown as error:
        detail = f"not done: {error.source} {error.message}"
        return Ended(target=id, outcome=Fate.FAILED, detail=detail)
    return await gone(id, hands, asked=asked, otherwise=outcome)


async def gone(id: PodId, hands: Hands, *, asked: str, otherwise: Fate) -> Ended | None:
    """Look until the pod is gone: None when it is; what is known when it stays."""
    seen = ""
    for pause in hands.looks:
        await asyncio.sleep(pause)
        try:
            pod = await hands.system.pods.get(id)
        except SourceDown as error:
            seen = f"the look whether it is gone failed: {error.message}"
            continue
        if pod is None or pod.status == "TERMINATED":
            return None
        seen = f"it is still there ({pod.status})"
        if otherwise is Fate.FAILED:
            break
    return Ended(target=id, outcome=otherwise, detail=f"{asked}; {seen}")


# --- rows ----------------------------------------------------------------------------


async def owners(pod: str, name: str, hands: Hands) -> Sequence[Worker]:
    """Return the rows of any status that have the pod's id or its name."""
    return await hands.system.workers.known_as([name] if name else [], [pod])


async def give_back(workers: Iterable[Worker], hands: Hands) -> Aftermath:
    """Mark the workers' rows as ended, and put their tasks back into the queue."""
    after = Aftermath()
    for worker in workers:
        await _end_row(worker, hands, after)
        await _requeue_all(worker.id, hands, after)
    return after


async def _end_row(worker: Worker, hands: Hands, after: Aftermath) -> None:
    name = f"row {worker.id}"
    if worker.phase is WorkerPhase.ENDED:
        return
    problem = "it changed meanwhile and was left as it is"
    try:
        written = await hands.powers.workers.end(worker, now=hands.clock())
    except SourceDown as error:
        written = False
        problem = f"{error.source} {error.message}"
    if not written:
        try:
            now = await hands.system.workers.get(worker.id)
        except NotFound:
            after.said.append(f"{name} is gone")
            return
        except SourceDown:
            after.trouble.append(f"{name} may not be marked terminated: {problem}")
            return
        if now.phase is not WorkerPhase.ENDED:
            after.trouble.append(
                f"{name} still says {now.status}: {problem}"
                f" (worker forget {typed(worker.id)} finishes it)"
            )
            return
    after.said.append(f"{name} marked terminated")


async def _requeue_all(id: WorkerId, hands: Hands, after: Aftermath) -> None:
    try:
        held = await hands.system.tasks.of_worker(id)
    except SourceDown as error:
        after.trouble.append(f"its tasks could not be read: {error.message}")
        return
    if not held.whole:
        after.trouble.append(f"not all tasks of {id} could be read")
    running = [task for task in held.rows if task.phase is TaskPhase.RUNNING]
    back = 0
    for task in running:
        if why := spent(task):
            after.said.append(f"task {task.id[:8]} stays: {why}")
            continue
        ended = await requeue(task, hands)
        if ended.outcome is Fate.DONE:
            back += 1
        elif ended.outcome is Fate.LEFT_ALONE:
            after.said.append(f"task {task.id[:8]} stays: {ended.detail}")
        else:
            after.trouble.append(f"task {task.id[:8]}: {ended.detail}")
    if back:
        after.said.append(f"{some(back, 'task')} back in the queue")


# --- tasks ---------------------------------------------------------------------------


def then(workers: Iterable[Worker], tasks: Iterable[Task]) -> str:
    """Return in words what `give_back` will do to the workers' tasks and their rows."""
    said = []
    for task in tasks:
        if task.phase is TaskPhase.RUNNING:
            why = spent(task)
            fate = f"stays: {why}" if why else "goes back into the queue"
            said.append(f"task {task.id[:8]} {fate}")
    said += [
        f"row {worker.id} is marked terminated"
        for worker in workers
        if worker.phase is not WorkerPhase.ENDED
    ]
    return "; ".join(said)


async def requeue(task: Task, hands: Hands) -> Ended:
    """Put the task, as it was just read, back into the queue."""
    problem = ""
    try:
        if await hands.powers.tasks.requeue(task):
            return _ended(task, Fate.DONE, "back in the queue")
    except Uncertain as error:
        problem = f"{error.source} {error.message}"
    except SourceDown as error:
        return _ended(task, Fate.FAILED, f"not done: {error.source} {error.message}")
    return await requeued(task, hands, problem=problem)


async def requeued(task: Task, hands: Hands, *, problem: str) -> Ended:
    """Look whether the task went back into the queue since it was seen."""
    try:
        now, _ = await hands.system.tasks.get(task.id)
    except NotFound:
        return _ended(task, Fate.LEFT_ALONE, "it no longer exists")
    except SourceDown as error:
        why = f"nobody could look whether it is back: {error.message}"
        return _ended(task, Fate.UNKNOWN, f"{problem}; {why}" if problem else why)
    waits = now.phase is TaskPhase.WAITING
    if waits if task.attempts is None else now.attempts == task.attempts + 1:
        return _ended(task, Fate.DONE, f"it went back, and is {now.status} now")
    if (now.status, now.worker_id) == (task.status, task.worker_id):
        if problem:
            return _ended(task, Fate.FAILED, f"not done: {problem}")
        why = "it changed meanwhile, or its result exists"
        return _ended(task, Fate.LEFT_ALONE, why)
    return _ended(task, Fate.LEFT_ALONE, f"it changed meanwhile: it is {now.status}")


def _ended(task: Task, outcome: Fate, detail: str) -> Ended:
    return Ended(target=task.id, outcome=outcome, detail=detail)
