"""The `tasks` table, and what the claim function makes of it."""

import asyncio
import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

from bot.domain.errors import NotFound, SourceDown
from bot.domain.logs import LogLine
from bot.domain.report import Gap
from bot.domain.tasks import Task, TaskId
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources import UNREAD, Endings, Listing, Queue, TaskSearch
from bot.sources.reigh import rows as meaning
from bot.sources.reigh.claims import API, Claims
from bot.sources.reigh.conditions import Key, Row, quoted, within
from bot.sources.reigh.faults import SOURCE, lacks_it
from bot.sources.reigh.logs import newest
from bot.sources.reigh.project import Project

T = TypeVar("T")

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_NEWEST: Final = Key(column="created_at", field="created_at")
_OLDEST: Final = Key(column="created_at", field="created_at", descending=False)
_CANDIDATES: Final = 11
CLOCKS_DIFFER: Final = timedelta(minutes=10)

# As the app stores it; true unless it says otherwise (systems/reigh.md, 1.5).
_IN_CLOUD: Final = "in_cloud:settings->ui->generationMethods->inCloud"

# How a task names the run of its coordinator (systems/reigh.md, 1.8).
_RUNS: Final = (
    "params->>orchestrator_run_id",
    "params->orchestrator_details->>run_id",
)

# Whose project it is of; a task holds its project by a foreign key (1.2).
_OWNER: Final = "owner:projects(user_id)"
_Owned: TypeAlias = tuple[Task, str | None]
"""A task, and the person whose it is where that was told."""

# One row, past any cap of rows, but for what is cancelled (systems/reigh.md, 1.7).
_VIEW: Final = "orchestrator_status"
_COUNTED: Final = {
    "Queued": "queued_tasks",
    "In Progress": "running_tasks",
    "Complete": "completed_tasks",
    "Failed": "failed_tasks",
}


