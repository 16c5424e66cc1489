"""What ids stand for that are no task's: batches, escalations, incidents, subprocesses.

Their forms are those of systems/agents.md, 4.
"""

import glob
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from bot.domain.agent_names import Lane
from bot.domain.errors import NotFound, SourceDown
from bot.domain.figures import some
from bot.domain.file_queue import Agent, Escalation, TaskFile
from bot.domain.tasks import TaskId
from bot.domain.times import stamp
from bot.sources import Meaning
from bot.sources.agents.folder import NAME, Folder
from bot.sources.agents.heartbeats import heartbeats
from bot.sources.agents.lanes import Standing, batches, changed_since, standing
from bot.sources.agents.remains import remains
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.signals import brain_state, escalations
from bot.sources.agents.steps import HOMES, shut
from bot.sources.agents.workers import agent_of

_ESCALATION: Final = re.compile(r"\d{8}_\d{6}_[0-9a-f]{8}")
_INCIDENT: Final = re.compile(r"inc_\d{8}_\d{6}_[0-9a-f]{8}")
_SUBPROCESS: Final = re.compile(
    r"(?:gpu|cpu)-.+-(?:w\d+|meta)(?:-(?P<task>[0-9a-f]{8}))?"
)
_BEGAN: Final = re.compile(r"\d{8}_\d{6}")
_DIGITS: Final = re.compile(r"[0-9a-f]{8}")  # of a task, or a batch of February
_LANES: Final = (Lane.PRIVATE, Lane.QUEUE, Lane.PROCESSING, Lane.FAILED)
LOOKED_AT: Final = 1_000
"""Of so many complete tasks, the newest, it is seen what they belong to."""


