"""All of the folder that the agents' own rules judge, read at once."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from bot.domain.agent_names import SHORT, AgentKind, Lane, same_task
from bot.domain.file_proofs import beat_path
from bot.domain.file_queue import (
    Agent,
    Double,
    FileQueue,
    Life,
    LogSize,
    Sidecar,
    TaskFile,
    Told,
)
from bot.domain.report import Gap
from bot.domain.tasks import TaskId, TaskPhase
from bot.domain.times import Window
from bot.sources.agents import signals
from bot.sources.agents.config_file import config
from bot.sources.agents.decisions import MONITOR
from bot.sources.agents.folder import NAME, TIMEOUT_S, Folder
from bot.sources.agents.heartbeats import heartbeats
from bot.sources.agents.lanes import Standing, changed_since, sidecar_path, standing
from bot.sources.agents.lives import lives
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.steps import steps
from bot.sources.agents.sweep import ALWAYS, Files, Sweep, files
from bot.sources.agents.task_files import sidecar, unreadable
from bot.sources.agents.told import telling, told
from bot.sources.patience import patience

T = TypeVar("T")

BOUND: Final = 20_000
"""Of so many tasks that ended in the window, the newest, files are read."""
SHARE: Final = 0.4  # of the time that is left, for the consoles, which may be any size


class AgentsScene:
    """Reads the folder for the rules."""

    def __init__(
        self,
        folder: Folder,
        shelf: Shelf,
        *,
        globs: Sequence[str] = (),
        config: Path | None = None,
    ) -> None:
        """Read from *folder*, tasks from its *shelf*."""
        self._folder = folder
        self._shelf = shelf
        self._globs = globs
        self._config = config

    async def scene(self, window: Window) -> FileQueue:
        """Return the folder as it is now, and what was logged in the window."""
        return await self._folder.ask(lambda: self._read(window))

    def _read(self, window: Window) -> FileQueue:
        folder, untold = self._folder, list[Gap]()

        def part(what: str, question: Callable[[], T]) -> T | None:
            try:
                return question()
            except OSError as error:
                why = error.strerror or type(error).__name__
                untold.append(
                    Gap(
                        source=NAME,
                        reason=f"{what} unreadable{folder.where(error)}: {why}",
                    )
                )
                return None

        at = part("tasks", lambda: standing(folder))
        tasks = (
            None if at is None else part("task files", lambda: self._tasks(at, window))
        )
        beats = part("heartbeats", lambda: heartbeats(folder))
        agents, unread = beats or ((), ())
        _note(untold, tasks or (), unread)
        untold += [_undated(each) for each in agents if each.undated]
        logs = part("logs", lambda: files(folder, self._globs, None))
        sweep = Sweep(folder, seconds=SHARE * patience(TIMEOUT_S))
        lines = _Lines(sweep, logs, window)
        brain = next((each for each in agents if each.kind is AgentKind.BRAIN), None)
        found = FileQueue(
            window=window,
            lanes=None if at is None else _counted(at),
            tasks=tasks,
            sidecars=None if at is None else self._alone(at),
            doubles=None if at is None else _doubles(at, agents),
            agents=None if beats is None else agents,
            unread=unread,
            brain=brain,
            state=part("brain/state.json", lambda: signals.brain_state(folder)),
            signals=part("signals", lambda: signals.signals(folder)),
            load_lock=part("load lock", lambda: signals.load_lock(folder)),
            locks=part("locks", lambda: signals.locks(folder)),
            escalations=part("escalations", lambda: signals.escalations(folder)),
            configured=part("config", lambda: config(folder, self._config)),
            completed=None if tasks is None else _completed(tasks, window),
            lives=part("consoles", lines.lives),
            told=part("decisions", lines.told),
            steps=part("batch events", lambda: steps(folder, tasks or ())),
            monitor_at=part("decisions", lines.monitor_at),
            logs=lines.sizes(),
            gaps=tuple(untold),
        )
        if not sweep.whole:
            why = "time was up before all consoles were read"
            untold.append(Gap(source=NAME, reason=why))
        return replace(found, gaps=tuple(untold))

    def _tasks(self, at: Standing, window: Window) -> tuple[TaskFile, ...]:
        """Return the tasks that have not ended, and those that ended in the window."""
        found: dict[TaskId, TaskFile] = {}
        small = (Lane.PRIVATE, Lane.QUEUE, Lane.PROCESSING, Lane.FAILED)
        for lane in small:
            for each in self._shelf.files(at.of(lane), lane):
                found[each.id] = each
        since = window.since.timestamp()
        ids, _ = changed_since(self._folder, Lane.COMPLETE, since, most=BOUND)
        for each in self._shelf.files(ids, Lane.COMPLETE):
            if each.ended_at is None or each.ended_at in window:
                found[each.id] = each
        for id in at.doubles:
            file, _ = self._shelf.wherever(id)
            if file is not None:
                found[id] = file
        return tuple(found.values())

    def _alone(self, at: Standing) -> tuple[Sidecar, ...]:
        """Return the sidecars beside which no task's file lies."""
        folder, found = self._folder, []
        for id in sorted(at.sidecars):
            lanes = at.doubles.get(id, (at.lanes.get(id),))
            if Lane.PROCESSING in lanes:
                continue
            read = folder.found(sidecar_path(folder.root, id))
            if read is not None:  # else it has gone as well
                found.append(sidecar(id, read, folder.clock))
        return tuple(found)


