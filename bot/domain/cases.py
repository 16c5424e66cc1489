"""Everything known about a subject at one moment: what rules judge."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.domain.cures import Cure, Standing, by_namesake, cure
from bot.domain.figures import some
from bot.domain.fleet import Claim, Lost, PodFate
from bot.domain.logs import LogLine
from bot.domain.marks import FAILSAFE
from bot.domain.pods import Pod
from bot.domain.report import Gap
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskId, TaskPhase, Wait
from bot.domain.times import stamp
from bot.domain.workers import Worker, WorkerId, WorkerPhase

if TYPE_CHECKING:
    from bot.domain.file_queue import FileQueue
    from bot.domain.orchestration import Orchestration
    from bot.domain.services import ServiceScene


class Scene:
    """What only one system keeps, for that one's own rules."""

    __slots__ = ()
    gaps: tuple[Gap, ...] = ()
    """What of it could not be read."""

    @property
    def past(self) -> "Scene | None":
        """What it tells of a window that is over; None where all of it is of now."""
        return None

    @property
    def file_queue(self) -> "FileQueue | None":
        """The agents' shared folder, where it is one."""
        return None

    @property
    def services(self) -> "ServiceScene | None":
        """What services tell of themselves, where it is that."""
        return None

    def begun_at(self, id: WorkerId) -> datetime | None:
        """Return since when the worker runs; None where nothing tells."""
        del id
        return None


def begun_at(worker: Worker, scene: Scene | None, *, made: bool) -> datetime | None:
    """Return since when a worker is there; None where nobody tells.

    That it was *made* tells its row; of a program that begins again and again the
    scene does.
    """
    if made:
        return worker.created_at
    return scene.begun_at(worker.id) if scene else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The system's own limits, from its settings (systems/reigh.md, 4)."""

    idle: timedelta = timedelta(seconds=600)  # GPU_IDLE_TIMEOUT_SEC
    stuck: timedelta = timedelta(seconds=1200)  # TASK_STUCK_TIMEOUT_SEC
    error_grace: timedelta = timedelta(seconds=600)  # ERROR_CLEANUP_GRACE_PERIOD_SEC
    poll: timedelta = timedelta(seconds=30)  # ORCHESTRATOR_POLL_SEC
    min_active: int = 2  # MIN_ACTIVE_GPUS
    minimum_pod_age: timedelta = timedelta(minutes=10)  # CONTRACT, 6


def holders(pairs: Iterable[tuple[Task, Worker | None]]) -> tuple[Worker, ...]:
    """Return the workers of tasks read with them, each once."""
    return tuple({each.id: each for _, each in pairs if each is not None}.values())


