"""What OctoLLM's lines mean, which else stand in files of its services.

A row holds what a service wrote: its event as the message, all else as fields. It is
read as that line of a file is, so that nothing private is shown of either.
"""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from bot.domain.ids import OCTOLLM
from bot.domain.logs import LogLine
from bot.domain.orchestration import Orchestration
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources.clickhouse import conditions
from bot.sources.clickhouse.conditions import Condition, both
from bot.sources.clickhouse.engine import Engine
from bot.sources.clickhouse.logs import EngineLogs, Manner
from bot.sources.clickhouse.rows import Row, nested
from bot.sources.octollm import lines
from bot.sources.octollm.events import MARKS
from bot.sources.protocols import Listing

_OF_ORCHESTRATOR: Final = Condition("source = 'orchestrator'")
_STARTED: Final = "orchestrator.startup"
# The fields that name an arm, as `bot.sources.octollm.lines` reads them.
_ARMS: Final = "[fields['arm_id'], fields['arm'], fields['assigned_arm']]"


class OctoEngineLogs(EngineLogs):
    """OctoLLM's logs as the engine holds them, and what else is looked for in them."""

    place = "clickhouse"

    def __init__(self, engine: Engine) -> None:
        """Read them from *engine*."""
        manner = Manner(
            system=OCTOLLM,
            line=_line,
            of_task=_of_task,
            of_worker=_of_worker,
            bearing=_of_worker,
            naming=_naming,
            life=_life,
        )
        super().__init__(engine, manner)

    async def bearing(self, ids: Collection[str], window: Window) -> Listing[LogLine]:
        """Return the lines that bear one of the requests' ids, oldest first."""
        where = conditions.one_of("request_id", ids, name="requests")
        found = await self.all(window, where)
        # One event writes the id of the other side under that name.
        own = tuple(line for line in found.rows if line.request_id in ids)
        return replace(found, rows=own)

    async def of_tasks(self, ids: Collection[str], window: Window) -> Listing[LogLine]:
        """Return the lines that carry the id of one of the tasks, oldest first."""
        return await self.all(window, conditions.one_of("task_id", ids, name="tasks"))

    async def every(self, window: Window) -> Listing[LogLine]:
        """Return all lines of the window, oldest first."""
        return await self.all(window)

    async def of_note(self, window: Window, *, bound: int) -> Listing[LogLine]:
        """Return the newest lines of which anything is told, oldest first."""
        where = _either(conditions.alarming(), conditions.holding_any(MARKS))
        return await self.all(window, where, bound=bound)


def _line(row: Row) -> LogLine:
    held = {name: nested(name, text) for name, text in row.fields.items()}
    raised = held.pop("exception", "")
    told = lines.Written(
        form="json",
        at=row.at,
        level=row.level,
        event=row.message,
        logger=row.source_id,
        held={**held, "request_id": row.request_id, "task_id": row.task_id},
        traceback=str(raised or ""),
    )
    line = lines.line(told, at=row.at, service=row.source, id=row.id)
    if line.worker_id is None and row.worker_id:
        return replace(line, worker_id=WorkerId(row.worker_id))
    return line


def _of_task(id: TaskId) -> Condition:
    return Condition("task_id = {task:String}", {"task": id})


def _of_worker(id: WorkerId) -> Condition:
    return Condition(
        "source = {worker:String} OR worker_id = {worker:String}"
        f" OR has({_ARMS}, {{worker:String}})",
        {"worker": id},
    )


def _naming(id: WorkerId) -> Condition:
    carrying = _of_worker(id)
    others = Condition(f"NOT ({carrying.text})", carrying.values)
    return both(others, conditions.naming(id, in_fields=True))


def _either(*every: Condition) -> Condition:
    values = {name: value for each in every for name, value in each.values.items()}
    return Condition(" OR ".join(f"({each.text})" for each in every), values)


async def _life(logs: EngineLogs, window: Window) -> Orchestration:
    """Return the orchestrator's life: it has no cycles; its restarts are its begins."""
    begun = Condition("message = {begun:String}", {"begun": _STARTED})
    last, read = await asyncio.gather(
        logs.newest(_OF_ORCHESTRATOR),
        logs.all(window, _OF_ORCHESTRATOR, _either(conditions.alarming(), begun)),
    )
    return Orchestration(
        last_line=last,
        errors=tuple(line for line in read.rows if line.alarming),
        restarts=tuple(line.at for line in read.rows if not line.alarming),
        whole=read.whole,
    )
