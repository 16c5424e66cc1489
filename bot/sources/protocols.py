"""What a system can be asked. Adapters fulfil these; handlers know nothing else.

Every method may raise SourceDown: the source did not answer in time, refused, or
answered nonsense. An empty answer is an answer.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from bot.domain.cases import Scene, Thresholds
from bot.domain.line_fields import LineField
from bot.domain.logs import LogLine
from bot.domain.pages import Border
from bot.domain.pods import Pod, PodId
from bot.domain.report import Gap
from bot.domain.tasks import Task, TaskId
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker, WorkerId
from bot.settings import Setting

if TYPE_CHECKING:
    from bot.domain.orchestration import Orchestration

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Listing(Generic[T_co]):
    """Rows that were read, and whether they are all there are.

    *whole* is False when a stated bound ended the reading; *total* is then how many
    match, where the source could count them. It *hides* rows where some may lie in a
    place that could not be read, which a gap names; then it is not whole, though no
    bound cut it.
    """

    rows: tuple[T_co, ...]
    whole: bool = True
    total: int | None = None
    hides: bool = False

    @property
    def cut(self) -> bool:
        """Tell whether a bound ended the reading; what was not read was not cut."""
        return not self.whole and not self.hides and self is not UNREAD


UNREAD: Final[Listing[Any]] = Listing((), whole=False)
"""What stands for a list that could not be read at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """How many tasks ended in some window; None where their rows do not tell."""

    completed: int | None
    failed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSearch:
    """Which tasks are wanted: those created in the window that match all else."""

    window: Window
    status: str | None = None
    task_type: str | None = None
    worker_id: WorkerId | None = None
    batch: str | None = None
    """Asked of systems alone whose tasks belong to batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSearch:
    """Which lines are wanted: those of the window that match all else.

    *text* is found literally, whatever its case; *source* is a kind of writer or the
    name of one. Where some lines marked CRITICAL are routine, a *level* of ERROR means
    all that report a fault. All of *fields* fit; they are asked of logs alone that are
    fielded. *before* and *after* are borders of a page: its own line is in neither.
    """

    window: Window
    text: str | None = None
    level: str | None = None
    source: str | None = None
    task_id: TaskId | None = None
    worker_id: WorkerId | None = None
    fields: tuple[LineField, ...] = ()
    before: Border | None = None
    after: Border | None = None


class Tasks(Protocol):
    """The queue's tasks."""

    @property
    def listed(self) -> bool:
        """Whether what is set up lets them be listed; else only lines tell of each."""
        ...

    @property
    def statuses(self) -> Sequence[str]:
        """The words that `--status` may use, as the system writes them."""
        ...

    @property
    def waiting_status(self) -> str:
        """The one of them that a task has while it waits."""
        ...

    @property
    def running_status(self) -> str:
        """The one of them that a task has while it is worked on."""
        ...

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole task id."""
        ...

    def may_begin(self, text: str) -> bool:
        """Tell whether some task id could begin with the text."""
        ...

    async def find(self, prefix: str) -> Sequence[TaskId]:
        """Return the ids that begin with *prefix*, newest first, at most eleven."""
        ...

    async def get(self, id: TaskId) -> tuple[Task, Worker | None]:
        """Return the task, its parameters, and the worker that holds it.

        Raises:
            NotFound: no task has that id.
        """
        ...

    async def named(self, ids: Iterable[TaskId]) -> Sequence[Task]:
        """Return those of the tasks that exist, in no order."""
        ...

    async def dependants(self, id: TaskId) -> Sequence[Task]:
        """Return the tasks that wait for this one, oldest first."""
        ...

    async def children(self, parent: Task) -> Sequence[Task]:
        """Return the tasks that name this one as their coordinator, oldest first."""
        ...

    async def search(self, wanted: TaskSearch) -> Listing[Task]:
        """Return the matching tasks, newest first, without error texts."""
        ...

    async def failed(self, wanted: TaskSearch) -> Listing[Task]:
        """Return the matching tasks that failed, newest first, with error texts."""
        ...

    async def count(self, status: str) -> int:
        """Return how many tasks have the status, all time, exactly."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """Return how many tasks there are of every status, all time, exactly."""
        ...

    async def ended(self, window: Window, *, made: Window) -> Endings:
        """Return how many tasks ended in *window*, of those created in *made*.

        Of a failed one the last change of its row counts: failing sets no end.
        """
        ...

    async def running(self) -> Listing[tuple[Task, Worker | None]]:
        """Return every task in progress with the worker that holds it."""
        ...

    async def of_worker(self, id: WorkerId) -> Listing[Task]:
        """Return the tasks that the worker holds or held, newest first."""
        ...

    async def generating(self, types: Iterable[str]) -> frozenset[str]:
        """Return those of the task types whose results become generations."""
        ...

    async def queue(self, now: datetime) -> "Queue":
        """Return what waits, oldest first, and why each does not run as of *now*."""
        ...


class Workers(Protocol):
    """The workers' rows."""

    @property
    def statuses(self) -> Sequence[str]:
        """The words that `--status` may use; others may stand in rows."""
        ...

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole worker id by its form."""
        ...

    def may_bound(self, text: str) -> bool:
        """Tell whether some worker id could begin or end with the text."""
        ...

    async def find(self, part: str) -> Sequence[WorkerId]:
        """Return the ids that begin or end with *part*, newest first, at most eleven.

        Tables and buttons show how an id ends; one that equals the part comes first.
        """
        ...

    async def of_pod(self, part: str) -> Sequence[WorkerId]:
        """Return the workers whose pod's id begins or ends so, as `find` does."""
        ...

    async def get(self, id: WorkerId) -> Worker:
        """Return the worker.

        Raises:
            NotFound: no worker has that id.
        """
        ...

    async def fleet(self, window: Window) -> Listing[Worker]:
        """Return the workers that are not ended, and those of the window.

        They were created in it or, where rows tell when, given up or ended.
        """
        ...

    async def known_as(
        self, names: Iterable[str], pod_ids: Iterable[str]
    ) -> Sequence[Worker]:
        """Return the workers of any status that have such an id or such a pod."""
        ...


