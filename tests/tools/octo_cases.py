"""An OctoLLM out of a saved case: its answers, its lines and its rows.

*services* holds by name what each answers by path: a body, or a `status` with a `body`,
or `seconds` for one that comes too late. What a case leaves out is well; a
service that is null refuses connections, and one that only a case names is an arm.
*lines* are the orchestrator's (a text as the console has it, or a record that is
written as JSON), *reflex_lines* the reflex layer's; *tasks* and *task_results* are rows
of the database, and a column that a row leaves out has its default. *untold* are the
reasons of the gaps that every answer names.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import sqlalchemy as sa

from bot.settings import Octo
from bot.sources import System
from bot.sources.octollm import Deployment, octollm
from bot.sources.octollm.asking import Asker, Reply
from bot.sources.octollm.database import Database, Tables
from bot.sources.octollm.services import REFLEX, Addresses, Services
from bot.sources.octollm.tasks import OctoTasks
from bot.sources.octollm.workers import OctoWorkers

T = TypeVar("T")

PARTS: Final = ("services", "lines", "reflex_lines", "tasks", "task_results")
ORCHESTRATOR: Final = "orchestrator"
PROMETHEUS: Final = "prometheus"
_BUDGET: Final = {"max_tokens": 10000, "max_time_seconds": 300, "max_cost_usd": 1.0}
# systems/octollm.md, 1B.3: every column that is read, and what stands there by itself.
_COLUMNS: Final[Mapping[str, Mapping[str, Any]]] = {
    "tasks": {
        "id": None,
        "goal": "Write a sorting function",
        "status": "PENDING",
        "priority": "MEDIUM",
        "budget": _BUDGET,
        "acceptance_criteria": [],
        "parent_task_id": None,
        "assigned_arm": None,
        "created_at": None,
        "updated_at": None,
    },
    "task_results": {
        "task_id": None,
        "result": None,
        "error": None,
        "processing_time_ms": None,
    },
}
_WELL: Final[Mapping[str, Mapping[str, Any]]] = {
    ORCHESTRATOR: {
        "/health": {"status": "healthy", "version": "0.1.0"},
        "/ready": {"ready": True, "checks": {"database": True, "reflex_layer": True}},
        "/metrics": "process_resident_memory_bytes 9.8e+07\n",
        "/debug/stats": {"task_counts": {}},
    },
    REFLEX: {
        "/health": {"status": "healthy", "version": "0.1.0"},
        "/ready": {"ready": True, "checks": {"redis": "healthy", "config": "healthy"}},
    },
}
_ARM: Final = {"/health": "OK"}


def a_system(content: Mapping[str, Any], now: datetime, folder: Path) -> System:
    """Return the real adapter over what a case holds; its lines lie in *folder*."""
    given: Mapping[str, Any] = content.get("services", {})
    known = {**{name: {} for name in _WELL}, **given}
    arms = tuple(name for name in known if name not in (*_WELL, PROMETHEUS))
    globs = []
    for service, part in ((ORCHESTRATOR, "lines"), (REFLEX, "reflex_lines")):
        path = folder / f"{service}.log"
        path.write_text("".join(f"{_line(it)}\n" for it in content.get(part, ())))
        globs.append((service, str(path)))

    def clock() -> datetime:
        return now

    settings = Octo(
        url=_url(ORCHESTRATOR),
        reflex_url=_url(REFLEX),
        arms=tuple((name, _url(name)) for name in arms),
        log_globs=tuple(globs),
    )
    deployment = Deployment(settings, clock=clock)
    addresses = Addresses(
        orchestrator=settings.url,
        reflex=settings.reflex_url,
        arms=settings.arms,
        prometheus=_url(PROMETHEUS) if PROMETHEUS in known else None,
    )
    asker = _Recorded(transport=httpx.MockTransport(_answering(known)))
    deployment.services = Services(addresses, asker, clock=clock)
    rows = {name: content.get(name, ()) for name in _COLUMNS}
    deployment.tasks = OctoTasks(Rows(rows), deployment.services)
    deployment.workers = OctoWorkers(deployment.services, clock=clock)
    return octollm(deployment)


class _Recorded(Asker):
    """A client whose answers take as long as a case says, and else 4 ms."""

    async def get(self, url: str, **given: str) -> Reply:
        reply = await super().get(url, **given)
        late = reply.outcome == "timeout"
        return replace(reply, took=timedelta(seconds=5 if late else 0.004))


class Rows(Database):
    """The rows in memory; questions are asked in SQL, of another make."""

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        super().__init__("postgresql://case")
        # What Python did by itself until 3.12: rows hold times as text.
        sqlite3.register_adapter(datetime, lambda at: at.isoformat(sep=" "))
        self._memory = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        with self._memory.begin() as connection:
            for name, columns in _COLUMNS.items():
                own = ", ".join(f"{column} text" for column in columns)
                connection.exec_driver_sql(f"create table {name} ({own})")
                marks = ", ".join("?" for _ in columns)
                for row in rows[name]:
                    connection.exec_driver_sql(
                        f"insert into {name} values ({marks})", _values(name, row)
                    )

    async def read(self, work: Callable[[sa.Connection, Tables], T]) -> T:
        kinds = {name: dict.fromkeys(it, "text") for name, it in _COLUMNS.items()}
        with self._memory.begin() as connection:
            return work(connection, Tables(kinds))


def _values(table: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    unknown = set(row) - set(_COLUMNS[table])
    assert not unknown, f"{table} has no column {unknown}"
    whole = {**_COLUMNS[table], **row}
    if "created_at" in whole:
        whole["updated_at"] = whole["updated_at"] or whole["created_at"]
    return tuple(
        json.dumps(each)
        if isinstance(each, dict | list)
        else each.replace("T", " ")
        if name.endswith("_at") and each
        else each
        for name, each in whole.items()
    )


def _answering(
    known: Mapping[str, Mapping[str, Any] | None],
) -> Callable[[httpx.Request], httpx.Response]:
    """Return what answers for all services at once."""

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.host.removesuffix(".test")
        own = known[name]
        if own is None:
            msg = "connection refused"
            raise httpx.ConnectError(msg)
        if name == PROMETHEUS:
            query = request.url.params["query"].partition("[")[0]
            return httpx.Response(200, json=_series(own.get(query, [])))
        body = {**_WELL.get(name, _ARM), **own}.get(request.url.path)
        if body is None:
            return httpx.Response(404, json={"detail": "Not Found"})
        if isinstance(body, dict) and "seconds" in body:
            msg = "late"
            raise httpx.ReadTimeout(msg)
        status = 200
        if isinstance(body, dict) and "body" in body:
            status, body = body["status"], body["body"]
        if isinstance(body, str):
            return httpx.Response(status, text=body)
        return httpx.Response(status, json=body)

    return answer


def _series(values: Sequence[Sequence[Any]]) -> Any:
    """Return what Prometheus answers of one process; times are ISO 8601 in a case."""
    told = [[datetime.fromisoformat(at).timestamp(), str(it)] for at, it in values]
    found = [{"metric": {"job": ORCHESTRATOR}, "values": told}] if told else []
    return {"status": "success", "data": {"result": found}}


def _line(record: Any) -> str:
    return record if isinstance(record, str) else json.dumps(record)


def _url(name: str) -> str:
    return f"http://{name}.test"
