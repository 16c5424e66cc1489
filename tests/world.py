"""Builders of things, and a system in memory.

The fakes hold plain lists and answer as the protocols of `bot.sources` promise;
tests/sources/test_contract.py asks them and the real adapters the same questions.
"""

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.action import Hands, Planning
from bot.command import Asked, Command
from bot.domain.access import Caller, Door
from bot.domain.cases import Case, Scene
from bot.domain.errors import NotFound, Refused, SourceDown, Uncertain
from bot.domain.logs import Level, LogLine
from bot.domain.orchestration import LATE, Orchestration
from bot.domain.pods import Pod, PodId
from bot.domain.policy import Limits
from bot.domain.report import Cell, Facts, Gap, Report, Table
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import Window, spoken, stamp
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker, WorkerId, WorkerPhase
from bot.settings import Setting, Settings
from bot.sources import (
    Endings,
    Gaps,
    Listing,
    LogSearch,
    Queue,
    QueueEntry,
    Requests,
    System,
    TaskSearch,
)
from bot.sources.powers import Powers

T = TypeVar("T")

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
TASK = TaskId("41345358-0000-4000-8000-000000000001")
WORKER = WorkerId("gpu-20260131_110000-0a1b2c3d")
POD = PodId("abc123def456gh")

_PHASES = {
    "Queued": TaskPhase.WAITING,
    "In Progress": TaskPhase.RUNNING,
    "Complete": TaskPhase.DONE,
    "Failed": TaskPhase.FAILED,
    "Cancelled": TaskPhase.CANCELLED,
}
_WORKER_PHASES = {
    "inactive": WorkerPhase.STARTING,
    "spawning": WorkerPhase.STARTING,
    "active": WorkerPhase.ACTIVE,
    "error": WorkerPhase.FAILED,
    "crashed": WorkerPhase.FAILED,
    "terminated": WorkerPhase.ENDED,
}


def ago(**span: float) -> datetime:
    """Return the time so long before NOW: `ago(minutes=5)`."""
    return NOW - timedelta(**span)


def a_task(id: str = TASK, *, status: str = "In Progress", **given: Any) -> Task:
    """Return a task; one that runs started 2 minutes ago unless told otherwise."""
    values: dict[str, Any] = {
        "task_type": "travel_segment",
        "created_at": ago(minutes=10),
        "attempts": 0,
        "generation_created": False,
    }
    if status in ("In Progress", "Complete", "Failed"):
        values["started_at"] = ago(minutes=2)
    phase = _PHASES.get(status, TaskPhase.UNKNOWN)
    return Task(id=TaskId(id), status=status, phase=phase, **(values | given))


def a_worker(id: str = WORKER, *, status: str = "active", **given: Any) -> Worker:
    """Return a worker, an hour old, whose heartbeat is 10 seconds old."""
    values: dict[str, Any] = {
        "created_at": ago(hours=1),
        "last_heartbeat_at": ago(seconds=10),
        "runpod_id": POD,
    }
    phase = _WORKER_PHASES.get(status, WorkerPhase.UNKNOWN)
    return Worker(id=WorkerId(id), status=status, phase=phase, **(values | given))


def a_pod(id: str = POD, *, name: str = WORKER, **given: Any) -> Pod:
    """Return a running pod, an hour old by its name, at $0.69 an hour."""
    values: dict[str, Any] = {
        "status": "RUNNING",
        "cost_per_hour_usd": 0.69,
        "named_at": ago(hours=1),
    }
    return Pod(id=PodId(id), name=name, **(values | given))


def a_line(message: str = "a line", **given: Any) -> LogLine:
    """Return a log line that the worker wrote a minute ago."""
    values: dict[str, Any] = {
        "at": ago(minutes=1),
        "level": "INFO",
        "source": "worker",
        "source_id": WORKER,
        "worker_id": WORKER,
    }
    return LogLine(message=message, **(values | given))


def a_case(**given: Any) -> Case:
    """Return a case at NOW with the default thresholds."""
    return Case(**({"now": NOW} | given))