class Meanings:
    """Tells what an id stands for."""

    def __init__(self, folder: Folder, shelf: Shelf) -> None:
        """Read from *folder*, tasks from its *shelf*."""
        self._folder = folder
        self._shelf = shelf

    async def of(self, text: str) -> Sequence[Meaning]:
        """Return what the text may stand for; nothing where it is a task's, or none's.

        Eight digits may be those of tasks and a batch at once: then all are told.

        Raises:
            NotFound: it has a form that tasks' ids never have, and is nobody's.
        """
        for form, what, told in (
            (_ESCALATION, "escalation", self._escalation),
            (_INCIDENT, "incident", self._incident),
            (_SUBPROCESS, "", self._subprocess),
            (_BEGAN, "batch", self._batch),
            (_DIGITS, "", self._batch),
        ):
            if form.fullmatch(text):
                return await self._folder.ask(partial(_found, told, text, what))
        return ()

    def _escalation(self, id: str) -> Iterator[Meaning]:
        known = next((it for it in escalations(self._folder) if it.id == id), None)
        told = _told(id, known)
        state = brain_state(self._folder)
        incident = next(
            (it for it in (state.incidents if state else ()) if it.escalation == id),
            None,
        )
        missing = next(
            (it for it in (state.missing if state else ()) if it.escalation == id), None
        )
        task = (known and known.task_id) or (
            incident and next(iter(incident.task_ids[::-1]), None)
        )
        if task is None and missing is None:
            named = incident.id if incident else id
            task = next(
                (
                    it.id
                    for it in self._files()
                    if it.escalation == id or it.incident == named
                ),
                None,
            )
        if task is not None:
            yield Meaning(words=f"task {task}", told=told)
        elif missing is not None:
            yield Meaning(words=f"worker {missing.worker}", told=told)
        elif known is not None:
            yield Meaning(words="orchestrator", told=f"{told}; it names no task")

    def _incident(self, id: str) -> Iterator[Meaning]:
        state = brain_state(self._folder)
        known = next(
            (it for it in (state.incidents if state else ()) if it.id == id), None
        )
        tries = some(known.fixes_tried, "attempt") if known else ""
        told = f"incident {id}" + (f": {tries} of the brain to mend it" * bool(known))
        step = (known.batch, known.task_name) if known else None
        tasks = known.task_ids[-1:] if known else ()
        tasks = tasks or tuple(
            it.id
            for it in self._files()
            if it.incident == id or (it.batch, it.name) == step
        )
        if tasks:
            yield Meaning(words=f"task {tasks[0]}", told=told)
        elif known is not None and known.batch:
            yield self._of_batch(known.batch, (), told)

    def _subprocess(self, name: str) -> Iterator[Meaning]:
        agents, _ = heartbeats(self._folder)
        agent = next((it for it in agents if it.id == agent_of(name)), None)
        if agent is None or any(it.id == name for it in agents):
            return
        match = _SUBPROCESS.fullmatch(name)
        short = (match and match["task"]) or _runs(agent, name)
        tasks = self._named(short) if short else ()
        told = f"{name} is a subprocess of {agent.id}: worker {agent.id}"
        for id in tasks:
            yield Meaning(words=f"task {id}", told=told)
        if not tasks:
            told = f"{name} is a subprocess of {agent.id}; no task of it is known"
            yield Meaning(words=f"worker {agent.id}", told=told)

    def _batch(self, id: str) -> Iterator[Meaning]:
        at = standing(self._folder)
        tasks = [it for it in at.lanes if it.startswith(id)]
        files = [it for it in self._files(at, complete=not tasks) if it.batch == id]
        plans = {it.plan for it in files if it.plan} or self._plans(id)
        if not files and not plans and id not in (batches(self._folder) or ()):
            if not tasks and (closed := shut(self._folder, id)):
                self._folder.lack(closed[0], "may not be read")
                raise SourceDown(NAME, f"cannot tell whether {id} is a batch")
            return
        plan = f" of {' and '.join(sorted(plans))}" if plans else ""
        for task in sorted(tasks):
            yield Meaning(words=f"task {task}", told="")
        yield self._of_batch(id, files, f"{id} is a batch{plan}")

    def _of_batch(self, id: str, files: Iterable[TaskFile], told: str) -> Meaning:
        made = [it.created_at for it in files if it.created_at is not None]
        try:
            begun = datetime.strptime(id, "%Y%m%d_%H%M%S")  # noqa: DTZ007  of the host's zone
        except ValueError:
            pass
        else:
            at = self._folder.clock.at(begun.isoformat())
            made += [] if at is None else [at]
        since = min(made, default=None)
        return Meaning(words=f"tasks --batch {id}", told=told, since=since)

    def _plans(self, batch: str) -> set[str]:
        """Return the plans that keep a folder of the batch, or that the brain runs."""
        state = brain_state(self._folder)
        running = {it.plan for it in (state.batches if state else ()) if it.id == batch}
        found = self._folder.root.glob(f"plans/*/*/{glob.escape(batch)}")
        homes = {it.parents[1].name for it in found if it.parent.name in HOMES}
        return {it for it in (*running, *homes) if it}

    def _named(self, short: str) -> Sequence[TaskId]:
        lanes = standing(self._folder).lanes
        return sorted(it for it in lanes if it.startswith(short)) or remains(
            self._folder, short
        )

    def _files(
        self, at: Standing | None = None, *, complete: bool = True
    ) -> Iterator[TaskFile]:
        """Yield every task that has not ended well, and the newest that may have."""
        at = at or standing(self._folder, *_LANES)
        for lane in _LANES:
            yield from self._shelf.files(at.of(lane), lane)
        if complete:
            ids, _ = changed_since(self._folder, Lane.COMPLETE, 0.0, most=LOOKED_AT)
            yield from self._shelf.files(ids, Lane.COMPLETE)


def _found(
    told: Callable[[str], Iterable[Meaning]], text: str, what: str
) -> Sequence[Meaning]:
    """Return all that is told of the text, which names a *what* if anything."""
    found = tuple(told(text))
    if not found and what:
        msg = f"no {what} is called {text}"
        raise NotFound(msg, hint="recent ones: tasks, orchestrator")
    return found


def _told(id: str, known: Escalation | None) -> str:
    """Return an escalation's own facts."""
    if known is None:
        return f"escalation {id}"
    at = f" of {stamp(known.at)}" if known.at else ""
    advice = f"; advice {known.advice}" if known.advice else ""
    title = known.title or known.kind or "it has no title"
    return f"escalation {id}{at}, {known.status or 'open'}: {title}{advice}"


def _runs(agent: Agent, name: str) -> str | None:
    """Return the task that an agent says its subprocess runs."""
    if name.endswith("-meta") and agent.meta_task:
        return agent.meta_task
    return next((it.task_id for it in agent.active if it.worker == name), None)
