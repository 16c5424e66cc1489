"""What changes rows of `workers` and `tasks`, each only while it is as it was seen.

PostgREST changes a row in one statement, and only if it still matches all that the
address says. So whoever wrote in between is never overwritten: nothing matches then.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import quote_plus

from bot.domain.tasks import Task, TaskPhase
from bot.domain.workers import Worker
from bot.sources.reigh import rows as meaning
from bot.sources.reigh.conditions import Row
from bot.sources.reigh.project import Project
from bot.sources.reigh.tasks import ReighTasks

BY: Final = "debug-bot"
RESET: Final = "Reset - requeued through debug-bot"
# A proxy takes 8 KB of address; the rest of ours needs a few hundred bytes.
ADDRESS: Final = 6000
# A key that can stand in a path as it is; one of digits would be a place in a list.
_PLAIN: Final = re.compile(r"[a-z_]\w*", re.ASCII | re.IGNORECASE)

Filter: TypeAlias = tuple[str, str, str]
"""Column or path, operator, value."""


class ReighWorkerPower:
    """Fulfils `bot.sources.WorkerPower`."""

    def __init__(self, project: Project) -> None:
        """Write to *project*."""
        self._project = project

    async def end(self, seen: Worker, *, now: datetime) -> bool:
        """Mark the worker's row as ended, if it still is as it was *seen*.

        Its metadata can only be written whole, and others write there too: it is read
        right before, and compared in the same statement that writes it.
        """
        found = await self._project.rows(
            lambda client: (
                client.table("workers")
                .select("id,status,created_at,last_heartbeat,metadata")
                .eq("id", seen.id)
            )
        )
        if not found:
            return False
        [worker], [row] = meaning.workers(found), found
        if _standing(worker) != _standing(seen):
            return False
        body: Row = {"status": "terminated"}
        guard = _same_metadata(row["metadata"])
        if guard is not None:
            body["metadata"] = (row["metadata"] or {}) | {
                "orchestrator_status": "terminated",
                "terminated_at": now.isoformat(),
                "terminated_by": BY,
            }

        def build(client: Any) -> Any:
            query = client.table("workers").update(body).eq("id", seen.id)
            query = query.eq("status", seen.status)
            query = _same(query, "last_heartbeat", row["last_heartbeat"])
            for each in guard or ():
                query = query.filter(*each)
            return query.select("id")

        return bool(await self._project.change(build))


class ReighTaskPower:
    """Fulfils `bot.sources.TaskPower`."""

    def __init__(self, project: Project) -> None:
        """Write to *project*."""
        self._project = project

    async def requeue(self, seen: Task) -> bool:
        """Put the task back into the queue, if it still is as it was *seen*.

        As the orchestrator does it (systems/reigh.md, 1.6), and one more attempt. A
        failed task keeps its error where the result would stand; that is cleared.
        """
        body: Row = {
            "status": ReighTasks.waiting_status,
            "worker_id": None,
            "generation_started_at": None,
            "generation_processed_at": None,
            "error_message": RESET,
        }
        started = seen.started_at
        guard: dict[str, str | None] = {
            "id": seen.id,
            "status": seen.status,
            "worker_id": seen.worker_id,
            "generation_started_at": started.isoformat() if started else None,
            "generation_created": "false",
        }
        if seen.attempts is not None:
            body["attempts"] = seen.attempts + 1
            guard["attempts"] = str(seen.attempts)
        if seen.phase is TaskPhase.FAILED:
            body["output_location"] = None

        def build(client: Any) -> Any:
            query = client.table("tasks").update(self._known(body))
            for column, value in self._known(guard).items():
                query = _same(query, column, value)
            return query.select("id")

        return bool(await self._project.change(build))

    def _known(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            column: value
            for column, value in values.items()
            if not self._project.lacks("tasks", column)
        }


def _standing(worker: Worker) -> tuple[str, datetime | None]:
    return worker.status, worker.last_heartbeat_at


def _same(query: Any, column: str, value: str | None) -> Any:
    """Return the query for rows whose column is so; nothing equals null."""
    return query.is_(column, None) if value is None else query.eq(column, value)


def _same_metadata(metadata: object) -> list[Filter] | None:
    """Return filters that only this metadata passes; None when no address holds them.

    Addresses are logged by every proxy, and the metadata may hold a password. That is
    the one value that is not compared, while all others are, each by its key. (`or`
    would not do here: in a change PostgREST 12 applies it to what comes back.)
    """
    if metadata is None:
        return [("metadata", "is", "null")]
    if not isinstance(metadata, dict):
        return None
    filters: list[Filter] = [("metadata", "eq", _text(metadata))]
    details = metadata.get("ssh_details")
    if isinstance(details, dict) and details.get("password") is not None:
        filters = _all_but_the_password(metadata, details)
    length = sum(len(quote_plus("=.&".join(each))) for each in filters)
    return filters if length <= ADDRESS else None


def _all_but_the_password(metadata: Row, details: Row) -> list[Filter]:
    shown = {name: value for name, value in details.items() if name != "password"}
    odd: Row = {}
    filters = [
        ("metadata", "lt", _one_key_more(metadata)),
        ("metadata->ssh_details", "lt", _one_key_more(details)),
        ("metadata->ssh_details", "cs", _text(shown)),
        ("metadata->ssh_details->>password", "not.is", "null"),
    ]
    for key, value in metadata.items():
        if key == "ssh_details":
            continue
        if _PLAIN.fullmatch(key):
            filters.append((f"metadata->{key}", "eq", _text(value)))
        else:
            odd[key] = value
    return [*filters, ("metadata", "cs", _text(odd))] if odd else filters


def _one_key_more(values: Row) -> str:
    """Return what an object is less than, unless it has more keys than these.

    To PostgreSQL an object with more keys is greater than any with fewer. Of as many
    keys the one whose shortest is the least is less: that is the empty key.
    """
    return _text({"": None} | {str(n): 0 for n in range(len(values))})


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
