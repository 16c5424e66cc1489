"""The tasks, by their files."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.domain.agent_limits import MOST_ENDED
from bot.domain.agent_names import Lane
from bot.domain.errors import NotFound, SourceDown
from bot.domain.file_queue import TaskFile
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources import Endings, Listing, Queue, TaskSearch
from bot.sources.agents.config_file import config
from bot.sources.agents.folder import NAME, Folder, go_on
from bot.sources.agents.heartbeats import heartbeats, worker
from bot.sources.agents.lanes import (
    FOLDERS,
    Standing,
    archived,
    batches,
    changed_since,
    standing,
)
from bot.sources.agents.remains import remains
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.task_files import (
    ENDED_ILL,
    FAILURES,
    OF_LANE,
    STATUSES,
    task,
)
from bot.sources.agents.waiting import dependencies, named, waiting
from bot.sources.agents.workers import agent_of

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_BEGINS: Final = re.compile(r"[0-9a-f][0-9a-f-]{0,35}", re.IGNORECASE)
_CANDIDATES: Final = 11
BOUND: Final = MOST_ENDED
HELD_BOUND: Final = 5_000
"""And so many for what one worker did, which no window bounds."""
_SMALL: Final = (Lane.PRIVATE, Lane.QUEUE, Lane.PROCESSING, Lane.FAILED)


class AgentsTasks:
    """Fulfils `bot.sources.Tasks`."""

    listed = True
    statuses = STATUSES
    waiting_status = "pending"
    running_status = "processing"

    def __init__(
        self, folder: Folder, shelf: Shelf | None = None, config: Path | None = None
    ) -> None:
        """Read from *folder*, by a *shelf* that others may share.

        How often a task is tried is said by the file *config*.
        """
        self._folder = folder
        self._config = config
        self._shelf = shelf or Shelf(folder)

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole task id."""
        return bool(_UUID.fullmatch(text))

    def may_begin(self, text: str) -> bool:
        """Tell whether some task id could begin with the text."""
        return bool(_BEGINS.fullmatch(text))

    async def find(self, prefix: str) -> Sequence[TaskId]:
        """Return the ids that begin with *prefix*, newest first, at most eleven.

        Archived ones only where no other does, and then those without any file.

        Raises:
            SourceDown: none does, and not every lane could be read.
        """
        if not self.may_begin(prefix):
            return ()
        return await self._folder.ask(lambda: self._find(prefix.lower()))

    def _find(self, prefix: str) -> Sequence[TaskId]:
        at = standing(self._folder)
        ids = [id for id in at.lanes if id.startswith(prefix)]
        if not ids:
            found = {id for id, _, _ in archived(self._folder, prefix)}
            if not found:
                _refuse(at)
            return (sorted(found) or remains(self._folder, prefix))[:_CANDIDATES]
        if len(ids) > BOUND:
            return ids[:_CANDIDATES]
        files = [self._shelf.file(id, at.lanes[id]) for id in ids]
        made = [(_made(each), each.id) for each in files if each is not None]
        return [id for _, id in sorted(made, reverse=True)][:_CANDIDATES]

    async def get(self, id: TaskId) -> tuple[Task, Worker | None]:
        """Return the task, its parameters, and the worker that holds it.

        Raises:
            NotFound: no file is called so.
            SourceDown: its file could not be read, or not every lane.
        """
        return await self._folder.ask(lambda: self._get(id))

    def _get(self, id: TaskId) -> tuple[Task, Worker | None]:
        file, lanes = self._shelf.wherever(id)
        if file is None:
            for _, lane, path in archived(self._folder, id):
                file = self._shelf.at(path, id, lane)
        if file is None:
            _refuse(standing(self._folder))
            msg = f"no task is called {id}"
            hint = f"lines may be left of it: logs --search {id[:8]}"
            raise NotFound(msg, hint=hint)
        if not file.read:
            msg = f"holds no JSON object in {id}.json: is it half written?"
            raise SourceDown(NAME, msg)
        agents, _ = heartbeats(self._folder)
        ended = file.lane in (Lane.COMPLETE, Lane.FAILED)
        again = [each.id for each in agents if ended and each.runs(id)]
        near = self._near(file)
        found = task(
            file,
            dependencies=dependencies(file, named([file], near)),
            note=_double(lanes, again),
            whole=True,
        )
        holder = next((each for each in agents if each.id == found.worker_id), None)
        return found, None if holder is None else worker(holder)

    def _near(self, file: TaskFile) -> Sequence[TaskFile]:
        """Return the tasks among which those are that this one waits for."""
        if not file.depends_on or file.created_at is None:
            return ()
        since = file.created_at.timestamp()
        ids, _ = changed_since(self._folder, Lane.COMPLETE, since, most=BOUND)
        small, _ = self._small()
        return (*small, *self._shelf.files(ids, Lane.COMPLETE))

    async def named(self, ids: Iterable[TaskId]) -> Sequence[Task]:
        """Return those of the tasks that exist and can be read, in no order."""
        wanted = list(ids)

        def read() -> Sequence[Task]:
            found = (self._shelf.wherever(id)[0] for id in wanted)
            return [task(each) for each in found if each is not None and each.read]

        return await self._folder.ask(read)

    async def dependants(self, id: TaskId) -> Sequence[Task]:
        """Return the tasks that wait for this one, oldest first."""

        def read() -> Sequence[Task]:
            file, _ = self._shelf.wherever(id)
            if file is None or not file.name:
                return ()
            small, _ = self._small()
            return [
                task(each, dependencies=(id,))
                for each in sorted(small, key=_made)
                if each.batch == file.batch and file.name in each.depends_on
            ]

        return await self._folder.ask(read)

    async def children(self, parent: Task) -> Sequence[Task]:
        """Return none: no task of this system coordinates others."""
        del parent
        return ()

    async def search(self, wanted: TaskSearch) -> Listing[Task]:
        """Return the matching tasks, newest first, without error texts."""
        found = await self._folder.ask(lambda: self._search(wanted))
        return replace(
            found, rows=tuple(replace(each, error=None) for each in found.rows)
        )

    async def failed(self, wanted: TaskSearch) -> Listing[Task]:
        """Return the matching tasks that failed, newest first, with error texts."""
        found = await self._folder.ask(lambda: self._search(wanted))
        rows = tuple(each for each in found.rows if each.phase is TaskPhase.FAILED)
        return replace(found, rows=rows)

    def _search(self, wanted: TaskSearch) -> Listing[Task]:
        files, whole, hides = self._since(wanted.window.since)
        if wanted.batch is not None:
            away = archived(self._folder, "", wanted.batch)
            known = {each.id for each in files}
            files = (*files, *self._put_away(away[:BOUND], known))
            whole = whole and len(away) <= BOUND
            closed = batches(self._folder) is None
            # What was not read may be of any batch.
            hides = hides or closed or not all(each.read for each in files)
        rows = [
            each
            for each in map(task, _of_batch(files, wanted.batch))
            if each.created_at in wanted.window
            and _has(each, wanted.status)
            and wanted.task_type in (None, each.task_type)
            and wanted.worker_id in (None, each.worker_id)
        ]
        rows.sort(key=lambda each: (each.created_at, each.id), reverse=True)
        return Listing(tuple(rows), whole=whole and not hides, hides=hides)

    def _put_away(
        self, away: Iterable[tuple[TaskId, Lane, Path]], known: Collection[TaskId]
    ) -> Iterator[TaskFile]:
        """Yield the archived tasks that are there, without those *known*."""
        for id, lane, path in away:
            go_on()
            file = None if id in known else self._shelf.at(path, id, lane)
            if file is not None:
                yield file

    async def count(self, status: str) -> int:
        """Return how many tasks have the status, all time, exactly.

        Raises:
            SourceDown: nobody knows what lies in their lane.
        """

        def read() -> int:
            at = standing(self._folder)
            _refuse(at, [lane for lane in OF_LANE if _lies_in(status, lane)])
            return self._counts(at).get(status, 0)

        return await self._folder.ask(read)

    async def counts(self) -> Mapping[str, int]:
        """Return how many tasks there are of every status, all time.

        What is complete is counted by its lane, but for a plan that could not be run,
        which lies there as well (systems/agents.md, 1A.9, 1). It is looked for among
        the newest of them, for there may be any number. A status is left out where
        nobody knows what lies in its lane.
        """
        return await self._folder.ask(lambda: self._counts(standing(self._folder)))

    def _counts(self, at: Standing) -> Mapping[str, int]:
        counted = Counter(OF_LANE[lane] for lane in at.lanes.values())
        ill = (
            *self._shelf.files(at.of(Lane.FAILED), Lane.FAILED),
            *self._shelf.failed(self._newest(at.of(Lane.COMPLETE))),
        )
        for each in ill:
            counted[OF_LANE[at.lanes[each.id]]] -= 1
            counted[each.status] += 1
        return {
            status: counted[status]
            for status in STATUSES
            if not any(_lies_in(status, lane) for lane in at.unread)
        }

    def _newest(self, complete: Sequence[TaskId]) -> Iterable[TaskId]:
        """Return as many of the complete tasks as are looked at, the newest."""
        if len(complete) <= BOUND:
            return complete
        ids, _ = changed_since(self._folder, Lane.COMPLETE, 0.0, most=BOUND)
        return {*ids}.intersection(complete)

    async def ended(self, window: Window, *, made: Window) -> Endings:
        """Return how many tasks ended in *window*, of those created in *made*."""

        def read() -> Endings:
            files, whole, hides = self._since(window.since, Lane.FAILED)
            known = whole and not hides
            ends = [
                each
                for each in map(task, files)
                if each.processed_at is not None
                and each.processed_at in window
                and each.created_at in made
            ]
            phases = Counter(each.phase for each in ends)
            done, failed = phases[TaskPhase.DONE], phases[TaskPhase.FAILED]
            return Endings(
                completed=done if known else None, failed=failed if known else None
            )

        return await self._folder.ask(read)

    async def running(self) -> Listing[tuple[Task, Worker | None]]:
        """Return every task in progress with the worker that holds it.

        Raises:
            SourceDown: nobody knows what lies in their lane.
        """

        def read() -> Listing[tuple[Task, Worker | None]]:
            at = standing(self._folder, Lane.QUEUE, Lane.PROCESSING)
            _refuse(at, [Lane.PROCESSING])
            files = self._shelf.files(at.of(Lane.PROCESSING), Lane.PROCESSING)
            agents, unread = heartbeats(self._folder)
            workers = {each.id: worker(each) for each in agents}
            rows = tuple(
                (each, workers.get(each.worker_id) if each.worker_id else None)
                for each in map(task, sorted(files, key=_made))
                if each.phase is TaskPhase.RUNNING
            )
            hides = bool(unread) or not all(each.read for each in files)
            return Listing(rows, whole=not hides, hides=hides)

        return await self._folder.ask(read)

    async def of_worker(self, id: WorkerId) -> Listing[Task]:
        """Return the tasks that the worker holds or held, newest first.

        Of what is complete only the newest is looked at.
        """
        wanted = agent_of(id)

        def read() -> Listing[Task]:
            ids, whole = changed_since(
                self._folder, Lane.COMPLETE, 0.0, most=HELD_BOUND
            )
            small, hides = self._small()
            files = (*small, *self._shelf.files(ids, Lane.COMPLETE))
            rows = [
                each
                for each in map(task, files)
                if each.worker_id is not None and agent_of(each.worker_id) == wanted
            ]
            rows.sort(key=lambda each: (each.created_at, each.id), reverse=True)
            hides = hides or _shut(ids, whole=whole)
            return Listing(tuple(rows), whole=whole and not hides, hides=hides)

        return await self._folder.ask(read)

    async def generating(self, types: Iterable[str]) -> frozenset[str]:
        """Return none: results of this system are files, and no generations."""
        del types
        return frozenset()

    async def queue(self, now: datetime) -> Queue:
        """Return what waits, oldest first, and why each does not run as of *now*."""

        def read() -> Queue:
            configured = config(self._folder, self._config)
            return waiting(self._folder, self._shelf, now, configured)

        return await self._folder.ask(read)

    def _small(self, *lanes: Lane) -> tuple[Sequence[TaskFile], bool]:
        """Return all tasks of these lanes, none of them that of the complete ones.

        Those may be any number; without a lane named, of all others. And whether a
        lane of them may hide some.
        """
        wanted = lanes or _SMALL
        at = standing(self._folder, *wanted)
        found = [
            each for lane in wanted for each in self._shelf.files(at.of(lane), lane)
        ]
        return found, bool(at.unread)

    def _since(
        self, since: datetime, *lanes: Lane
    ) -> tuple[Sequence[TaskFile], bool, bool]:
        """Return the tasks of lanes, and the complete that may have changed since.

        Each once; without a lane named, those of all. And whether no bound cut them,
        and whether a lane may hide some.
        """
        found: dict[TaskId, TaskFile] = {}
        ids, whole = changed_since(
            self._folder, Lane.COMPLETE, since.timestamp(), most=BOUND
        )
        complete = self._shelf.files(ids, Lane.COMPLETE)
        small, hides = self._small(*lanes)
        for each in (*small, *complete):
            found[each.id] = each
        return list(found.values()), whole, hides or _shut(ids, whole=whole)


