"""What brain, agents and batches wrote, searched in their files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from bot.domain.agent_names import SHORT
from bot.domain.logs import Level, LogLine
from bot.domain.orchestration import Orchestration
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import Listing, LogSearch
from bot.sources.agents import decisions
from bot.sources.agents.blocks import LogFile
from bot.sources.agents.folder import TIMEOUT_S, Folder
from bot.sources.agents.heartbeats import heartbeats
from bot.sources.agents.lines import BRAIN, names_task
from bot.sources.agents.monitor import life
from bot.sources.agents.newest import Newest
from bot.sources.agents.sweep import Files, Keep, Sweep, files
from bot.sources.agents.workers import agent_of
from bot.sources.patience import patience

BOUND: Final = 20_000
"""Of so many lines of a task or a worker, the newest, an answer is made."""
WRITERS_BOUND: Final = 50_000
SHARE: Final = 0.8  # of the time that is left; what was found by then is an answer
_ALARMS: Final = (b"ERROR", b"CRITICAL")


class AgentsLogs:
    """Fulfils `bot.sources.Logs`."""

    levels = tuple(Level)
    fielded = True

    def __init__(self, folder: Folder, globs: Sequence[str] = ()) -> None:
        """Read from *folder*; consoles are where the patterns say."""
        self._folder = folder
        self._globs = globs

    async def of_task(self, id: TaskId, window: Window) -> Listing[LogLine]:
        """Return the lines that name the task, by its id or its first characters."""
        short = id[:SHORT].encode()
        found = await self._all(
            window,
            lambda raw: short in raw,
            lambda line: names_task(line, id),
        )
        rows = tuple(replace(line, task_id=id) for line in found.rows)
        return replace(found, rows=rows)

    async def of_worker(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the lines that the worker wrote or that carry its id, oldest first."""
        agent = agent_of(id)
        name = agent.encode()
        if agent == BRAIN:  # what it decided is its own, whoever it is about
            return await self._all(window, _maybe_brain, _of_brain)
        return await self._all(
            window,
            lambda raw: name in raw,
            lambda line: _carries(line, agent),
        )

    async def naming(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the brain's lines that only name the worker in their text."""
        agent = agent_of(id)
        name, whole = agent.encode(), _whole(agent)
        return await self._all(
            window,
            lambda raw: name in raw,
            lambda line: (
                line.source != "worker"
                and not (agent == BRAIN and _of_brain(line))
                and not _carries(line, agent)
                and whole.search(line.message) is not None
            ),
        )

    async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        """Return the newest *limit* matches, oldest first; *total* counts all.

        Of those after a border it is the oldest that are returned.
        """
        newest = Newest(limit, oldest=wanted.after is not None)
        names, text, fits = _named(wanted), _holding(wanted), _fits(wanted)

        def read() -> Sweep:
            sweep, window = self._sweep(), wanted.window
            found = self._files(window)
            # The text of a structured line is put together from its parts.
            structured = sweep.lines(found.structured, window, names, counts=True)
            consoles = sweep.lines(
                found.consoles, window, lambda raw: names(raw) and text(raw)
            )
            for line in chain(structured, consoles):
                if fits(line):
                    newest.add(line)
            return sweep

        return _told(newest, await self._folder.ask(read))

    async def writers(self, window: Window) -> Listing[tuple[str, str]]:
        """Return who wrote in the window, each once, as kind and name."""

        def read() -> Listing[tuple[str, str]]:
            sweep, found, bound = self._sweep(), set(), False
            for file in _every(self._files(window)):
                for number, line in enumerate(sweep.lines([file], window), 1):
                    found.add((line.source, line.source_id))
                    if number >= WRITERS_BOUND:
                        bound = True
                        break
            return Listing(
                tuple(sorted(found)),
                whole=sweep.whole and not sweep.unread and not bound,
                hides=sweep.unread,
            )

        return await self._folder.ask(read)

    async def alarms(
        self, window: Window, *, limit: int, scale_downs: bool = True
    ) -> Listing[LogLine]:
        """Return the newest lines that report a fault; *total* counts all of them.

        What the brain decides of a task again and again is told once, as at first.
        """
        del scale_downs  # nothing is scaled down here
        newest = Newest(limit)
        sweep = await self._folder.ask(lambda: self._alarms(window, newest.add))
        return _told(newest, sweep)

    async def first_alarm(self, window: Window) -> LogLine | None:
        """Return the oldest line that reports a fault, or None."""
        oldest = Newest(1, oldest=True)
        await self._folder.ask(lambda: self._alarms(window, oldest.add))
        return next(iter(oldest.listing(whole=True).rows), None)

    def _alarms(self, window: Window, add: Callable[[LogLine], None]) -> Sweep:
        sweep, again = self._sweep(), dict[tuple[str, TaskId], LogLine]()
        for line in sweep.lines(_every(self._files(window)), window, _alarming):
            if not line.alarming:
                continue
            if line.task_id is None or line.source_id not in decisions.REPEATED:
                add(line)
                continue
            key = line.source_id, line.task_id
            again[key] = min(line, again.get(key, line), key=lambda it: it.order)
        for line in again.values():
            add(line)
        return sweep

    async def orchestration(self, window: Window) -> Orchestration:
        """Return the brain's life in the window: a look of its monitor is a cycle."""

        def read() -> Orchestration:
            sweep = self._sweep()
            agents, _ = heartbeats(self._folder)
            beat_at = next((each.beat_at for each in agents if each.id == BRAIN), None)
            return life(sweep, files(self._folder, self._globs), window, beat_at)

        return await self._folder.ask(read)

    async def _all(
        self, window: Window, keep: Keep, fits: Callable[[LogLine], bool]
    ) -> Listing[LogLine]:
        newest = Newest(BOUND)

        def read() -> Sweep:
            sweep = self._sweep()
            for line in sweep.lines(_every(self._files(window)), window, keep):
                if fits(line):
                    newest.add(line)
            return sweep

        return _told(newest, await self._folder.ask(read))

    def _sweep(self) -> Sweep:
        return Sweep(self._folder, seconds=SHARE * patience(TIMEOUT_S))

    def _files(self, window: Window) -> Files:
        return files(self._folder, self._globs, window.since)


def _told(newest: Newest, sweep: Sweep) -> Listing[LogLine]:
    """Return what was kept of a sweep, and whether that is all of it."""
    found = newest.listing(whole=sweep.whole and not sweep.unread)
    return replace(found, hides=sweep.unread)


def _every(found: Files) -> tuple[LogFile, ...]:
    return (*found.structured, *found.consoles)


def _alarming(raw: bytes) -> bool:
    for each in _ALARMS:
        if each in raw:
            return True
    # Half a million records an answer, and only some hold an object, as decisions do.
    return b"{" in raw and any(each in raw for each in decisions.ALARMS)


def _carries(line: LogLine, agent: WorkerId) -> bool:
    return line.worker_id is not None and agent_of(line.worker_id) == agent


def _maybe_brain(raw: bytes) -> bool:
    """Tell whether lines of the brain's console or decisions may be among these."""
    return b"[brain" in raw or b'"timestamp"' in raw


def _of(line: LogLine, agent: WorkerId) -> bool:
    return _carries(line, agent) or (agent == BRAIN and _of_brain(line))


def _of_brain(line: LogLine) -> bool:
    return line.source == decisions.DECISION or line.worker_id == BRAIN


def _whole(text: str) -> "re.Pattern[str]":
    return re.compile(rf"(?<![\w-]){re.escape(text)}(?![\w-])")


def _named(wanted: LogSearch) -> Keep:
    """Return a cheap look that lets pass what may be of the task and the worker."""
    needles = []
    if wanted.task_id is not None:
        needles.append(wanted.task_id[:SHORT].encode())
    if wanted.worker_id is not None and wanted.worker_id != BRAIN:
        needles.append(agent_of(wanted.worker_id).encode())
    brain = wanted.worker_id == BRAIN
    return lambda raw: (
        all(each in raw for each in needles) and (not brain or _maybe_brain(raw))
    )


def _holding(wanted: LogSearch) -> Keep:
    """Return a cheap look that lets pass what may hold the text.

    A message is put together of what a decision keeps apart: its words stand there.
    """
    text = (wanted.text or "").lower()
    word = max(re.split(r"[^\w.-]+", text), key=len)
    if not word or not text.isascii():
        return bool
    folded = word.encode()
    return lambda raw: folded in raw.lower() or b"\x1b" in raw


def _fits(wanted: LogSearch) -> Callable[[LogLine], bool]:
    text = None if wanted.text is None else wanted.text.casefold()
    source = None if wanted.source is None else wanted.source.casefold()
    worker = None if wanted.worker_id is None else agent_of(wanted.worker_id)
    before = None if wanted.before is None else wanted.before.order
    after = None if wanted.after is None else wanted.after.order

    def fits(line: LogLine) -> bool:
        return (
            (wanted.level is None or line.level == wanted.level)
            and all(each.fits(line) for each in wanted.fields)
            and (
                source is None
                or source in (line.source.casefold(), line.source_id.casefold())
            )
            and (wanted.task_id is None or names_task(line, wanted.task_id))
            and (worker is None or _of(line, worker))
            and (text is None or text in line.message.casefold())
            and (before is None or line.order < before)
            and (after is None or line.order > after)
        )

    return fits
