"""What Reigh's lines mean, which else stand in its table `system_logs`."""

import asyncio
from dataclasses import replace
from typing import Final

from bot.domain.ids import REIGH
from bot.domain.logs import Level, LogLine
from bot.domain.orchestration import Orchestration
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources.clickhouse import conditions
from bot.sources.clickhouse import rows as meaning
from bot.sources.clickhouse.conditions import Condition, both
from bot.sources.clickhouse.engine import Engine
from bot.sources.clickhouse.logs import EngineLogs, Manner
from bot.sources.reigh.logs import NAMING_FUNCTIONS, ORCHESTRATION, told
from bot.sources.reigh.rows import REASONS, reasoned

_OF_ORCHESTRATOR: Final = Condition("source = 'orchestrator_gpu'")


def reigh_logs(engine: Engine) -> EngineLogs:
    """Return Reigh's logs as the engine holds them."""
    manner = Manner(
        system=REIGH,
        line=_line,
        of_task=_of_task,
        of_worker=_of_worker,
        bearing=_bearing,
        naming=_naming,
        of_level=_of_level,
        life=_life,
    )
    return EngineLogs(engine, manner)


def _line(row: meaning.Row) -> LogLine:
    """Return a row with the reason that its fields give, and the worker they name."""
    held, line = row.fields, meaning.line(row)
    reasons = {name: held[name] for name in REASONS.values() if held.get(name)}
    if reasons:
        line = replace(line, message=reasoned(line.message, reasons)[0])
    named = line.worker_id or held.get("worker_id")
    return replace(line, worker_id=WorkerId(named)) if named else line


def _of_task(id: TaskId) -> Condition:
    return Condition("task_id = {task:String}", {"task": id})


def _of_worker(id: WorkerId) -> Condition:
    """Return the condition for what it wrote, which may lack its id, or what names it.

    Edge functions name the worker in their metadata.
    """
    functions = ", ".join(f"'{each}'" for each in NAMING_FUNCTIONS)
    return Condition(
        "worker_id = {worker:String}"
        " OR (source = 'worker' AND source_id = {worker:String})"
        f" OR (source = 'edge_function' AND source_id IN ({functions})"
        " AND fields['worker_id'] = {worker:String})",
        {"worker": id},
    )


def _bearing(id: WorkerId) -> Condition:
    text = "worker_id = {worker:String} OR source_id = {worker:String}"
    return Condition(text, {"worker": id})


def _naming(id: WorkerId) -> Condition:
    others = Condition("worker_id != {worker:String}", {"worker": id})
    return both(_OF_ORCHESTRATOR, others, conditions.naming(id))


def _of_level(level: str) -> Condition:
    """Return the condition for a level; errors are all that report a fault."""
    if level == Level.ERROR:
        return conditions.alarming()
    return conditions.of_level(level)


async def _life(logs: EngineLogs, window: Window) -> Orchestration:
    last, read = await asyncio.gather(
        logs.newest(_OF_ORCHESTRATOR),
        logs.all(window, _OF_ORCHESTRATOR, conditions.holding_any(ORCHESTRATION)),
    )
    return told(last, read)
