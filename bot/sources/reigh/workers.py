"""The `workers` table."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.errors import NotFound
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources import Listing
from bot.sources.reigh import rows as meaning
from bot.sources.reigh.project import Key, Project, not_after, quoted

# systems/reigh.md, 1.3
_OURS: Final = re.compile(r"(?:manual-)?gpu-\d{8}_\d{6}-[0-9a-f]{8}")
_ANY: Final = re.compile(r"[A-Za-z0-9][\w.:@-]*")
_POD: Final = re.compile(r"[a-z0-9]+")
_CANDIDATES: Final = 11


class ReighWorkers:
    """Fulfils `bot.sources.Workers`."""

    statuses = tuple(meaning.WORKER_PHASES)

    def __init__(self, project: Project) -> None:
        """Read from *project*."""
        self._project = project

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole worker id by its form."""
        return bool(_OURS.fullmatch(text))

    def may_begin(self, text: str) -> bool:
        """Tell whether some worker id could begin with the text."""
        return bool(_ANY.fullmatch(text))

    async def find(self, prefix: str) -> Sequence[WorkerId]:
        """Return the ids that begin with *prefix*, newest first, at most eleven."""
        if not self.may_begin(prefix):
            return ()
        found = await self._beginning("id", prefix)
        if len(found) == _CANDIDATES and prefix not in found:
            exact = await self._project.rows(
                lambda client: client.table("workers").select("id").eq("id", prefix)
            )
            found = [WorkerId(row["id"]) for row in exact] + found
        return found

    async def of_pod(self, prefix: str) -> Sequence[WorkerId]:
        """Return the workers whose pod's id begins so, newest first, at most eleven."""
        if not _POD.fullmatch(prefix):
            return []
        return await self._beginning("metadata->>runpod_id", prefix)

    async def get(self, id: WorkerId) -> Worker:
        """Return the worker."""
        rows = await self._project.rows(
            lambda client: client.table("workers").select(self._select()).eq("id", id)
        )
        if not rows:
            msg = f"no worker is called {id}"
            raise NotFound(msg, hint="recent ones: workers --hours 2")
        return meaning.workers(rows)[0]

    async def fleet(self, window: Window) -> Listing[Worker]:
        """Return the workers that are not ended, and those created in the window."""
        since = quoted(window.since.isoformat())
        either = f"status.neq.terminated,created_at.gte.{since}"
        return await self._project.all(
            lambda client: not_after(
                client.table("workers").select(self._select()).or_(either),
                "created_at",
                window,
            ),
            Key(column="created_at", field="created_at"),
            read=meaning.workers,
        )

    async def known_as(
        self, names: Iterable[str], pod_ids: Iterable[str]
    ) -> Sequence[Worker]:
        """Return the workers of any status that have such an id or such a pod."""
        by_name, by_pod = await asyncio.gather(
            self._those("id", names), self._those("metadata->>runpod_id", pod_ids)
        )
        return list({worker.id: worker for worker in (*by_name, *by_pod)}.values())

    async def _beginning(self, column: str, prefix: str) -> list[WorkerId]:
        pattern = prefix.replace("_", r"\_") + "*"
        rows = await self._project.rows(
            lambda client: (
                client.table("workers")
                .select("id")
                .like(column, pattern)
                .order("created_at", desc=True)
                .order("id", desc=True)
                .limit(_CANDIDATES)
            )
        )
        return [WorkerId(row["id"]) for row in rows]

    async def _those(self, key: str, values: Iterable[str]) -> Sequence[Worker]:
        rows = await self._project.those("workers", self._select(), key, values)
        return meaning.workers(rows)

    def _select(self) -> str:
        return self._project.columns("workers", meaning.WORKER)
