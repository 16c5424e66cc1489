"""What the agents' lines mean, which else stand in files of their folder.

What the brain decides stays in that folder, too, and its life is told from there.
"""

import re
from typing import Final

from bot.domain.agent_names import SHORT
from bot.domain.ids import AGENTS
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from bot.sources.agents.decisions import DECISION
from bot.sources.agents.lines import BRAIN
from bot.sources.agents.workers import agent_of
from bot.sources.clickhouse import conditions
from bot.sources.clickhouse.conditions import Condition, both
from bot.sources.clickhouse.engine import Engine
from bot.sources.clickhouse.logs import EngineLogs, Manner
from bot.sources.protocols import Logs

_OF_OTHERS: Final = Condition("source != 'worker'")


def agents_logs(engine: Engine, own: Logs) -> EngineLogs:
    """Return the agents' logs as the engine holds them; *own* are those in files."""
    manner = Manner(
        system=AGENTS,
        of_task=_of_task,
        of_worker=_of_worker,
        bearing=_of_worker,
        naming=_naming,
        life=lambda _, window: own.orchestration(window),
    )
    return EngineLogs(engine, manner)


def _of_task(id: TaskId) -> Condition:
    """Return the condition for lines that name the task, as a whole or cut short."""
    short = id[:SHORT]
    return Condition(
        "task_id IN {task:Array(String)}"
        " OR (NOT (length(task_id) > {short_length:UInt8}"
        " AND startsWith(task_id, {short:String}))"
        " AND match(message, {task_named:String}))",
        {
            "task": (id, short),
            "short": short,
            "short_length": str(SHORT),
            "task_named": rf"(^|\W){re.escape(short)}(\W|$)",
        },
    )


def _of_worker(id: WorkerId) -> Condition:
    """Return the condition for what the agent wrote, or one of its subprocesses.

    What the brain decided is its own, whoever it is about.
    """
    agent = agent_of(id)
    if agent == BRAIN:
        return Condition(
            "worker_id = {worker:String} OR source = {decisions:String}",
            {"worker": agent, "decisions": DECISION},
        )
    return Condition(
        "worker_id = {worker:String} OR match(worker_id, {worker_of:String})",
        {
            "worker": agent,
            "worker_of": rf"^{re.escape(agent)}-(w\d+|meta)(-[0-9a-f]{{8}})?$",
        },
    )


def _naming(id: WorkerId) -> Condition:
    own = _of_worker(id)
    others = Condition(f"NOT ({own.text})", own.values)
    return both(_OF_OTHERS, others, conditions.naming(agent_of(id)))
