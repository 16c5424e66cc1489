"""The programs, by their heartbeats."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.domain.agent_lives import BEATLESS
from bot.domain.agent_names import kind_of
from bot.domain.errors import NotFound, SourceDown
from bot.domain.file_queue import Agent
from bot.domain.spelling import did_you_mean
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources import Listing
from bot.sources.agents import heartbeats
from bot.sources.agents.config_file import config
from bot.sources.agents.folder import NAME, TIMEOUT_S, Folder
from bot.sources.agents.lines import BRAIN
from bot.sources.agents.lives import MOST
from bot.sources.agents.sweep import ALWAYS, Sweep, files
from bot.sources.patience import patience

# systems/agents.md, 4: ids of programs, and of the subprocesses of agents.
_OURS: Final = re.compile(r"gpu-\d+|worker-(?:gpu)?\d+|cpu-[\w.-]+|brain")
_SUBPROCESS: Final = re.compile(
    r"(?P<agent>(?:gpu|cpu)-.+?)-(?:w\d+|meta)(?:-[0-9a-f]{8})?"
)
_ANY: Final = re.compile(r"[A-Za-z0-9-][\w.-]*")
_CANDIDATES: Final = 11
SHARE: Final = 0.5  # of the time that is left, to look through logs for a name
_NAMED: Final = 12


def _there_are(agents: Sequence[Worker]) -> str:
    """Return who there is, to end an error of one that is not."""
    names = [each.id for each in agents]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    if not names:
        return "none has ever beaten: is AGENTS_ROOT the right folder?"
    return f"there are {', '.join(names[:_NAMED])}{more}: workers"


def _unseen(unread: Sequence[str]) -> SourceDown:
    """Return the error that a worker is whose heartbeat may be one of the unread."""
    shut = [each for each in unread if not each.endswith(".json")]
    msg = f"holds no JSON object in {', '.join(unread)}: is it half written?"
    if shut:
        msg = f"cannot be read in {', '.join(shut)}: Permission denied"
    return SourceDown(NAME, msg)


def agent_of(name: str) -> WorkerId:
    """Return the agent whose subprocess is called so; an agent's own name is kept."""
    found = _SUBPROCESS.fullmatch(name)
    return WorkerId(found["agent"] if found else name)


class AgentsWorkers:
    """Fulfils `bot.sources.Workers`."""

    statuses = heartbeats.STATUSES

    def __init__(
        self, folder: Folder, config: Path | None = None, globs: Sequence[str] = ()
    ) -> None:
        """Read from *folder*; who should be there is said by the file *config*.

        Who wrote lines, consoles tell, which are where the patterns *globs* say.
        """
        self._folder = folder
        self._config = config
        self._globs = globs

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole worker id by its form."""
        return bool(_OURS.fullmatch(text)) and not _SUBPROCESS.fullmatch(text)

    def may_bound(self, text: str) -> bool:
        """Tell whether some worker id could begin or end with the text."""
        return bool(_ANY.fullmatch(text))

    async def find(self, part: str) -> Sequence[WorkerId]:
        """Return the ids that begin or end with *part*, at most eleven.

        One that equals it comes first. The name of a subprocess stands for its agent.

        Raises:
            SourceDown: none does, and not every heartbeat could be read.
        """
        agent = agent_of(part)
        agents, unread = await self._folder.ask(self._read)
        found = [
            each.id
            for each in agents
            if each.id == agent
            or (agent == part and (each.id.startswith(part) or each.id.endswith(part)))
        ]
        if not found and unread:
            raise _unseen(unread)
        return sorted(found, key=lambda each: each != part)[:_CANDIDATES]

    async def of_pod(self, part: str) -> Sequence[WorkerId]:
        """Return none: no machine is rented."""
        del part
        return ()

    async def get(self, id: WorkerId) -> Worker:
        """Return the worker; for a subprocess its agent.

        One that never beat is there if lines tell of it, as the brain always is.

        Raises:
            NotFound: none is called so.
            SourceDown: its heartbeat could not be read.
        """
        agents, unread = await self._folder.ask(self._read)
        wanted = agent_of(id)
        for each in agents:
            if each.id == wanted:
                return each
        if unread:
            raise _unseen(unread)
        beatless = await self._folder.ask(lambda: self._beatless(wanted))
        if beatless is not None:
            return beatless
        msg = f"no worker is called {id}"
        near = did_you_mean(id, [each.id for each in agents])
        raise NotFound(msg, hint=near + _there_are(agents))

    def _beatless(self, id: WorkerId) -> Worker | None:
        """Return the worker of which lines alone tell; None where none does."""
        sweep = Sweep(self._folder, seconds=SHARE * patience(TIMEOUT_S))
        every, needle, named = files(self._folder, self._globs), id.encode(), False
        decided = (every.decisions,) if every.decisions else ()
        found = heartbeats.worker(Agent(id=id, kind=kind_of(id)))
        if id == BRAIN and decided:
            return replace(found, status=BEATLESS)
        for line in sweep.lines(
            (*every.consoles, *decided), ALWAYS, lambda raw: needle in raw, most=MOST
        ):
            if line.writer == id:
                return replace(found, status=BEATLESS)
            named = named or (line.worker_id or "") == id
        return found if named or id == BRAIN else None

    async def fleet(self, window: Window) -> Listing[Worker]:
        """Return every program that ever beat, or should; whatever the window.

        Not whole where a heartbeat could not be read.
        """
        del window
        agents, unread = await self._folder.ask(self._read)
        return Listing(agents, whole=not unread, hides=bool(unread))

    async def known_as(
        self, names: Iterable[str], pod_ids: Iterable[str]
    ) -> Sequence[Worker]:
        """Return the workers that have such an id."""
        del pod_ids
        wanted = {agent_of(each) for each in names}
        return [each for each in await self._all() if each.id in wanted]

    async def _all(self) -> tuple[Worker, ...]:
        agents, _ = await self._folder.ask(self._read)
        return agents

    def _read(self) -> tuple[tuple[Worker, ...], tuple[str, ...]]:
        agents, unread = heartbeats.heartbeats(self._folder)
        due = config(self._folder, self._config)
        # One whose heartbeat could not be read has beaten all the same.
        absent = heartbeats.never_started(due.agents, agents) if due else ()
        every = (*agents, *(() if unread else absent))
        return tuple(heartbeats.worker(each) for each in every), unread
