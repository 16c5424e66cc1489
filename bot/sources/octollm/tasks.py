"""The orchestrator's tasks: from its database, or from what it answers itself."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

import sqlalchemy as sa

from bot.domain.errors import Absent, NotFound, SourceDown
from bot.domain.report import Gap
from bot.domain.service_names import Outcome
from bot.domain.services import Backlog, Waiting
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources.asking import untold
from bot.sources.octollm import rows as meaning
from bot.sources.octollm.asking import SOURCE, down
from bot.sources.octollm.database import SETTING, Database, Tables
from bot.sources.octollm.database import SOURCE as IN_DATABASE
from bot.sources.octollm.services import Services
from bot.sources.octollm.table import BOUND, CANDIDATES, TaskTable, Where
from bot.sources.protocols import Endings, Listing, Queue, QueueEntry, TaskSearch

T = TypeVar("T")

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_DOCUMENTED: Final = re.compile(r"task[-_]\w+", re.ASCII)
_BEGINS: Final = re.compile(
    r"[0-9a-f-]{1,36}|t|ta|tas|task|task[-_]\w*", re.IGNORECASE | re.ASCII
)
_DEFECT: Final = (
    "answers 500 about {id}, as it does about every task that exists (a known defect:"
    " it loads the result lazily, after its session is closed)"
)
RESULTLESS: Final = (
    "shows no table task_results, with what tasks left, to the login in"
    f" {SETTING}: no error, no result and no duration is known"
)
NOT_TAKEN: Final = "nothing takes tasks"
NEVER: Final = "no task was ever taken up in this deployment"


class OctoTasks:
    """Fulfils `bot.sources.Tasks`."""

    statuses = tuple(meaning.PHASES)
    waiting_status = "pending"
    running_status = "processing"

    def __init__(self, database: Database, services: Services) -> None:
        """Read from the *database*; without one ask the orchestrator."""
        self._database = database
        self._services = services

    @property
    def listed(self) -> bool:
        """Whether a database is set; no service lists tasks."""
        return self._database.configured

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole task id."""
        return bool(_UUID.fullmatch(text) or _DOCUMENTED.fullmatch(text))

    def may_begin(self, text: str) -> bool:
        """Tell whether some task id could begin with the text."""
        return bool(_BEGINS.fullmatch(text))

    async def find(self, prefix: str) -> Sequence[TaskId]:
        """Return the ids that begin with *prefix*, newest first, at most eleven."""
        if not self.may_begin(prefix):
            return ()
        found = await self._listed(
            lambda table: table.beginning(prefix.lower()), bound=CANDIDATES
        )
        return [each.id for each in found.rows]

    async def get(self, id: TaskId) -> tuple[Task, Worker | None]:
        """Return the task and its parameters; no arm has a row of its own."""
        if not self._database.configured:
            return await self._told(id), None
        found = await self._listed(lambda table: table.named([id]), whole=True)
        if not found.rows:
            raise _unknown(id)
        return found.rows[0], None

    async def named(self, ids: Iterable[TaskId]) -> Sequence[Task]:
        """Return those of the tasks that exist, in no order."""
        every = sorted(set(ids))
        if not every:
            return ()
        return (await self._listed(lambda table: table.named(every))).rows

    async def dependants(self, id: TaskId) -> Sequence[Task]:
        """Return none: tasks know parents here, and no dependencies."""
        del id
        return ()

    async def children(self, parent: Task) -> Sequence[Task]:
        """Return the tasks that name this one as their parent, oldest first."""
        found = await self._listed(lambda table: table.children(parent.id))
        return found.rows[::-1]

    async def search(self, wanted: TaskSearch) -> Listing[Task]:
        """Return the matching tasks, newest first, without error texts."""
        if wanted.task_type not in (None, meaning.TYPE):
            return Listing(())
        return await self._listed(lambda table: table.matching(wanted), texts=False)

    async def failed(self, wanted: TaskSearch) -> Listing[Task]:
        """Return the matching tasks that failed, newest first, with error texts."""
        if wanted.task_type not in (None, meaning.TYPE):
            return Listing(())
        if wanted.status not in (None, "failed"):
            return Listing(())
        return await self._listed(
            lambda table: [*table.matching(wanted), table.of_status("failed")]
        )

    async def count(self, status: str) -> int:
        """Return how many tasks have the status, all time, exactly."""
        return (await self.counts()).get(status.lower(), 0)

    async def counts(self) -> Mapping[str, int]:
        """Return how many tasks there are of every status, all time, exactly."""
        if self._database.configured:
            found: Mapping[str, int] = await self._database.read(
                lambda connection, tables: TaskTable(tables).counts(connection)
            )
        else:
            found, _ = await self._services.stats()
        return {**dict.fromkeys(self.statuses, 0), **found}

    async def ended(self, window: Window, *, made: Window) -> Endings:
        """Return how many tasks ended in *window*, of those created in *made*.

        Of each the last change of its row counts.
        """

        def work(connection: sa.Connection, tables: Tables) -> Endings:
            table = TaskTable(tables)
            if not table.has("updated_at"):
                return Endings(completed=None, failed=None)
            completed, failed = (
                table.ended(connection, status, window, made)
                for status in ("completed", "failed")
            )
            return Endings(completed=completed, failed=failed)

        return await self._read(work)

    async def running(self) -> Listing[tuple[Task, Worker | None]]:
        """Return every task in progress; no arm has a row of its own."""
        found = await self._listed(lambda table: [table.of_status("processing")])
        return Listing(
            tuple((task, None) for task in found.rows[::-1]), whole=found.whole
        )

    async def of_worker(self, id: WorkerId) -> Listing[Task]:
        """Return the tasks that are assigned to the arm, newest first."""
        return await self._listed(lambda table: table.of_arm(id))

    async def generating(self, types: Iterable[str]) -> frozenset[str]:
        """Return none: no result becomes a generation here."""
        del types
        return frozenset()

    async def queue(self, now: datetime) -> Queue:
        """Return what waits, oldest first, and why each does not run as of *now*."""
        del now

        def work(connection: sa.Connection, tables: Tables) -> Queue:
            table = TaskTable(tables)
            waiting = table.rows(connection, [table.of_status("pending")], BOUND)
            running = table.rows(connection, [table.of_status("processing")], BOUND)
            taken = _taken(table.counts(connection))
            entries = tuple(
                QueueEntry(
                    task=meaning.task(row, texts=False),
                    reason=None if taken else NOT_TAKEN,
                    detail="" if taken else NEVER,
                )
                for row in reversed(waiting.rows)
            )
            tasks = tuple(meaning.task(row, texts=False) for row in running.rows)
            return Queue(
                entries=Listing(entries, whole=waiting.whole),
                running=tasks if running.whole else None,
            )

        return await self._read(work)

    async def backlog(self) -> Backlog:
        """Return the tasks that are not done, the oldest first, and all counts."""
        if not self._database.configured:
            return Backlog(counts=await self.counts(), pending=None, processing=None)

        def work(connection: sa.Connection, tables: Tables) -> Backlog:
            table = TaskTable(tables)
            pending, processing = (
                table.rows(connection, [table.of_status(status)], BOUND).rows[::-1]
                for status in ("pending", "processing")
            )
            return Backlog(
                counts=table.counts(connection),
                pending=tuple(map(_waiting, pending)),
                processing=tuple(map(_waiting, processing)),
            )

        return await self._read(work)

    async def _listed(
        self,
        where: Callable[[TaskTable], Where],
        *,
        bound: int = BOUND,
        whole: bool = False,
        texts: bool = True,
    ) -> Listing[Task]:
        def work(connection: sa.Connection, tables: Tables) -> Listing[Task]:
            table = TaskTable(tables)
            found = table.rows(connection, where(table), bound)
            tasks = (meaning.task(row, whole=whole, texts=texts) for row in found.rows)
            return Listing(tuple(tasks), whole=found.whole)

        found = await self._read(work)
        if any(each.unread for each in found.rows):
            untold(Gap(source=IN_DATABASE, reason=RESULTLESS))
        return found

    async def _read(self, work: Callable[[sa.Connection, Tables], T]) -> T:
        if not self._database.configured:
            msg = f"not configured: {SETTING} is not set, and no service lists tasks"
            hint = f"set {SETTING} in the environment or in .env"
            raise Absent(IN_DATABASE, msg, hint=hint)
        return await self._database.read(work)

    async def _told(self, id: TaskId) -> Task:
        """Return the task as the orchestrator tells it."""
        reply = await self._services.task(id)
        if reply.status == 404:
            msg = f"no task is called {id}, by the orchestrator: {SETTING} is not set"
            raise NotFound(msg, hint=f"set {SETTING} to look for it in the database")
        if reply.status == 500:
            raise await self._of_a_500(id)
        if reply.outcome is not Outcome.OK or not isinstance(reply.body, dict):
            raise down(reply, f"the task {id}")
        return meaning.task({"task_id": id, **reply.body}, whole=True)

    async def _of_a_500(self, id: TaskId) -> SourceDown:
        """Return why it failed: by its known defect, unless its database is down."""
        try:
            ready = await self._services.readiness()
        except SourceDown:
            ready = ()
        if any("database" in each.failing for each in ready):
            msg = f"answers 500 about {id}: its database is down"
            return SourceDown(SOURCE, msg)
        msg = f"{_DEFECT.format(id=id)}; only its database can be asked"
        return SourceDown(SOURCE, msg, hint=f"set {SETTING} to read the task there")


def _unknown(id: TaskId) -> NotFound:
    msg = f"no task is called {id}"
    return NotFound(msg, hint="recent ones: tasks --hours 2")


def _taken(counts: Mapping[str, int]) -> bool:
    return Backlog(counts=counts, pending=None, processing=None).consumed


def _waiting(row: meaning.Row) -> Waiting:
    task = meaning.task(row, texts=False)
    running = task.phase is TaskPhase.RUNNING
    since = (task.started_at if running else None) or task.created_at
    return Waiting(task_id=task.id, since=since, allowed=meaning.allowed(row))
