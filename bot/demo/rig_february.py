"""What workers of February 2026 write, where it differs from the GPU agents of today.

From systems/agents.md, 1A.1 to 1A.8, and only what it tells of them: they run tasks
themselves, so that there are no sidecars, and their heartbeats list no tasks; the brain
writes none of its own.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from bot.demo.rig_parts import RigAgent, RigTask

# What stands in a task's file (1A.3), besides what its maker wrote.
FIELDS: Final = (
    *("task_id", "type", "command", "batch_id", "name", "priority", "task_class"),
    *("depends_on", "executor", "status", "created_at", "created_by", "retry_count"),
    *("assigned_to", "started_at", "completed_at", "result"),
)
MODEL: Final = "qwen2.5:7b"


def heartbeat(agent: RigAgent) -> dict[str, Any]:
    """Return all that its heartbeat says (1A.4)."""
    return {
        "worker_id": agent.name,
        "gpu_id": agent.number,
        "timestamp": agent.beat_at,
        "model_loaded": agent.hot,
        "model": MODEL,
        "port": port(agent.number),
    }


def port(number: int) -> int:
    """Return at which port its model answers."""
    return 22434 + number


def configured(names: list[str]) -> list[dict[str, Any]]:
    """Return what config.json says of these workers (1A.1)."""
    return [
        {
            "name": name,
            "gpu": int(name.removeprefix("worker-")),
            "model": MODEL,
            "port": port(int(name.removeprefix("worker-"))),
            "permissions": "worker.json",
            "primary": False,
        }
        for name in names
    ]


def in_file(task: RigTask, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of it stands in the task's file."""
    tried = len(task.fields.get("workers_attempted", ()))
    known = {name: shown[name] for name in FIELDS if name in shown}
    return {**known, "retry_count": max(0, tried - 1)}


def monitor(agents: Mapping[str, RigAgent], counts: str, running: int) -> str:
    """Return what the brain writes each time that it looks at everything (1A.7)."""
    every, hot = len(agents), sum(each.hot for each in agents.values())
    return (
        f"GPUs active: {every}/{every}, Workers: {every}/{every}, Queue: {counts},"
        f" Processing: {running}, Stuck: 0, Models loaded: {hot}"
    )


def starts(agent: RigAgent, at: datetime) -> None:
    """Let it write what it writes when it starts (1A.7)."""
    where = f"GPU {agent.number}, Ollama port {port(agent.number)}"
    agent.say(at, f"Worker initialized: {agent.name} on {where}")
    agent.say(at, f"Worker {agent.name} starting main loop")
    agent.say(at, "Starting COLD - no LLM loaded, ready for script tasks")
    agent.say(at, "Worker ready - polling for tasks")


def claims(agent: RigAgent, task: RigTask, at: datetime) -> None:
    """Let it write that it takes the task."""
    agent.say(at, f"Claimed {task.task_class} task: {task.short}... ({task.name})")
    agent.say(at, "Executing shell command: python3 step.py")


def ends(agent: RigAgent, task: RigTask, at: datetime, *, well: bool) -> None:
    """Let it write how the task ended."""
    agent.say(at, f"Task {task.short}... {'completed' if well else 'failed'}")


def shuts_down(agent: RigAgent, at: datetime) -> None:
    """Let it write that it stops; on a signal it does so twice."""
    for _ in range(2):
        agent.say(
            at, f"Worker {agent.name} shutting down - completed {agent.done} tasks"
        )
        agent.say(at, "Ollama stopped")
        agent.say(at, "Cleanup complete")


def looks(idle: int) -> Iterator[str]:
    """Yield what it writes at each look at an empty queue if it tells everything."""
    yield f"Heartbeat sent - status: idle, idle: {idle}s"
    yield "Queue empty"
