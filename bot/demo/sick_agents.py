"""What can go wrong with agents of a rig: each function lets one of them fail.

Each writes one failure, or a near miss, of systems/agents.md, 3A into a rig, and notes
which findings the product owes for it. They don't need each other.
"""

from datetime import timedelta
from typing import Any, Final

from bot.demo.rig import Rig
from bot.demo.rig_parts import RigAgent, RigTask

TRACEBACK: Final = (
    "Traceback (most recent call last):\n"
    '  File "shared/agents/gpu.py", line 496, in run\n'
    '  File "shared/agents/gpu.py", line 407, in _write_heartbeat\n'
)


def working(
    rig: Rig,
    *,
    seconds: float,
    kind: str = "script",
    hot: bool = False,
    plan: str = "long_script",
) -> tuple[RigAgent, RigTask]:
    """Return a GPU agent that has been at work on its task for so long; it beats."""
    agent = rig.gpu(hot=hot)
    batch = rig.batch(rig.ago(seconds=seconds + 9), plan)
    task = rig.task(batch, "render_long", kind, at=rig.ago(seconds=seconds + 5))
    return agent, rig.run(agent, task, seconds=seconds)


def silent(agent: RigAgent, rig: Rig, seconds: float) -> None:
    """Let the agent have written nothing for so long, no sidecar either."""
    agent.beat_at = rig.ago(seconds=seconds)
    agent.ended = True
    for task in agent.running:
        task.sidecar_at = agent.beat_at
    agent.said = [each for each in agent.said if each.at <= agent.beat_at]


def plant_late(rig: Rig, *, seconds: float = 90) -> RigAgent:
    """Let an agent beat late: 60 to 120 s (3A, 1)."""
    agent, task = working(rig, seconds=seconds + 40)
    agent.beat_at = rig.ago(seconds=seconds)
    task.sidecar_at = agent.beat_at
    rig.owe("heartbeat-ageing", agent.name)
    return agent


def spare_late(rig: Rig, *, seconds: float = 59) -> None:
    """Let an agent's heartbeat be nearly late."""
    agent = rig.gpu()
    agent.beat_at = rig.ago(seconds=seconds)
    rig.spare(agent.name)


def plant_killed(rig: Rig, *, seconds: float = 175, busy: bool = True) -> RigAgent:
    """Let an agent be killed: no line tells of it (3A, 2); its task is an orphan."""
    if busy:
        agent, task = working(rig, seconds=seconds + 100)
        rig.owe("orphaned-task", task.id)
    else:
        agent = rig.gpu()
    silent(agent, rig, seconds)
    rig.owe("killed-agent", agent.name)
    return agent


def plant_unlogged(rig: Rig, *, seconds: float = 300) -> None:
    """Let an agent be lost whose console nobody keeps: how it ended is open."""
    agent = rig.gpu()
    silent(agent, rig, seconds)
    agent.logged = False
    rig.owe("heartbeat-stale", agent.name)


def plant_crashed(rig: Rig, *, seconds: float = 200, busy: bool = True) -> None:
    """Let an agent crash: its log says so, and of the shutdown that follows."""
    if busy:
        agent, task = working(rig, seconds=seconds + 100)
        if seconds > 120:
            rig.owe("orphaned-task", task.id)
        else:  # its heartbeat is fresh and lists it, so by its age it is none
            rig.leave_open("orphaned-task", task.id)
    else:
        agent = rig.gpu()
    silent(agent, rig, seconds)
    at = rig.ago(seconds=seconds - 2)
    path = f"shared/gpus/gpu_{agent.number}/heartbeat.json"
    error = f"[Errno 2] No such file or directory: '{path}'"
    said = f"{_crashed(agent)}: {error}\n{TRACEBACK}FileNotFoundError: {error}"
    agent.say(at, said, "ERROR")
    rig.shuts_down(agent, at)
    rig.owe("crashed-agent", agent.name)


def plant_stopped(rig: Rig, *, seconds: float = 200) -> None:
    """Let an agent be stopped cleanly, its killed task left in progress."""
    agent, task = working(rig, seconds=seconds + 100)
    silent(agent, rig, seconds)
    rig.shuts_down(agent, rig.ago(seconds=seconds - 1))
    rig.owe("stopped-agent", agent.name)
    if seconds > 120:
        rig.owe("orphaned-task", task.id)
    else:
        rig.leave_open("orphaned-task", task.id)


