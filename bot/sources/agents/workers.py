"""The programs, by their heartbeats."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bot.domain.errors import NotFound, SourceDown
from bot.domain.spelling import did_you_mean
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources import Listing
from bot.sources.agents import heartbeats
from bot.sources.agents.config_file import config
from bot.sources.agents.folder import NAME, Folder

# systems/agents.md, 4: ids of programs, and of the subprocesses of agents.
_OURS: Final = re.compile(r"gpu-\d+|worker-(?:gpu)?\d+|cpu-[\w.-]+|brain")
_SUBPROCESS: Final = re.compile(
    r"(?P<agent>(?:gpu|cpu)-.+?)-(?:w\d+|meta)(?:-[0-9a-f]{8})?"
)
_ANY: Final = re.compile(r"[A-Za-z0-9-][\w.-]*")
_CANDIDATES: Final = 11
_NAMED: Final = 12


def _there_are(agents: Sequence[Worker]) -> str:
    """Return who there is, to end an error of one that is not."""
    names = [each.id for each in agents]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    if not names:
        return "none has ever beaten: is AGENTS_ROOT the right folder?"
    return f"there are {', '.join(names[:_NAMED])}{more}: workers"


def agent_of(name: str) -> WorkerId:
    """Return the agent whose subprocess is called so; an agent's own name is kept."""
    found = _SUBPROCESS.fullmatch(name)
    return WorkerId(found["agent"] if found else name)


class AgentsWorkers:
    """Fulfils `bot.sources.Workers`."""

    statuses = heartbeats.STATUSES

    def __init__(self, folder: Folder, config: Path | None = None) -> None:
        """Read from *folder*; who should be there is said by the file *config*."""
        self._folder = folder
        self._config = config

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole worker id by its form."""
        return bool(_OURS.fullmatch(text)) and not _SUBPROCESS.fullmatch(text)

    def may_bound(self, text: str) -> bool:
        """Tell whether some worker id could begin or end with the text."""
        return bool(_ANY.fullmatch(text))

    async def find(self, part: str) -> Sequence[WorkerId]:
        """Return the ids that begin or end with *part*, at most eleven.

        One that equals it comes first. The name of a subprocess stands for its agent.
        """
        agent = agent_of(part)
        found = [each.id for each in await self._all()]
        if agent != part:
            return [id for id in found if id == agent]
        found = [id for id in found if id.startswith(part) or id.endswith(part)]
        return sorted(found, key=lambda each: each != part)[:_CANDIDATES]

    async def of_pod(self, part: str) -> Sequence[WorkerId]:
        """Return none: no machine is rented."""
        del part
        return ()

    async def get(self, id: WorkerId) -> Worker:
        """Return the worker; for a subprocess its agent.

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
            msg = f"holds no JSON object in {', '.join(unread)}: is it half written?"
            raise SourceDown(NAME, msg)
        msg = f"no worker is called {id}"
        near = did_you_mean(id, [each.id for each in agents])
        raise NotFound(msg, hint=near + _there_are(agents))

    async def fleet(self, window: Window) -> Listing[Worker]:
        """Return every program that ever beat, or should; whatever the window.

        Not whole where a heartbeat could not be read.
        """
        del window
        agents, unread = await self._folder.ask(self._read)
        return Listing(agents, whole=not unread)

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