class ReighTasks:
    """Fulfils `bot.sources.Tasks`."""

    listed = True
    statuses = tuple(meaning.TASK_PHASES)
    waiting_status = "Queued"
    running_status = "In Progress"

    def __init__(self, project: Project) -> None:
        """Read from *project*."""
        self._project = project
        self._has_view = True  # until it is found to have none

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole task id."""
        return bool(_UUID.fullmatch(text))

    def may_begin(self, text: str) -> bool:
        """Tell whether some task id could begin with the text."""
        return _bounds(text) is not None

    async def find(self, prefix: str) -> Sequence[TaskId]:
        """Return the ids that begin with *prefix*, newest first, at most eleven."""
        bounds = _bounds(prefix)
        if bounds is None:
            return ()
        rows = await self._project.rows(
            lambda client: (
                client.table("tasks")
                .select("id")
                .gte("id", bounds[0])
                .lte("id", bounds[1])
                .order("created_at", desc=True)
                .order("id", desc=True)
                .limit(_CANDIDATES)
            )
        )
        return [TaskId(row["id"]) for row in rows]

    async def get(self, id: TaskId) -> tuple[Task, Worker | None]:
        """Return the task, its parameters, and the worker that holds it."""
        found = await self._with_workers(
            meaning.TASK_WHOLE, lambda query: query.eq("id", id).limit(1)
        )
        if not found:
            msg = f"no task is called {id}"
            raise NotFound(msg, hint="recent ones: tasks --hours 2")
        return found[0]

    async def named(self, ids: Iterable[TaskId]) -> Sequence[Task]:
        """Return those of the tasks that exist, in no order."""
        columns = self._select(meaning.TASK_LINKED)
        return meaning.tasks(await self._project.those("tasks", columns, "id", ids))

    async def dependants(self, id: TaskId) -> Sequence[Task]:
        """Return the tasks that wait for this one, oldest first."""
        if self._project.lacks("tasks", "dependant_on"):
            return ()
        try:
            listing = await self._list(
                meaning.TASK_LINKED,
                lambda query: query.contains("dependant_on", [id]),
                _OLDEST,
            )
        except SourceDown as error:
            code = getattr(error.__cause__, "code", None)
            if code == "42703":  # never had dependencies
                return ()
            if code not in ("42883", "22P02"):
                raise
            # Until 2026-01-21 the column held a single id (systems/reigh.md, 1.2).
            listing = await self._list(
                meaning.TASK_LINKED, lambda query: query.eq("dependant_on", id), _OLDEST
            )
        return listing.rows

    async def children(self, parent: Task) -> Sequence[Task]:
        """Return the tasks that name this one, or its run, as their coordinator's.

        Parameters have no index: the search is held to the project and to what came
        after the parent, or shortly before by another's clock. Tasks of other projects
        are not looked for. They are oldest first.
        """
        names = (
            "params->>orchestrator_task_id_ref",
            "params->>orchestrator_task_id",
            "params->orchestrator_details->>orchestrator_task_id",
            "params->originalParams->orchestrator_details->>orchestrator_task_id",
        )
        run = meaning.run(parent.parameters)
        links = [f"{name}.eq.{parent.id}" for name in names]
        links += [f"{name}.eq.{quoted(run)}" for name in _RUNS if run]
        # Rarely parameters are a JSON text; of an object this is null.
        links += [
            f"params->>0.like.{quoted(f'*{each}*')}"
            for each in (parent.id, run)
            if each
        ]

        def where(query: Any) -> Any:
            since = parent.created_at - CLOCKS_DIFFER
            query = query.or_(",".join(links)).gte("created_at", since.isoformat())
            query = query.neq("id", parent.id)
            if parent.project_id is not None:
                query = query.eq("project_id", parent.project_id)
            return query

        def question(client: Any) -> Any:
            columns = self._select(meaning.TASK_LINKED)
            return where(client.table("tasks").select(columns))

        def read(rows: Sequence[Row]) -> Sequence[Task]:
            return meaning.children(rows, parent.id, run)

        return (await self._project.all(question, _OLDEST, read=read)).rows

    async def search(self, wanted: TaskSearch) -> Listing[Task]:
        """Return the matching tasks, newest first, without error texts."""
        return await self._list(
            meaning.TASK_BRIEF, lambda query: _matching(query, wanted), _NEWEST
        )

    async def failed(self, wanted: TaskSearch) -> Listing[Task]:
        """Return the matching tasks that failed, newest first, with texts and links."""
        if wanted.status not in (None, "Failed"):
            return Listing(())
        return await self._list(
            meaning.TASK_LINKED,
            lambda query: _matching(query, wanted).eq("status", "Failed"),
            _NEWEST,
        )

    async def count(self, status: str) -> int:
        """Return how many tasks have the status, all time, exactly."""
        return await self._project.count(
            lambda client: (
                client.table("tasks")
                .select("id", count="exact")  # type: ignore[arg-type]
                .eq("status", status)
                .limit(1)  # not HEAD: its errors would not say what is wrong
            )
        )

    async def counts(self) -> Mapping[str, int]:
        """Return how many tasks there are of every status, all time, exactly.

        A view counts most of them in one request; without it each is asked for.
        """
        if self._has_view:
            rest = [status for status in self.statuses if status not in _COUNTED]
            seen, *others = await asyncio.gather(
                self._by_view(), *map(self.count, rest)
            )
            if seen is not None:
                counts = seen | dict(zip(rest, others, strict=True))
                return {status: counts[status] for status in self.statuses}
            self._has_view = False
        numbers = await asyncio.gather(*map(self.count, self.statuses))
        return dict(zip(self.statuses, numbers, strict=True))

    async def _by_view(self) -> dict[str, Any] | None:
        """Return what the view counts; None where there is none that can be read."""
        try:
            rows = await self._project.rows(
                lambda client: client.table(_VIEW).select(",".join(_COUNTED.values()))
            )
        except SourceDown as error:
            if not lacks_it(error):
                raise
            return None
        row = rows[0] if rows else {}
        counts = {status: row.get(column) for status, column in _COUNTED.items()}
        told = all(isinstance(number, int) for number in counts.values())
        return counts if told else None

    async def ended(self, window: Window, *, made: Window) -> Endings:
        """Return how many tasks ended in *window*, of those created in *made*.

        No index tells when a task ended, so it is *made* that bounds the search. Of a
        failed one the last change of its row counts: failing sets no end
        (systems/reigh.md, 1.2).
        """
        completed, failed = await asyncio.gather(
            self._ended("Complete", "generation_processed_at", window, made),
            self._ended("Failed", "updated_at", window, made),
        )
        return Endings(completed=completed, failed=failed)

    async def _ended(
        self, status: str, column: str, window: Window, made: Window
    ) -> int | None:
        """Return how many have the status since then; None without such a column."""

        def question(client: Any) -> Any:
            query = client.table("tasks").select("id", count="exact")
            query = within(query.eq("status", status), "created_at", made)
            return within(query, column, window).limit(1)

        try:
            return await self._project.count(question)
        except SourceDown as error:
            if getattr(error.__cause__, "code", None) != "42703":
                raise
            return None

    async def running(self) -> Listing[tuple[Task, Worker | None]]:
        """Return every task in progress with the worker that holds it."""
        return await self._all_with_workers(
            meaning.TASK_BRIEF, lambda query: query.eq("status", "In Progress")
        )

    async def of_worker(self, id: WorkerId) -> Listing[Task]:
        """Return the tasks that the worker holds or held, newest first."""
        return await self._list(
            meaning.TASK_TEXTS, lambda query: query.eq("worker_id", id), _NEWEST
        )

    async def generating(self, types: Iterable[str]) -> frozenset[str]:
        """Return those of the task types whose results become generations.

        By their category, and of processing only images (systems/reigh.md, F14).
        """
        columns = "name,category,content_type"
        rows = await self._project.those("task_types", columns, "name", types)
        return frozenset(
            row["name"]
            for row in rows
            if row["category"] in ("generation", "upscale")
            or (row["category"], row["content_type"]) == ("processing", "image")
        )

    async def queue(self, now: datetime) -> Queue:
        """Return what waits, oldest first, and why each does not run as of *now*.

        The first true reason counts, in the order of systems/reigh.md, F12. What
        stands in a table that can't be read is not judged, and named in *untold*.
        The API orchestrator is looked for only if a task waits for it.
        """
        untold: dict[Gap, None] = {}

        def missed(what: str, error: SourceDown) -> None:
            reason = f"{error.message}: {what} is not judged"
            failed = not lacks_it(error)
            untold[Gap(source=error.source, reason=reason, failed=failed)] = None

        async def beside(what: str, question: Awaitable[T], otherwise: T) -> T:
            try:
                return await question
            except SourceDown as error:
                missed(what, error)
                return otherwise

        async def owned(status: str) -> Listing[_Owned]:
            try:
                return await self._of_status(status, _OWNER)
            except SourceDown as error:
                if not lacks_it(error):
                    raise
                found = await self._of_status(status)
                missed("whose task it is", error)
                return found

        those = self._project.those

        async def kinds(
            names: Iterable[str],
        ) -> tuple[list[Row], Sequence[LogLine] | None]:
            asked = those("task_types", self._kinds(), "name", names)
            types = await beside("type switched off", asked, [])
            if not any(row.get("run_type") == API for row in types):
                return types, None
            silent = "API orchestrator silent"
            return types, await beside(silent, self._api_lines(), None)

        waiting, running = await asyncio.gather(
            owned(self.waiting_status),
            beside("who is at capacity", owned(self.running_status), UNREAD),
        )
        owners = {
            task.project_id: owner
            for task, owner in (*waiting.rows, *running.rows)
            if task.project_id and owner
        }
        tasks = [task for task, _ in waiting.rows]
        if tasks and self._project.lacks("tasks", "dependant_on"):
            lacks = "has no column tasks.dependant_on: who waits for others"
            gap = Gap(source=SOURCE, reason=f"{lacks} is not judged", failed=False)
            untold[gap] = None
        upstream, users, (types, api) = await asyncio.gather(
            self.named(id for task in tasks for id in task.dependencies),
            beside(
                "credits and cloud setting",
                those("users", f"id,credits,{_IN_CLOUD}", "id", owners.values()),
                [],
            ),
            kinds({task.task_type for task in tasks}),
        )
        held = tuple(task for task, _ in running.rows)
        judge = Claims(
            upstream={task.id: task for task in upstream},
            owners=owners,
            users={row["id"]: row for row in users},
            types={row["name"]: row for row in types},
            running=held,
            api=api,
            now=now,
        )
        entries = tuple(map(judge.entry, tasks))
        return Queue(
            entries=Listing(entries, whole=waiting.whole),
            running=held if running.whole else None,
            untold=tuple(untold),
        )

    def _kinds(self) -> str:
        names = ("name", "is_active", "run_type")
        return self._project.columns("task_types", names)

    async def _api_lines(self) -> tuple[LogLine, ...]:
        """Return the newest line of the API orchestrator, if it left one."""
        line = await newest(self._project, "orchestrator_api")
        return () if line is None else (line,)

    async def _of_status(self, status: str, *joined: str) -> Listing[_Owned]:
        """Return the tasks of a status, oldest first, with what is *joined*."""

        def question(client: Any) -> Any:
            columns = ",".join((self._select(meaning.TASK_BRIEF), *joined))
            return client.table("tasks").select(columns).eq("status", status)

        return await self._project.all(question, _OLDEST, read=_owned)

    def _select(self, columns: Sequence[str]) -> str:
        return self._project.columns("tasks", columns)

    async def _list(
        self, columns: Sequence[str], where: Any, key: Key
    ) -> Listing[Task]:
        return await self._project.all(
            lambda client: where(client.table("tasks").select(self._select(columns))),
            key,
            read=meaning.tasks,
        )

    async def _with_workers(
        self,
        columns: Sequence[str],
        where: Any,
    ) -> Sequence[tuple[Task, Worker | None]]:
        rows = await self._project.rows(
            lambda client: where(client.table("tasks").select(self._joined(columns)))
        )
        return _pairs(rows)

    async def _all_with_workers(
        self,
        columns: Sequence[str],
        where: Any,
    ) -> Listing[tuple[Task, Worker | None]]:
        return await self._project.all(
            lambda client: where(client.table("tasks").select(self._joined(columns))),
            _OLDEST,
            read=_pairs,
        )

    def _joined(self, columns: Sequence[str]) -> str:
        worker = self._project.columns("workers", meaning.WORKER)
        return f"{self._select(columns)},worker:workers({worker})"


def _owned(rows: Sequence[Row]) -> Sequence[_Owned]:
    owners = [(row.get("owner") or {}).get("user_id") for row in rows]
    return list(zip(meaning.tasks(rows), owners, strict=True))


def _pairs(rows: Sequence[Row]) -> Sequence[tuple[Task, Worker | None]]:
    held = [row.get("worker") for row in rows]
    workers = iter(meaning.workers([each for each in held if each]))
    return [
        (task, next(workers) if each else None)
        for task, each in zip(meaning.tasks(rows), held, strict=True)
    ]


def _matching(query: Any, wanted: TaskSearch) -> Any:
    query = within(query, "created_at", wanted.window)
    if wanted.status is not None:
        query = query.eq("status", wanted.status)
    if wanted.task_type is not None:
        query = query.eq("task_type", wanted.task_type)
    if wanted.worker_id is not None:
        query = query.eq("worker_id", wanted.worker_id)
    return query


def _bounds(prefix: str) -> tuple[str, str] | None:
    """Return the lowest and highest uuid that begin so; None when none can.

    A uuid column knows no `like` (systems/reigh.md's database answers 42883).
    """
    digits = prefix.lower().replace("-", "")
    if not digits or not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        return None
    low, high = (_dashed(digits.ljust(32, fill)) for fill in "0f")
    begins = low.startswith(prefix.lower()) or "-" not in prefix
    return (low, high) if begins else None


def _dashed(digits: str) -> str:
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts)
