"""What stands beside one task or worker and decides about it: queue, fleet, pod."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.logs import LogLine
from bot.domain.pods import Pod, PodId
from bot.domain.tasks import Task, TaskId, TaskPhase, Wait
from bot.domain.times import HOUR, SKEW, Window
from bot.domain.workers import AGEING, Pulse, Worker, WorkerId, WorkerPhase
from bot.sources.asking import Gaps
from bot.sources.protocols import UNREAD, Listing, System


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a waiting task waits among; empty for another, None where not read."""

    tasks: tuple[Task, ...] = ()
    waits: Mapping[TaskId, Wait] | None = None
    workers: tuple[Worker, ...] | None = ()


async def beside_waiting(
    task: Task, system: System, gaps: Gaps, now: datetime
) -> Beside:
    """Return the queue and the workers if the task waits."""
    if task.phase is not TaskPhase.WAITING:
        return Beside()
    queue, fleet = await asyncio.gather(
        gaps.ask(system.tasks.queue(now), None),
        gaps.ask(system.workers.fleet(Window.before(now, hours=1)), None),
    )
    for gap in queue.untold if queue else ():
        gaps.add(gap)
    entries = queue.entries.rows if queue else ()
    return Beside(
        tasks=tuple(entry.task for entry in entries),
        waits={
            entry.task.id: Wait(
                reason=entry.reason, detail=entry.detail, by_api=entry.by_api
            )
            for entry in entries
            if entry.task.id == task.id
        },
        workers=fleet.rows if fleet and fleet.whole else None,
    )


async def beside_idle(
    worker: Worker, system: System, gaps: Gaps, now: datetime
) -> tuple[tuple[Worker, ...], int | None]:
    """Return the other workers and how many tasks could be taken.

    Whether an idle worker may stay depends on both (systems/reigh.md, F19).
    """
    fleet, count = await asyncio.gather(
        gaps.ask(system.workers.fleet(Window.before(now, hours=1)), UNREAD),
        claimable(system, gaps, now),
    )
    return tuple(each for each in fleet.rows if each.id != worker.id), count


async def claimable(system: System, gaps: Gaps, now: datetime) -> int | None:
    """Return how many waiting tasks a worker could take; None where nobody can tell."""
    queue = await gaps.ask(system.tasks.queue(now), None)
    if queue is None or queue.untold or not queue.entries.whole:
        return None
    return queue.for_workers


async def meanwhile(  # noqa: PLR0913  each has its name at the call
    task: Task,
    worker: Worker | None,
    *,
    told: Sequence[LogLine],
    system: System,
    gaps: Gaps,
    window: Window,
) -> tuple[Listing[LogLine], datetime]:
    """Return what a live worker wrote since it began a task that is quiet.

    And from when on it was asked for: from within *window*, which ends now. Some of its
    lines bear no task's id, such as those of a model load (systems/reigh.md, 2.1). They
    are read where *told*, the task's own lines, have nothing of the last minute, and of
    a task that was begun within the hour.
    """
    begun, now = task.started_at, window.until
    running = task.phase is TaskPhase.RUNNING and not task.coordinates
    if worker is None or begun is None or not running or not system.vocabulary.rents:
        return UNREAD, window.since
    own = [line.at for line in told if line.writer == worker.id]
    quiet = now - max([begun, *own]) > AGEING and now - begun <= HOUR
    if not quiet or worker.pulse(now) is not Pulse.HEALTHY:
        return UNREAD, window.since
    # The clocks of the claim and of the worker may differ from the row's.
    since = replace(window, since=max(window.since, begun - 2 * SKEW))
    lines = await gaps.ask(system.logs.of_worker(worker.id, since), UNREAD)
    return lines, since.since


async def with_pod(
    id: WorkerId, system: System, gaps: Gaps, now: datetime
) -> tuple[Worker, tuple[Pod, ...] | None]:
    """Return the worker, and its pod as `pod_of_dead` does."""
    worker = await system.workers.get(id)
    return worker, await pod_of_dead(worker, system, gaps, now)


async def pod_of_dead(
    worker: Worker | None, system: System, gaps: Gaps, now: datetime
) -> tuple[Pod, ...] | None:
    """Return the pod of a worker that does not beat, or nothing if that is gone.

    Those that bear the name of one that has not ended take its place: they may run on.

    None means that no pod was asked for, or that RunPod did not answer. That is a gap
    and a failure: calls that end pods are reported as done even when they failed
    (systems/reigh.md, 0.8), so a dead worker's row proves nothing.
    """
    if worker is None or worker.beats(now) or not worker.runs_on_gpu:
        return None
    if worker.runpod_id is None:
        return None
    pod = await gaps.ask(system.pods.get(PodId(worker.runpod_id)), UNREAD)
    if isinstance(pod, Listing):
        return None
    if pod is not None or worker.phase is WorkerPhase.ENDED:
        return (pod,) if pod else ()
    listed = await gaps.ask(system.pods.all(), ())
    return tuple(each for each in listed if each.name == worker.id)


async def pod_of_living(
    worker: Worker, system: System, gaps: Gaps
) -> tuple[Pod, ...] | None:
    """Return the pod of a worker that beats, for what it costs; None where untold.

    That one is not found proves nothing: something beats.
    """
    if worker.runpod_id is None:
        return None
    pod = await gaps.beside(system.pods.get(PodId(worker.runpod_id)), None)
    return None if pod is None else (pod,)
