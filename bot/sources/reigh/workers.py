"""The `workers` table."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, timedelta
from typing import Final

from bot.domain.errors import NotFound
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources import Listing
from bot.sources.reigh import rows as meaning
from bot.sources.reigh.conditions import Key, not_after, quoted
from bot.sources.reigh.project import Project

# systems/reigh.md, 1.3
_OURS: Final = re.compile(r"(?:manual-)?gpu-\d{8}_\d{6}-[0-9a-f]{8}")
_POD: Final = re.compile(r"[a-z0-9]+")
_CANDIDATES: Final = 11


# What ends a worker does so within minutes of its last heartbeat. The bound spares
# reading the metadata of all that ended before.
_LATEST_END: Final = timedelta(days=1)


class ReighWorkers:
    """Fulfils `bot.sources.Workers`."""

    statuses = tuple(meaning.WORKER_PHASES)

    def __init__(self, project: Project) -> None:
        """Read from *project*."""
        self._project = project

    def is_id(self, text: str) -> bool:
        """Tell whether the text is a whole worker id by its form."""
        return bool(_OURS.fullmatch(text))

    def may_bound(self, text: str) -> bool:
        """Tell whether some worker id could begin or end with the text: any may."""
        return bool(text)

    async def find(self, part: str) -> Sequence[WorkerId]:
        """Return the ids that begin or end with *part*, newest first, at most eleven.

        One that equals it comes first.
        """
        if not self.may_bound(part):
            return ()
        # PostgREST takes every * for a %, and knows no way to say one.
        found = [] if "*" in part else await self._bounded("id", part)
        whole = "*" not in part and len(found) < _CANDIDATES
        if not whole and part not in found:
            exact = await self._project.rows(
                lambda client: client.table("workers").select("id").eq("id", part)
            )
            found = [WorkerId(row["id"]) for row in exact] + found
        return found

    async def of_pod(self, part: str) -> Sequence[WorkerId]:
        """Return the workers whose pod's id begins or ends so, as `find` does."""
        if not _POD.fullmatch(part):
            return []
        return await self._bounded("metadata->>runpod_id", part)

    async def get(self, id: WorkerId) -> Worker:
        """Return the worker."""
        columns = self._project.columns
        rows = await self._project.rows(
            lambda client: (
                client.table("workers")
                .select(columns("workers", meaning.WORKER_WHOLE))
                .eq("id", id)
            )
        )
        if not rows:
            msg = f"no worker is called {id}"
            raise NotFound(msg, hint="recent ones: workers --hours 2")
        return meaning.workers(rows)[0]

    async def fleet(self, window: Window) -> Listing[Worker]:
        """Return the workers that are not ended, and those of the window.

        They were created, given up or ended in it.
        """
        since = quoted(window.since.isoformat())
        either = f"status.neq.terminated,created_at.gte.{since},{_ended_since(window)}"
        return await self._project.all(
            lambda client: not_after(
                client.table("workers").select(self._select()).or_(either),
                "created_at",
                window,
            ),
            Key(column="created_at", field="created_at"),
            read=lambda rows: [
                worker for worker in meaning.workers(rows) if _belongs(worker, window)
            ],
        )

    async def known_as(
        self, names: Iterable[str], pod_ids: Iterable[str]
    ) -> Sequence[Worker]:
        """Return the workers of any status that have such an id or such a pod."""
        by_name, by_pod = await asyncio.gather(
            self._those("id", names), self._those("metadata->>runpod_id", pod_ids)
        )
        return list({worker.id: worker for worker in (*by_name, *by_pod)}.values())

    async def _bounded(self, column: str, part: str) -> list[WorkerId]:
        """Return the workers where the column's text begins or ends with the part.

        The database sorts and counts to eleven, so no cap on rows cuts anything. It
        looks at each row: workers are few, 0.2 s for a hundred thousand of them.
        """
        text = re.sub(r"([\\%_])", r"\\\1", part)
        forms = (f"{column}.like.{quoted(form)}" for form in (f"{text}*", f"*{text}"))
        either = ",".join(forms)
        rows = await self._project.rows(
            lambda client: (
                client.table("workers")
                .select("id")
                .or_(either)
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


def _ended_since(window: Window) -> str:
    """Return the condition for rows whose end, as it is written in UTC, is so late."""
    since = quoted(f"{window.since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}")
    alive = quoted((window.since - _LATEST_END).isoformat())
    lately = f"or(last_heartbeat.gte.{alive},created_at.gte.{alive})"
    times = ("error_time", "terminated_at")
    ended = ",".join(f"metadata->>{name}.gte.{since}" for name in times)
    return f"and({lately},or({ended}))"


def _belongs(worker: Worker, window: Window) -> bool:
    """Tell whether a worker is of the fleet; texts of no time compare as well."""
    if worker.status != "terminated" or worker.created_at >= window.since:
        return True
    times = (worker.error_at, worker.terminated_at)
    return any(at is not None and at in window for at in times)