class _Lines:
    """What the logs tell, where they could be listed."""

    def __init__(self, sweep: Sweep, found: Files | None, window: Window) -> None:
        self._sweep = sweep
        self._found = found
        self._window = window

    def lives(self) -> Mapping[str, Life] | None:
        if self._found is None:
            return None
        return lives(self._sweep, self._found.consoles, self._window)

    def told(self) -> tuple[Told, ...] | None:
        if self._found is None:
            return None
        decisions = [self._found.decisions] if self._found.decisions else []
        return told(self._sweep.lines(decisions, self._window, telling, counts=True))

    def monitor_at(self) -> datetime | None:
        """Return when the brain last looked at everything, however long ago."""
        if self._found is None or self._found.decisions is None:
            return None
        needle = f'"{MONITOR}"'.encode()
        looks = self._sweep.lines(
            [self._found.decisions], ALWAYS, lambda raw: needle in raw
        )
        return next((each.at for each in looks if each.source_id == MONITOR), None)

    def sizes(self) -> tuple[LogSize, ...] | None:
        if self._found is None:
            return None
        every = (*self._found.structured, *self._found.consoles)
        return tuple(LogSize(path=each.name, size=each.size) for each in every)


def _counted(at: Standing) -> Mapping[Lane, int]:
    counts = Counter(at.lanes.values())
    return {lane: counts[lane] for lane in Lane if lane not in at.unread}


def _doubles(at: Standing, agents: Sequence[Agent]) -> tuple[Double, ...]:
    """Return the tasks in two lanes, and those that ended and that an agent runs."""
    found: dict[TaskId, Double] = {}
    ended = {
        id for id, lane in at.lanes.items() if lane in (Lane.COMPLETE, Lane.FAILED)
    }
    for agent in agents:
        for active in agent.active:
            named = TaskId(active.task_id)
            ids = [named] if named in ended else []
            if len(named) == SHORT:  # an older agent cuts it
                ids = [id for id in ended if same_task(id, named)]
            for id in ids:
                known = found.get(id)
                found[id] = Double(
                    task_id=id,
                    lanes=at.doubles.get(id, (at.lanes[id],)),
                    agents=(*(known.agents if known else ()), agent.id),
                )
    for id, lanes in at.doubles.items():
        holders = tuple(each.id for each in agents if each.runs(id))
        found.setdefault(id, Double(task_id=id, lanes=lanes, agents=holders))
    return tuple(found[id] for id in sorted(found))


def _completed(
    tasks: Sequence[TaskFile], window: Window
) -> Mapping[tuple[str, str], int]:
    return Counter(
        (each.worker, each.task_class)
        for each in tasks
        if each.phase is TaskPhase.DONE
        and each.worker is not None
        and each.ended_at is not None
        and each.ended_at in window
    )


def _undated(agent: Agent) -> Gap:
    """Return that the heartbeat's time cannot be read, which hinders no answer."""
    why = f"{beat_path(agent)} tells no time: that of its file stands for it"
    return Gap(source=NAME, reason=why, failed=False)


def _note(untold: list[Gap], tasks: Sequence[TaskFile], unread: Sequence[str]) -> None:
    untold += [Gap(source=NAME, reason=f"{name} could not be read") for name in unread]
    untold += [
        Gap(source=NAME, reason=f"{each.id}.heartbeat.json could not be read")
        for each in tasks
        if each.sidecar == Sidecar(task_id=each.id)
    ]
    if bad := unreadable(tasks):
        untold.append(Gap(source=NAME, reason=bad))