@dataclass(frozen=True, kw_only=True)
class Case:
    """The facts of one question, as of *now*.

    A part that is None was not read, or could not be: a rule that needs it stays
    silent. An empty part was read and holds nothing. Of a log, *lines* holds what the
    question called for; *logs_read* names the workers whose own lines are all here.
    """

    now: datetime
    system: str = "reigh"
    """Whose rules judge it."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    tasks: tuple[Task, ...] | None = None
    gone: frozenset[TaskId] = frozenset()
    """Tasks that others name and that do not exist when looked up."""
    workers: tuple[Worker, ...] | None = None
    holders: tuple[Worker, ...] | None = None
    """The workers that the tasks name, of any status; a name without one has no row."""
    lines: tuple[LogLine, ...] | None = None
    logs_read: frozenset[WorkerId] = frozenset()
    task_logs_read: frozenset[TaskId] = frozenset()
    """The tasks of which all lines that carry their id are here."""
    lines_since: datetime | None = None
    """From when on lines were asked for; None where nobody says."""
    lines_cut: bool = False
    """Whether that is so only because a bound cut off what is older."""
    claims: tuple[Claim, ...] | None = None
    """What became of every pod; None when pods or workers were not read whole."""
    lost: tuple[Lost, ...] | None = None
    pods: tuple[Pod, ...] | None = None
    """All pods there are, or those that the worker in question has; None where nobody
    asked, or nobody answered."""
    queued: int | None = None
    """How many tasks wait."""
    claimable: int | None = None
    """How many of them a worker could take now; None where nobody looked at each."""
    waits: Mapping[TaskId, Wait] | None = None
    """Why each waiting task waits; None where the queue was not judged."""
    children: Mapping[TaskId, Sequence[Task]] | None = None
    """All tasks of a coordinator, for those whose tasks were looked for."""
    finished: Mapping[WorkerId, datetime | None] | None = None
    """When a worker last completed a task (None: never), where that was looked up."""
    quiet_since: datetime | None = None
    """From when on no task ended at all; None where some did, or nobody counted."""
    requeued: Mapping[TaskId, Sequence[datetime]] | None = None
    """When people had tasks queued again; None where the audit was not read."""
    generating: frozenset[str] | None = None
    """The task types whose result has to become a generation."""
    orchestration: "Orchestration | None" = None
    scene: Scene | None = None
    marked: Mapping[str, tuple[LogLine, ...]] = field(default_factory=dict)
    """Lines by the marker they hold, for the markers that rules ask for."""

    @property
    def file_queue(self) -> "FileQueue | None":
        """The agents' shared folder, where it is what the case is about."""
        return self.scene.file_queue if self.scene else None

    @property
    def services(self) -> "ServiceScene | None":
        """What services tell of themselves, where the case is about some."""
        return self.scene.services if self.scene else None

    @cached_property
    def holders_by_id(self) -> Mapping[WorkerId, Worker]:
        """The workers that hold tasks, by id."""
        return {worker.id: worker for worker in self.holders or ()}

    @cached_property
    def tasks_by_id(self) -> Mapping[TaskId, Task]:
        """The tasks that were read, by id."""
        return {task.id: task for task in self.tasks or ()}

    @cached_property
    def tasks_by_worker(self) -> Mapping[WorkerId, tuple[Task, ...]]:
        """The tasks that were read, by the worker that holds them."""
        found: dict[WorkerId, list[Task]] = {}
        for task in self.tasks or ():
            if task.worker_id is not None:
                found.setdefault(task.worker_id, []).append(task)
        return {worker: tuple(tasks) for worker, tasks in found.items()}

    def needed(self, worker: Worker) -> bool | None:
        """Tell whether it holds a running task, or tasks wait; None: nobody knows."""
        held = self.tasks_by_worker.get(worker.id, ())
        if self.queued or any(task.phase is TaskPhase.RUNNING for task in held):
            return True
        return None if self.tasks is None or self.queued is None else False

    @cached_property
    def lost_by_id(self) -> Mapping[WorkerId, Lost]:
        """The workers whose pod is gone or stands still, by their ids."""
        return {lost.worker.id: lost for lost in self.lost or ()}

    @cached_property
    def _pods_by(self) -> Mapping[str, Pod]:
        """The pods that there are, by their ids and by their names."""
        there = [pod for pod in self.pods or () if pod.status != "TERMINATED"]
        return {text: pod for pod in there for text in (pod.name, pod.id)}

    def hourly_usd(self, worker: Worker) -> float | None:
        """Return what the worker's own pod costs while it runs; None where untold."""
        pod = self._pods_by.get(worker.runpod_id or worker.id)
        return pod.cost_per_hour_usd if pod is not None and pod.running else None

    def namesake(self, worker: Worker) -> Pod | None:
        """Return a pod with the worker's name where its row names another, not there.

        One whose row names none has it for its own.
        """
        known = self._pods_by
        if worker.runpod_id is None or worker.runpod_id in known:
            return None
        return known.get(worker.id)

    def standing(self, worker: Worker) -> Standing:
        """Return what is known of the worker's pod; where it beats, its pod is there.

        One that a row does not name may still bear the worker's name.
        """
        if self.namesake(worker) is not None:
            return Standing.NAMESAKE
        lost = self.lost_by_id.get(worker.id)
        if lost is not None and lost.gone:
            return Standing.GONE
        known = self._pods_by
        if worker.beats(self.now) or worker.runpod_id in known or worker.id in known:
            return Standing.THERE
        if worker.unnamed:
            return Standing.GONE
        if self.pods is None:
            return Standing.UNKNOWN
        return Standing.UNLISTED if worker.runpod_id else Standing.GONE

    def cure(self, worker: Worker) -> Cure:
        """Return what to type to end the worker, or to settle one whose pod is gone."""
        pod = self.namesake(worker)
        if pod is None:
            return cure(worker, self.standing(worker))
        orphaned = any(
            claim.pod.id == pod.id and claim.fate is PodFate.ORPHANED
            for claim in self.claims or ()
        )
        told = by_namesake(worker, pod, orphaned=orphaned)
        return Cure(words=f"worker {typed(worker.id)}", told=told, ends=False)

    @cached_property
    def lines_by_writer(self) -> Mapping[WorkerId, Sequence[LogLine]]:
        """The lines that each worker wrote itself, as they came.

        A service writes under its own name.
        """
        known = {worker.id for worker in self.workers or ()}
        found: dict[WorkerId, list[LogLine]] = {}
        for line in self.lines or ():
            name = WorkerId(line.source)
            writer = line.writer or (name if name in known else None)
            if writer is not None:
                found.setdefault(writer, []).append(line)
        return found

    @cached_property
    def last_lines(self) -> Mapping[WorkerId, LogLine]:
        """The newest line that each worker wrote itself."""
        return {
            writer: max(lines, key=lambda line: line.order)
            for writer, lines in self.lines_by_writer.items()
        }

    def reading(self, *, by: WorkerId | None = None, of: TaskId | None = None) -> str:
        """Return which lines of a worker, or of a task, were read, and how many.

        A finding from absence rests on it (systems/reigh.md, 5).
        """
        if by is not None:
            number, whose = len(self.lines_by_writer.get(by, ())), "of its own"
        else:
            number = sum(line.task_id == of for line in self.lines or ())
            whose = "of the task"
        since = f" since {stamp(self.lines_since)}" if self.lines_since else ""
        cut = "older ones are beyond the bound" if self.lines_cut else "none was cut"
        return f"read: {some(number, 'line')} {whose}{since}; {cut}"

    def said(self, by: WorkerId, *markers: str) -> tuple[LogLine, ...]:
        """Return the lines with any of the markers that the worker wrote itself."""
        return _those(self._by_writer, by, markers)

    def told(self, of: WorkerId, *markers: str) -> tuple[LogLine, ...]:
        """Return such lines, and those that no worker wrote and that name this one."""
        named = _those(self._by_name, of, markers)
        return _in_order((*self.said(of, *markers), *named))

    def failsafe(self, worker: Worker) -> LogLine | None:
        """Return the line by which the failsafe ended a worker without a reason.

        It ends what is dead: that is no scale-down, though the rows look alike.
        """
        silent = not self.marked.get(FAILSAFE)  # mostly: then nobody is looked for
        if silent or worker.phase is not WorkerPhase.ENDED or worker.error_reason:
            return None
        lines = self.told(worker.id, FAILSAFE)
        return lines[-1] if lines else None

    def scaled_down(self, worker: Worker) -> bool:
        """Tell whether the worker was scaled down, by its row and by what lines say."""
        return worker.benign_end and self.failsafe(worker) is None

    def told_of_task(self, id: TaskId, *markers: str) -> tuple[LogLine, ...]:
        """Return the lines with any of the markers that carry the task's id."""
        return _those(self._by_task, id, markers)

    @cached_property
    def _by_writer(self) -> "_Index":
        return _indexed(self.marked, lambda line: (line.writer,))

    @cached_property
    def _by_task(self) -> "_Index":
        return _indexed(self.marked, lambda line: (line.task_id,))

    @cached_property
    def _by_name(self) -> "_Index":
        known: set[str] = {worker.id for worker in self.workers or ()}
        odd = [id for id in known if not _WORD.fullmatch(id)]

        def named(line: LogLine) -> Iterable[str]:
            if line.writer is not None:
                return ()
            text = line.message
            return known.intersection(_WORD.findall(text)) | {
                id for id in odd if id in text
            }

        return _indexed(self.marked, named)


# What an id of a worker is made of (systems/reigh.md, 1.3); it may be any text.
_WORD: Final = re.compile(r"[\w-]+")
# Lines by a worker or a task, and by the marker they hold.
_Index: TypeAlias = Mapping[str | None, Mapping[str, Sequence[LogLine]]]


def _indexed(
    marked: Mapping[str, Iterable[LogLine]],
    keys: Callable[[LogLine], Iterable[str | None]],
) -> _Index:
    """Return the marked lines by the keys of each; they are passed over once."""
    found: dict[str | None, dict[str, list[LogLine]]] = {}
    for marker, lines in marked.items():
        for line in lines:
            for key in keys(line):
                found.setdefault(key, {}).setdefault(marker, []).append(line)
    return found


def _those(index: _Index, key: str, markers: Iterable[str]) -> tuple[LogLine, ...]:
    of_it = index.get(key, {})
    return _in_order(line for each in markers for line in of_it.get(each, ()))


def _in_order(lines: Iterable[LogLine]) -> tuple[LogLine, ...]:
    """Return each line once, oldest first."""
    return tuple(sorted(dict.fromkeys(lines), key=lambda line: line.order))