def _shut(changed: Sequence[TaskId], *, whole: bool) -> bool:
    """Tell whether the complete tasks could not be listed: of others some are told."""
    return not whole and not changed


def _lies_in(status: str, lane: Lane) -> bool:
    """Tell whether tasks of the status lie in the lane."""
    return OF_LANE[lane] == (FAILURES if status in ENDED_ILL else status)


def _refuse(at: Standing, lanes: Iterable[Lane] = FOLDERS) -> None:
    """Raise `SourceDown` where nobody knows what lies in one of the lanes."""
    for lane in lanes:
        if lane in at.unread:
            raise SourceDown(NAME, at.unread[lane])


def _of_batch(files: Iterable[TaskFile], batch: str | None) -> Iterable[TaskFile]:
    return (each for each in files if batch in (None, each.batch))


def _made(file: TaskFile) -> float:
    return file.created_at.timestamp() if file.created_at else 0.0


def _double(lanes: Sequence[Lane], again: Sequence[WorkerId]) -> str | None:
    """Return that a task is in two places, which is never meant."""
    parts = []
    if len(lanes) > 1:
        parts.append(f"its file lies in {' and in '.join(lanes)} at once")
    if again:
        parts.append(f"{', '.join(again)} runs it again")
    return "; ".join(parts) or None


def _has(each: Task, status: str | None) -> bool:
    """Tell whether it has the status; any that ended ill has that of failures."""
    if status == FAILURES:
        return each.status in ENDED_ILL
    return status in (None, each.status)
