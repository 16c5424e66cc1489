"""What the programs of a rig write of themselves: heartbeats, state, configuration."""

from typing import Any

from bot.demo import rig_february as february
from bot.demo.rig import BUDGET_MB, TOTAL_MB, Rig
from bot.demo.rig_parts import RigAgent


def config(rig: Rig) -> dict[str, Any]:
    """Return what config.json says (systems/agents.md, 1A.8)."""
    agents = [each.name for each in rig.agents.values() if not each.cpu]
    names = [*agents, *rig.unstarted]
    if rig.february:
        return {"shared_path": "../", "workers": february.configured(names)}
    return {
        "_generated_by": "setup.py",
        "shared_path": "../",
        "runtime_backend": "llama",
        "brain": {"name": "brain", "model": "qwen2.5:32b", "gpus": [0]},
        "gpus": [
            {
                "name": name,
                "id": int(name.removeprefix("gpu-")),
                "vram_mb": TOTAL_MB,
                "model": "qwen2.5:7b",
                "port": 21434 + int(name.removeprefix("gpu-")),
                "permissions": "worker.json",
            }
            for name in names
        ],
        "max_hot_workers": 4,
        "timeouts": {"poll_interval_seconds": 5, "brain_think_seconds": 120},
        "resource_limits": {"gpu_temp_warning_c": 75, "gpu_temp_critical_c": 90},
        "retry_policy": {"max_attempts": 3},
    }


def brain(rig: Rig) -> dict[str, Any]:
    """Return what the brain's heartbeat says."""
    return {
        "worker_type": "brain",
        "name": "brain",
        "hostname": "rig-host",
        "state": "online",
        "last_updated": rig.naive(rig.brain_at)[:19],  # of whole seconds
        "brain_gpus": [0],
        "active_batches": sum(each.active for each in rig.batches),
        "brain_pids": {"pid": 22039},
    }


def state(rig: Rig) -> dict[str, Any]:
    """Return what the brain saved (systems/agents.md, 1A.6)."""
    return {
        "pid": 22039,
        "started_at": rig.brain_at,  # rewritten on every save: 1A.6
        "status": "active",
        "active_batches": {
            each.id: {
                "plan": each.plan,
                "display_name": each.plan,
                "started_at": each.at,
                "total_tasks": sum(it.batch is each for it in rig.tasks.values()),
            }
            for each in rig.batches
            if each.active
        },
        "load_llm_requests": {},
        "incidents": rig.incidents,
        "gpu_missing_escalations": rig.missing,
    }


def beats(agent: RigAgent) -> tuple[str, ...]:
    """Return the files into which the agent writes its heartbeat."""
    if agent.february:
        return (f"workers/{agent.name}/heartbeat.json",)
    if agent.cpu:
        return f"cpus/{agent.name}/heartbeat.json", f"heartbeats/{agent.name}.json"
    return (f"gpus/gpu_{agent.number}/heartbeat.json",)


def heartbeat(agent: RigAgent) -> dict[str, Any]:
    """Return what the agent's heartbeat says (systems/agents.md, 1A.4)."""
    if agent.february:
        return february.heartbeat(agent)
    stats = {"tasks_completed": agent.done, "tasks_failed": agent.failed}
    if agent.cpu:
        held = agent.running[0] if agent.running else None
        return {
            "worker_type": "cpu",
            "name": agent.name,
            "hostname": "rig-host",
            "state": "running" if held else "idle",
            "active_task_id": held and held.id,
            "active_task_started_at": held and held.fields.get("started_at"),
            "active_task_pid": held and held.fields.get("_pid"),
            "last_updated": agent.beat_at,
            "thermal_pause_active": False,
            "stats": {"queue_count": 0, "processing_count": len(agent.running)},
            **agent.fields,
        }
    metas = [each for each in agent.running if each.task_class == "meta"]
    work = [each for each in agent.running if each.task_class != "meta"]
    claimed = sum(each.fields.get("vram_estimate_mb", BUDGET_MB) for each in work)
    state = "ready_single" if agent.hot else "cold"
    return {
        "gpu_id": agent.number,
        "name": agent.name,
        "state": "hot" if agent.hot else "cold",
        "runtime_state": "loading_single" if metas else state,
        "runtime_error_code": None,
        "runtime_error_detail": None,
        "model_loaded": agent.hot,
        "loaded_model": "qwen2.5:7b" if agent.hot else None,
        "loaded_tier": 1 if agent.hot else 0,
        "runtime_placement": "single_gpu",
        "reserved": False,
        "reserved_for": "",
        "runtime_health": {"healthy": True, "consecutive_failures": 0},
        "last_updated": agent.beat_at,
        "temperature_c": 52,
        "vram_used_mb": 4700 if agent.hot else 12,
        "vram_total_mb": TOTAL_MB,
        "claimed_vram_mb": claimed,
        "budget_available_mb": max(0, BUDGET_MB - claimed),
        "active_workers": len(work),
        "active_tasks": [
            {
                "worker_id": f"{agent.name}-w0-{each.short}",
                "task_id": each.id,
                "task_class": each.task_class,
                "task_name": each.name,
                "peak_vram_mb": each.peak_mb,
                "pid": each.fields.get("_pid"),
                "started_at": each.fields.get("started_at"),
            }
            for each in work
        ],
        "meta_task_active": bool(metas),
        "meta_task_id": metas[0].id if metas else None,
        "meta_task_phase": "loading" if metas else None,
        "thermal_constrained": False,
        "thermal_reasons": [],
        "thermal_pause_active": False,
        "thermal_pause_reasons": [],
        "env_block_reason": None,
        "stats": stats,
        **agent.fields,
    }