def _matches(task: Task, wanted: TaskSearch) -> bool:
    return (
        task.created_at in wanted.window
        and wanted.status in (None, task.status)
        and wanted.task_type in (None, task.task_type)
        and wanted.worker_id in (None, task.worker_id)
    )


def _held_back(id: TaskId, known: Mapping[TaskId, Task]) -> tuple[str | None, str]:
    """Return why a dependency holds a task back, and None when it does not."""
    if id not in known:
        return "dependency gone", f"{id} no longer exists, so it never runs"
    other = known[id]
    if other.phase in (TaskPhase.FAILED, TaskPhase.CANCELLED):
        return "dependency failed", f"{id} is {other.status}, so it never runs"
    if other.phase is not TaskPhase.DONE:
        return "waits for dependency", f"{id} is {other.status}"
    return None, ""


def _silent(wrote_at: datetime, now: datetime) -> tuple[str | None, str]:
    """Return whether the API orchestrator wrote nothing for over 5 min."""
    if now - wrote_at <= LATE:
        return None, ""
    ago = f"{stamp(wrote_at)}, {spoken(now - wrote_at)} ago"
    return "API orchestrator silent", f"its newest line is of {ago}"


@dataclass
class FakeTasks:
    """Tasks in a list. Set *down* to have every question fail."""

    rows: list[Task] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    untold: tuple[Gap, ...] = ()
    unmet: SourceDown | None = None
    """Tasks can be read, and not together with their workers."""
    removed: tuple[TaskId, ...] = ()
    """Those that have no row any more, and that something else knows."""
    generations: frozenset[str] = frozenset()
    of_api: frozenset[str] = frozenset()
    api_wrote_at: datetime | None = None
    down: SourceDown | None = None
    whole: bool = True
    listed: bool = True
    statuses: Sequence[str] = tuple(_PHASES)
    waiting_status: str = "Queued"
    running_status: str = "In Progress"

    def is_id(self, text: str) -> bool:
        return len(text) == len(TASK) and text.count("-") == TASK.count("-")

    def may_begin(self, text: str) -> bool:
        return all(each in "0123456789abcdef-" for each in text.lower())

    async def find(self, prefix: str) -> Sequence[TaskId]:
        self._fail()
        known = [task.id for task in self._newest(self.rows)] + [*self.removed]
        return [id for id in known if id.startswith(prefix.lower())][:11]

    async def get(self, id: TaskId) -> tuple[Task, Worker | None]:
        self._fail()
        if self.unmet:
            raise self.unmet
        for task in self.rows:
            if task.id == id:
                return task, self._holder(task)
        msg = f"no task is called {id}"
        raise NotFound(msg, hint="recent ones: tasks --hours 2")

    async def named(self, ids: Iterable[TaskId]) -> Sequence[Task]:
        self._fail()
        wanted = set(ids)
        return [task for task in self.rows if task.id in wanted]

    async def dependants(self, id: TaskId) -> Sequence[Task]:
        self._fail()
        return [task for task in self._oldest() if id in task.dependencies]

    async def children(self, parent: Task) -> Sequence[Task]:
        self._fail()
        return [task for task in self._oldest() if task.parent == parent.id]

    async def search(self, wanted: TaskSearch) -> Listing[Task]:
        self._fail()
        rows = [task for task in self._newest(self.rows) if _matches(task, wanted)]
        bare = tuple(replace(task, error=None, output=None, note=None) for task in rows)
        return Listing(bare, whole=self.whole)

    async def failed(self, wanted: TaskSearch) -> Listing[Task]:
        self._fail()
        rows = [
            task
            for task in self._newest(self.rows)
            if task.status == "Failed" and _matches(task, wanted)
        ]
        return Listing(tuple(rows), whole=self.whole)

    async def count(self, status: str) -> int:
        return (await self.counts())[status]

    async def counts(self) -> Mapping[str, int]:
        self._fail()
        found = Counter(task.status for task in self.rows)
        return {status: found[status] for status in self.statuses}

    async def ended(self, window: Window, *, made: Window) -> Endings:
        self._fail()
        rows = [task for task in self.rows if task.created_at in made]
        done = [t.processed_at for t in rows if t.status == "Complete"]
        failed = [t.updated_at for t in rows if t.status == "Failed"]
        return Endings(
            completed=sum(at is not None and at in window for at in done),
            failed=sum(at is not None and at in window for at in failed),
        )

    async def running(self) -> Listing[tuple[Task, Worker | None]]:
        self._fail()
        rows = [task for task in self._oldest() if task.phase is TaskPhase.RUNNING]
        pairs = tuple((task, self._holder(task)) for task in rows)
        return Listing(pairs, whole=self.whole)

    async def of_worker(self, id: WorkerId) -> Listing[Task]:
        self._fail()
        rows = [task for task in self._newest(self.rows) if task.worker_id == id]
        return Listing(tuple(rows), whole=self.whole)

    async def generating(self, types: Iterable[str]) -> frozenset[str]:
        self._fail()
        return self.generations & frozenset(types)

    async def queue(self, now: datetime) -> Queue:
        self._fail()
        known = {task.id: task for task in self.rows}
        entries = []
        for task in self._oldest():
            if task.phase is not TaskPhase.WAITING:
                continue
            reasons = [_held_back(id, known) for id in task.dependencies]
            # What can never end weighs more than what will.
            reasons.sort(key=lambda found: found[0] == "waits for dependency")
            by_api = task.task_type in self.of_api
            if by_api and self.api_wrote_at is not None:
                reasons.append(_silent(self.api_wrote_at, now))
            unseen = by_api and self.api_wrote_at is None
            detail = "the API orchestrator left no line in the log" if unseen else ""
            reason, detail = next((each for each in reasons if each[0]), (None, detail))
            entries.append(
                QueueEntry(task=task, reason=reason, detail=detail, by_api=by_api)
            )
        running = [task for task in self._oldest() if task.phase is TaskPhase.RUNNING]
        return Queue(
            entries=Listing(tuple(entries), whole=self.whole),
            running=tuple(running) if self.whole else None,
            untold=self.untold,
        )

    def _holder(self, task: Task) -> Worker | None:
        found = [each for each in self.workers if each.id == task.worker_id]
        return found[0] if found else None

    def _newest(self, rows: Iterable[Task]) -> list[Task]:
        order = operator.attrgetter("created_at", "id")
        return sorted(rows, key=order, reverse=True)

    def _oldest(self) -> list[Task]:
        return self._newest(self.rows)[::-1]

    def _fail(self) -> None:
        if self.down:
            raise self.down