def spare_stopped(rig: Rig, *, seconds: float = 700) -> None:
    """Let an agent be stopped cleanly that had nothing to do."""
    agent = rig.gpu()
    silent(agent, rig, seconds)
    rig.shuts_down(agent, rig.ago(seconds=seconds - 1))
    rig.spare(agent.name)


def plant_restarted(rig: Rig, *, minutes: float = 30) -> None:
    """Let an agent have crashed, and beat since it was started again."""
    agent = rig.gpu()
    at = rig.ago(minutes=minutes)
    agent.say(at, f"{_crashed(agent)}: 'model_name'", "ERROR")
    rig.shuts_down(agent, at)
    rig.starts(agent, rig.ago(minutes=minutes - 1))
    rig.owe("restarted-agent", agent.name)


def plant_none_alive(rig: Rig, *, seconds: float = 700) -> None:
    """Let every agent be gone, whatever it did; each may be told of as well."""
    while len(rig.agents) < 2:  # of one its own finding tells
        rig.gpu()
    for agent in rig.agents.values():
        silent(agent, rig, seconds)
        rig.leave_open("killed-agent", agent.name)
        for task in agent.running:
            rig.leave_open("orphaned-task", task.id)
    for id in rig.tasks:
        rig.leave_open("waiting-task", id)
    rig.owe("no-agent-alive", "queue")


def _crashed(agent: RigAgent) -> str:
    if agent.february:
        return f"Worker {agent.name} crashed in main loop"
    return "GPU agent crashed"


def plant_unstarted(rig: Rig) -> None:
    """Name an agent in the configuration that nobody ever started (3A, 1)."""
    name = rig.called(90 + len(rig.unstarted))
    rig.unstarted.append(name)
    rig.owe("heartbeat-missing", name)


def plant_ahead(rig: Rig, *, seconds: float = 3600) -> None:
    """Let an agent write times that are yet to come (3A, 1)."""
    agent = rig.gpu()
    agent.beat_at = rig.now + timedelta(seconds=seconds)
    rig.owe("clock-ahead", agent.name)


def plant_paused(rig: Rig, *, seconds: float = 700) -> None:
    """Let an agent pause for heat: its task waits, and is not stuck (3A, 18)."""
    agent, task = working(rig, seconds=seconds)
    task.sidecar_at = rig.ago(seconds=seconds - 20)
    reasons = ["GPU temp 82C >= 75C"]
    agent.fields = {
        "temperature_c": 82,
        "thermal_constrained": True,
        "thermal_reasons": reasons,
        "thermal_pause_active": True,
        "thermal_pause_reasons": reasons,
        "thermal_pause_until": rig.now + timedelta(seconds=21),
        "thermal_pause_attempts": 2,
    }
    agent.say(
        rig.ago(seconds=33),
        f"THERMAL_PAUSE_ENTER: reasons={reasons} pause=54s paused_workers=1"
        f" active_task_ids=['{task.short}']",
        "WARNING",
    )
    rig.owe("thermal-pause", agent.name)
    rig.spare(task.id)


def plant_constrained(rig: Rig) -> None:
    """Let an agent be held back for heat, and not yet pause."""
    agent = rig.gpu()
    reasons = ["GPU temp 76C >= 75C"]
    hot = {"thermal_constrained": True, "thermal_reasons": reasons, "temperature_c": 76}
    agent.fields = hot
    rig.owe("thermal-pause", agent.name)


def spare_cooled(rig: Rig) -> None:
    """Let an agent have paused for heat, and go on."""
    agent, task = working(rig, seconds=240)
    agent.fields = {
        "last_thermal_event": {
            "timestamp": rig.ago(seconds=70),
            "event": "exit",
            "reasons": ["GPU temp 82C >= 75C"],
        }
    }
    said = "THERMAL_PAUSE_EXIT: resumed_workers=1"
    agent.say(rig.ago(seconds=70), said, "WARNING")
    rig.spare(agent.name, task.id)


def plant_overheated(rig: Rig, *, seconds: float = 240) -> None:
    """Let an agent stop itself over a critical heat (3A, 18)."""
    agent, task = working(rig, seconds=seconds + 90)
    silent(agent, rig, seconds)
    said = "THERMAL SAFETY SHUTDOWN: GPU temp 91C >= 90C"
    agent.say(rig.ago(seconds=seconds - 1), said, "ERROR")
    rig.shuts_down(agent, rig.ago(seconds=seconds - 1))
    rig.owe("thermal-shutdown", agent.name)
    rig.owe("orphaned-task", task.id)