class Logs(Protocol):
    """What the system's programs wrote."""

    @property
    def levels(self) -> Sequence[str]:
        """The words that `--level` may use."""
        ...

    @property
    def fielded(self) -> bool:
        """Whether lines have fields beside their text."""
        ...

    async def of_task(self, id: TaskId, window: Window) -> Listing[LogLine]:
        """Return the lines that carry the task's id, oldest first."""
        ...

    async def of_worker(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the lines that the worker wrote or that carry its id, oldest first."""
        ...

    async def naming(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the orchestrator's lines that only name the worker in their text."""
        ...

    async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        """Return the newest *limit* matches, oldest first; *total* counts all.

        Of those after a border it is the oldest that are returned.
        """
        ...

    async def writers(self, window: Window) -> Listing[tuple[str, str]]:
        """Return who wrote in the window, each once, as kind and name.

        Of a busy window its newest lines tell; the listing is then not whole.
        """
        ...

    async def alarms(
        self, window: Window, *, limit: int, scale_downs: bool = True
    ) -> Listing[LogLine]:
        """Return the newest lines that report a fault; *total* counts all of them.

        The orchestrator calls each scale-down an error: *scale_downs* are read or left
        out.
        """
        ...

    async def first_alarm(self, window: Window) -> LogLine | None:
        """Return the oldest line that reports a fault and is no scale-down, or None."""
        ...

    async def orchestration(self, window: Window) -> "Orchestration":
        """Return the orchestrator's life in the window."""
        ...


class Requests(Protocol):
    """Requests from outside, by the ids that lines bear."""

    @property
    def place(self) -> str:
        """Where their lines are looked for: `the log files of orchestrator`."""
        ...

    async def of(self, id: str, window: Window) -> Listing[LogLine]:
        """Return the lines among which are all of the request's, oldest first.

        Lines of others may be among them: `bot.domain.traces` tells which are its
        own. Empty when no line of the window bears the id.
        """
        ...


class Pods(Protocol):
    """The rented machines."""

    @property
    def name_prefixes(self) -> Sequence[str]:
        """Pods whose names begin so are ours to judge."""
        ...

    async def all(self) -> Sequence[Pod]:
        """Return every pod of the account."""
        ...

    async def get(self, id: PodId) -> Pod | None:
        """Return the pod as it is now; None when there is no such pod any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A waiting task and the first true reason why it waits; None: it is claimable.

    One that runs *by_api* is claimed by the API orchestrator, and by no worker.
    """

    task: Task
    reason: str | None
    detail: str = ""
    by_api: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits. *untold* names reasons that could not be checked, and why.

    *running* are the tasks in progress meanwhile; None when not all were read.
    """

    entries: Listing[QueueEntry]
    running: tuple[Task, ...] | None = None
    untold: tuple[Gap, ...] = ()

    @property
    def for_workers(self) -> int:
        """How many a worker could claim now."""
        entries = self.entries.rows
        return sum(entry.reason is None and not entry.by_api for entry in entries)


async def _nothing_more(window: Window) -> Scene | None:
    del window
    return None


async def _nothing_to_reach() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A counterpart or file that a setting names; *wrong* is empty where it is well."""

    setting: str
    what: str
    wrong: str = ""


async def _nothing_named() -> Sequence[Named]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an id stands for that is no task's: *words* ask about it, *told* says why.

    What they are about may go back to *since*; None where nothing tells.
    """

    words: str
    told: str
    since: datetime | None = None


async def _no_other_ids(text: str) -> Sequence[Meaning]:
    del text
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system to investigate, with its own limits and settings."""

    name: str
    source: str
    """What an answer calls the place from which its tasks, workers and lines are."""
    tasks: Tasks
    workers: Workers
    logs: Logs
    pods: Pods
    scene: Callable[[Window], Awaitable[Scene | None]] = _nothing_more
    """Returns what else it keeps, for its own rules; None where that is nothing."""
    requests: Requests | None = None
    """None: its lines bear no ids of requests."""
    changes: bool = False
    """Whether people may have something done to it; others are only read."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    settings: Sequence[Setting] = ()
    """What its programs are set to, for `config`; empty where nobody can tell."""
    meanings: Callable[[str], Awaitable[Sequence[Meaning]]] = _no_other_ids
    """Tells what an id stands for that may be no task's; several if it may be any."""
    reach: Callable[[], Awaitable[None]] = _nothing_to_reach
    """Looks whether a file of its settings could be there; SourceDown if none could."""
    named: Callable[[], Awaitable[Sequence[Named]]] = _nothing_named
    """Looks at each thing that settings name and that an answer could do without."""