@dataclass
class FakeWorkers:
    """Workers in a list. Set *down* to have every question fail."""

    rows: list[Worker] = field(default_factory=list)
    down: SourceDown | None = None
    whole: bool = True
    statuses: Sequence[str] = tuple(_WORKER_PHASES)

    def is_id(self, text: str) -> bool:
        return text.startswith("gpu-") and len(text) == len(WORKER)

    def may_bound(self, text: str) -> bool:
        return bool(text) and text[0].isalnum()

    async def find(self, part: str) -> Sequence[WorkerId]:
        self._fail()
        rows = self._newest(self.rows)
        return [row.id for row in rows if _bounds(row.id, part)][:11]

    async def of_pod(self, part: str) -> Sequence[WorkerId]:
        self._fail()
        rows = self._newest(self.rows)
        if not part.isalnum():
            return []
        return [row.id for row in rows if _bounds(row.runpod_id or "", part)][:11]

    async def get(self, id: WorkerId) -> Worker:
        self._fail()
        for row in self.rows:
            if row.id == id:
                return row
        msg = f"no worker is called {id}"
        raise NotFound(msg, hint="recent ones: workers --hours 2")

    async def fleet(self, window: Window) -> Listing[Worker]:
        self._fail()
        rows = [
            row
            for row in self.rows
            if row.created_at <= window.end
            and (
                row.status != "terminated"
                or row.created_at >= window.since
                or any(at in window for at in (row.error_at, row.terminated_at) if at)
            )
        ]
        return Listing(tuple(self._newest(rows)), whole=self.whole)

    async def known_as(
        self, names: Iterable[str], pod_ids: Iterable[str]
    ) -> Sequence[Worker]:
        self._fail()
        wanted, pods = set(names), set(pod_ids)
        return [row for row in self.rows if row.id in wanted or row.runpod_id in pods]

    def _newest(self, rows: Iterable[Worker]) -> list[Worker]:
        order = operator.attrgetter("created_at", "id")
        return sorted(rows, key=order, reverse=True)

    def _fail(self) -> None:
        if self.down:
            raise self.down