def plant_wedged(rig: Rig, *, state: str = "wedged") -> None:
    """Let an agent live whose runtime does not (3A, 6)."""
    agent = rig.gpu(hot=True)
    agent.fields = {
        "state": "cold",
        "runtime_state": state,
        "runtime_error_code": "load_exception",
        "runtime_error_detail": "llama-server did not answer",
        "runtime_health": {"healthy": False, "consecutive_failures": 7},
    }
    said = "llama health check failed: timed out (failure 7)"
    agent.say(rig.ago(seconds=20), said, "WARNING")
    rig.owe("wedged-runtime", agent.name)


def plant_unread(
    rig: Rig, *, kind: str = "abort", seconds: float = 45, alive: bool = False
) -> None:
    """Let a signal lie unread for over 30 s: its agent does not loop (3A, 19)."""
    if alive:
        agent = rig.gpu()
    else:
        agent, task = working(rig, seconds=720)
        silent(agent, rig, 690)
        rig.owe("killed-agent", agent.name)
        # By 3A, 5 it is an orphan; by 3A, 3 the brain's ladder is what to look at.
        rig.leave_open("orphaned-task", task.id)
        rig.leave_open("stuck-task", task.id)
    _signal(rig, agent, kind, seconds)
    rig.owe("unread-signal", agent.name)


def spare_unread(rig: Rig, *, kind: str = "abort", seconds: float = 4) -> None:
    """Let a signal have been written just now."""
    agent = rig.gpu()
    _signal(rig, agent, kind, seconds)
    rig.spare(agent.name)


def _signal(rig: Rig, agent: RigAgent, kind: str, seconds: float) -> None:
    at = rig.ago(seconds=seconds)
    said: Any = rig.naive(at)
    if kind != "stop":
        task = agent.running[0].id if agent.running else rig.id()
        reason = "no_progress_625s_threshold_600s"
        said = {"task_id": task, "timestamp": at, "reason": reason}
    rig.signals[f"{agent.name}.{kind}"] = (at, said)
    # An agent that does not loop claims nothing, and one told to stop does not either.
    rig.leave_open("not-claiming", agent.name)


def plant_held_back(rig: Rig, *, reserved: bool = True) -> None:
    """Let a load wait for the one agent that is held back from it (3A, 6 and 7)."""
    agent = rig.gpu()
    if reserved:
        agent.fields = {"reserved": True, "reserved_for": "benchmark"}
    else:
        agent.fields = {"env_block_reason": "missing modules: torchaudio"}
    task = rig.load(rig.ago(seconds=100), agent.name)
    rig.owe("not-claiming", agent.name)
    rig.owe("load-waits", task.id)


def plant_missing(rig: Rig, *, seconds: float = 610) -> RigAgent:
    """Let the brain miss an agent while work is there, and escalate it (3A, 9)."""
    agent = plant_killed(rig, seconds=seconds, busy=False)
    at = rig.ago(seconds=seconds - 220)
    id = f"{rig.stamped(at)}_{rig.random.getrandbits(32):08x}"
    name, misses = agent.name, 4
    while at < rig.now:
        rig.decide(
            *(at, "GPU_MISSING", f"GPU agents not running: ['{name}'] (1 tasks)"),
            missing=[name],
            miss_counts={name: misses},
        )
        at, misses = at + timedelta(seconds=30), misses + 1
    rig.missing[name] = {
        "escalation_id": id,
        "first_seen_at": rig.ago(seconds=seconds - 220),
        "miss_count": misses - 1,
    }
    rig.escalations[id] = {
        "escalation_id": id,
        "created_at": rig.ago(seconds=seconds - 220),
        "status": "pending",
        "type": "infrastructure_failure",
        "title": f"GPU agent {name} is missing",
        "details": {"gpu": name},
    }
    rig.owe("missing-agent", name)
    return agent


def spare_recovered(rig: Rig) -> None:
    """Let the brain have missed an agent that is back."""
    agent = rig.gpu(minutes=8)
    at = rig.ago(minutes=14)
    for number in range(8):
        rig.decide(
            *(at, "GPU_MISSING", f"GPU agents not running: ['{agent.name}']"),
            missing=[agent.name],
            miss_counts={agent.name: 4 + number},
        )
        at += timedelta(seconds=30)
    rig.decide(
        rig.ago(minutes=7),
        "GPU_RECOVERED",
        f"GPU agent recovered: {agent.name}",
        gpu=agent.name,
    )
    rig.spare(agent.name)