def _bounds(id: str, part: str) -> bool:
    return id.startswith(part) or id.endswith(part)


def _of_level(line: LogLine, level: str | None) -> bool:
    return line.alarming if level == "ERROR" else level in (None, line.level)


@dataclass
class FakeLogs:
    """Log lines in a list. Set *down* to have every question fail."""

    rows: list[LogLine] = field(default_factory=list)
    life: Orchestration = field(default_factory=lambda: Orchestration(last_line=None))
    down: SourceDown | None = None
    whole: bool = True
    levels: Sequence[str] = tuple(Level)
    fielded: bool = True

    async def of_task(self, id: TaskId, window: Window) -> Listing[LogLine]:
        return self._those(window, lambda line: line.task_id == id)

    async def of_worker(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        return self._those(
            window,
            lambda line: (
                line.worker_id == id
                or (line.source == "worker" and line.source_id == id)
            ),
        )

    async def naming(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        return self._those(
            window,
            lambda line: (
                line.source == "orchestrator_gpu"
                and line.worker_id != id
                and re.search(rf"(?<![\w-]){re.escape(id)}(?![\w-])", line.message)
            ),
        )

    async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        def matches(line: LogLine) -> bool:
            text = wanted.text
            return (
                (text is None or text.lower() in line.message.lower())
                and _of_level(line, wanted.level)
                and (
                    wanted.source in (None, line.source_id)
                    or (wanted.source or "").lower() == line.source
                )
                and wanted.task_id in (None, line.task_id)
                and wanted.worker_id in (None, line.worker_id, line.source_id)
                and all(each.fits(line) for each in wanted.fields)
                and (wanted.before is None or line.order < wanted.before.order)
                and (wanted.after is None or line.order > wanted.after.order)
            )

        rows = self._those(wanted.window, matches).rows
        if wanted.after is None:
            return self._newest(rows, limit)
        kept = rows[:limit]
        return Listing(kept, whole=len(kept) == len(rows), total=len(rows))

    async def writers(self, window: Window) -> Listing[tuple[str, str]]:
        rows = self._those(window, lambda line: True).rows
        found = sorted({(line.source, line.source_id) for line in rows})
        return Listing(tuple(found), whole=self.whole)

    async def alarms(
        self, window: Window, *, limit: int, scale_downs: bool = True
    ) -> Listing[LogLine]:
        rows = self._those(
            window,
            lambda line: line.alarming and (scale_downs or not line.routine),
        ).rows
        return self._newest(rows, limit)

    async def first_alarm(self, window: Window) -> LogLine | None:
        wanted = self._those(window, lambda line: line.alarming and not line.routine)
        rows = wanted.rows
        return rows[0] if rows else None

    async def orchestration(self, window: Window) -> Orchestration:
        del window
        self._fail()
        return self.life

    def _those(self, window: Window, wanted: Any) -> Listing[LogLine]:
        self._fail()
        rows = [line for line in self.rows if line.at in window and wanted(line)]
        rows.sort(key=lambda line: (line.at, line.id))
        return Listing(tuple(rows), whole=self.whole)

    @staticmethod
    def _newest(rows: Sequence[LogLine], limit: int) -> Listing[LogLine]:
        kept = tuple(rows[-limit:])
        return Listing(kept, whole=len(kept) == len(rows), total=len(rows))

    def _fail(self) -> None:
        if self.down:
            raise self.down


@dataclass
class FakePods:
    """Pods in a list. *hidden* exist though the list lacks them."""

    rows: list[Pod] = field(default_factory=list)
    hidden: list[Pod] = field(default_factory=list)
    down: SourceDown | None = None
    name_prefixes: Sequence[str] = ("gpu-", "gpu_", "manual-gpu-")

    async def all(self) -> Sequence[Pod]:
        if self.down:
            raise self.down
        return list(self.rows)

    async def get(self, id: PodId) -> Pod | None:
        if self.down:
            raise self.down
        found = [pod for pod in (*self.rows, *self.hidden) if pod.id == id]
        return found[0] if found else None


@dataclass
class FakePower:
    """What all fakes that change something can be told to do instead.

    *down* and *refuses* change nothing; *uncertain* changes it only if it *does_it*.
    """

    asked: list[str] = field(default_factory=list)
    down: SourceDown | None = None
    refuses: Refused | None = None
    uncertain: Uncertain | None = None
    does_it: bool = False

    def _asked(self, id: str, change: Callable[[], T]) -> T:
        self.asked.append(id)
        if failure := self.down or self.refuses:
            raise failure
        if self.uncertain:
            if self.does_it:
                change()
            raise self.uncertain
        return change()


@dataclass
class FakePodPower(FakePower):
    """Ends the pods of a list, unless it *locks* them."""

    pods: FakePods = field(default_factory=FakePods)
    locks: set[PodId] = field(default_factory=set)

    async def locked(self) -> frozenset[PodId]:
        if self.down:
            raise self.down
        return frozenset(self.locks)

    async def terminate(self, id: PodId) -> None:
        def end() -> None:
            here = [pod.id for pod in (*self.pods.rows, *self.pods.hidden)]
            if id in self.locks or id not in here:
                why = "pod is locked" if id in self.locks else "pod not found"
                source = "runpod"
                raise Refused(source, f"said no: {why}")
            for pods in (self.pods.rows, self.pods.hidden):
                pods[:] = [pod for pod in pods if pod.id != id]

        self._asked(id, end)


@dataclass
class FakeWorkerPower(FakePower):
    """Ends the workers of a list."""

    workers: FakeWorkers = field(default_factory=FakeWorkers)

    async def end(self, seen: Worker, *, now: datetime) -> bool:
        def end() -> bool:
            state = operator.attrgetter("id", "status", "last_heartbeat_at")
            rows = self.workers.rows
            for place, row in enumerate(rows):
                if state(row) == state(seen):
                    rows[place] = replace(
                        row,
                        status="terminated",
                        phase=WorkerPhase.ENDED,
                        orchestrator_status="terminated",
                        terminated_at=now,
                    )
                    return True
            return False

        return self._asked(seen.id, end)


@dataclass
class FakeTaskPower(FakePower):
    """Requeues the tasks of a list, unless their results are *made* already."""

    tasks: FakeTasks = field(default_factory=FakeTasks)
    made: set[TaskId] = field(default_factory=set)

    async def requeue(self, seen: Task) -> bool:
        def requeue() -> bool:
            state = operator.attrgetter("id", "status", "worker_id", "started_at")
            rows = self.tasks.rows
            for place, row in enumerate(rows):
                same = state(row) == state(seen)
                counted = seen.attempts in (None, row.attempts)
                if same and counted and row.id not in self.made:
                    rows[place] = _requeued(row, counted=seen.attempts is not None)
                    return True
            return False

        return self._asked(seen.id, requeue)


def _requeued(task: Task, *, counted: bool) -> Task:
    return replace(
        task,
        status="Queued",
        phase=TaskPhase.WAITING,
        worker_id=None,
        started_at=None,
        processed_at=None,
        attempts=(task.attempts or 0) + 1 if counted else task.attempts,
        note="Reset - requeued through debug-bot",
        error=None,
        output=None if task.phase is TaskPhase.FAILED else task.output,
        cascaded_from=None,
        sums_up=False,
    )


@dataclass
class World:
    """A system in memory, and what a handler is asked with."""

    tasks: FakeTasks = field(default_factory=FakeTasks)
    workers: FakeWorkers = field(default_factory=FakeWorkers)
    logs: FakeLogs = field(default_factory=FakeLogs)
    pods: FakePods = field(default_factory=FakePods)
    scene: Scene | SourceDown | None = None
    """What else the system keeps, or why that cannot be read."""
    looks: list[Window] = field(default_factory=list)
    """The windows for which that was asked."""
    name: str = "reigh"
    requests: Requests | None = None
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    settings: Sequence[Setting] = ()
    pod_power: FakePodPower = field(default_factory=FakePodPower)
    worker_power: FakeWorkerPower = field(default_factory=FakeWorkerPower)
    task_power: FakeTaskPower = field(default_factory=FakeTaskPower)

    @property
    def powers(self) -> Powers:
        """What can be done to the system under investigation."""
        self.pod_power.pods = self.pods
        self.worker_power.workers = self.workers
        self.task_power.tasks = self.tasks
        return Powers(
            pods=self.pod_power, workers=self.worker_power, tasks=self.task_power
        )

    @property
    def system(self) -> System:
        """The system under investigation."""
        self.tasks.workers = self.workers.rows
        return System(
            name=self.name,
            source="supabase",
            tasks=self.tasks,
            workers=self.workers,
            logs=self.logs,
            pods=self.pods,
            scene=self._scene,
            requests=self.requests,
            changes=self.name == "reigh",
            vocabulary=self.vocabulary,
            settings=self.settings,
        )

    async def _scene(self, window: Window) -> Scene | None:
        self.looks.append(window)
        if isinstance(self.scene, SourceDown):
            raise self.scene
        return self.scene

    def asked(
        self,
        *,
        commands: Mapping[str, Command] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Asked:
        """Return what a handler may know, at NOW."""
        self.settings = Settings.of(environment or {}).orchestrator
        return Asked(
            opens=lambda: self.system,
            caller=Caller(door=Door.SHELL),
            now=NOW,
            commands=commands or {},
        )

    def planning(self, *, gaps: Gaps | None = None, **limits: Any) -> Planning:
        """Return what an action may know at NOW, under these limits of the policy."""
        return Planning(
            asked=replace(self.asked(), gaps=gaps or Gaps()),
            limits=Limits(**limits),
            locked=self.powers.pods.locked,
        )

    def hands(
        self,
        *,
        now: datetime = NOW,
        looks: tuple[float, ...] = (0.0,),
        protected: tuple[str, ...] = (),
        **powers: Any,
    ) -> Hands:
        """Return what an action may use; *powers* take the place of the fakes."""
        return Hands(
            system=self.system,
            powers=replace(self.powers, **powers),
            limits=Limits(protected=protected),
            clock=lambda: now,
            looks=looks,
        )


def a_world(
    *,
    tasks: Iterable[Task] = (),
    workers: Iterable[Worker] = (),
    lines: Iterable[LogLine] = (),
    pods: Iterable[Pod] = (),
) -> World:
    """Return a system that holds these."""
    return World(
        tasks=FakeTasks(list(tasks)),
        workers=FakeWorkers(list(workers)),
        logs=FakeLogs(list(lines)),
        pods=FakePods(list(pods)),
    )


def data_of(report: Report, kind: type[T]) -> T:
    """Return what the command found, in its own type."""
    assert isinstance(report.data, kind)
    return report.data


def facts_of(report: Report, title: str) -> dict[str, Cell]:
    """Return the facts under the title."""
    [found] = [each for each in report.sections if each.title == title]
    assert isinstance(found, Facts)
    return dict(found.rows)


def table_of(report: Report, title: str) -> list[tuple[Cell, ...]]:
    """Return the rows under a title that begins so, of as many cells as the header."""
    [found] = [each for each in report.sections if each.title.startswith(title)]
    assert isinstance(found, Table)
    assert {len(row) for row in found.rows} <= {len(found.header)}
    return list(found.rows)


def titles_of(report: Report) -> list[str]:
    """Return the titles of all sections."""
    return [each.title for each in report.sections]


def words_of(report: Report) -> list[str]:
    """Return the next questions that it offers."""
    return [each.words for each in report.asks]
