"""What the agents' programs are set to, for `config`.

Their constants stand in the code, and no variable sets them; the rest is what
config.json may say, with the values that hold where it says nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.file_queue import Configured
from bot.settings import Setting

# systems/agents.md, 1A.8: constants in code. Seconds unless the text says otherwise.
CONSTANTS: Final[Mapping[str, tuple[str, str]]] = {
    "monitor interval": ("30", "seconds between two looks of the brain at everything"),
    "heartbeat stale": ("120", "seconds after which the brain calls an agent missing"),
    "agent missing after": ("4", "looks in a row; the brain then escalates it"),
    "no progress, script": ("600", "seconds without a sign until a script is aborted"),
    "no progress, llm": ("420", "the same for an llm task"),
    "no progress, cpu": ("900", "the same for a cpu task"),
    "no progress, meta": ("180", "the same for loading and unloading models"),
    "no progress, other": ("900", "the same for all others"),
    "requeue after kill": ("60", "seconds from the kill signal to the queue"),
    "orphan after": ("120", "seconds until a task that nobody runs is queued again"),
    "load_llm stale": ("60", "seconds after which an unclaimed load is warned of"),
    "brain shell task": ("1800", "seconds that a shell task of the brain may take"),
    "load budget": ("300", "seconds that loading a model may take"),
    "VRAM budget": ("80", "per cent of a GPU's memory that tasks may claim together"),
    "VRAM of a cpu task": ("1024", "MB it claims; an llm task claims the whole budget"),
    "runtime restart after": ("6", "failed health checks in a row"),
    "runtime breaker at": ("8", "failed health checks: the runtime is given up"),
    "mismatch breaker": ("3", "wrong models in 300 s; claims rest for 120 s then"),
    "split quarantine": ("3", "failures of a pair in 600 s; it rests for 900 s then"),
    "load lock stale": ("45", "seconds without a sign from who loads a model"),
}
# systems/agents.md, 1A.8: names in config.json, and what holds without them.
CONFIGURED: Final[Mapping[str, tuple[str, str]]] = {
    "max_hot_workers": ("4", "so many GPUs may have a model loaded at once"),
    "initial_hot_workers": ("1", "so many load one at the start"),
    "timeouts.poll_interval_seconds": ("5", "seconds between two turns of every loop"),
    "timeouts.brain_think_seconds": ("120", "seconds for which thinking may block it"),
    "timeouts.worker_task_seconds": ("0", "0: the permission file's 1800 s hold"),
    "timeouts.resource_task_cooldown_seconds": (
        "45",
        "seconds between two loads or unloads that the brain asks for",
    ),
    "timeouts.single_unload_idle_seconds": ("90", "an idle GPU is unloaded after them"),
    "timeouts.task_heartbeat_interval_seconds": (
        "15",
        "seconds between two signs of a running task",
    ),
    "resource_limits.max_temp_c": ("80", "a hotter GPU claims nothing"),
    "resource_limits.gpu_temp_warning_c": ("75", "at this heat an agent pauses"),
    "resource_limits.gpu_temp_critical_c": ("90", "at this heat an agent stops"),
    "resource_limits.cpu_temp_warning_c": ("78", "at this heat an agent pauses"),
    "resource_limits.cpu_temp_critical_c": ("99", "at this heat an agent stops"),
    "resource_limits.max_vram_percent": ("95", "a fuller GPU claims nothing"),
    "resource_limits.max_power_w": ("140", "a GPU that draws more claims nothing"),
    "retry_policy.max_attempts": ("3", "attempts before the brain gives a task up"),
    "retry_policy.max_brain_fix_attempts": ("3", "so often the brain tries to mend it"),
    "thermal_pause.initial_seconds": ("30", "the first pause for heat"),
    "thermal_pause.max_seconds": ("300", "and the longest"),
    "thermal_pause.backoff_factor": ("1.8", "by which each pause is longer"),
    "thermal_pause.resume_margin_c": ("4", "so much cooler it has to be"),
}


def settings(
    programs: Sequence[Setting], configured: Configured | None
) -> tuple[Setting, ...]:
    """Return the variables, what is configured and what nobody can set."""
    values = configured.values if configured else {}
    found = [
        Setting(
            name=name,
            value=values.get(name, default),
            default=default,
            origin="config.json" if name in values else "default",
            used=True,
            explanation=meaning,
        )
        for name, (default, meaning) in CONFIGURED.items()
    ]
    constants = [
        Setting(
            name=name,
            value=value,
            default=value,
            origin="default",
            used=True,
            explanation=f"{meaning} (in the code: no setting changes it)",
        )
        for name, (value, meaning) in CONSTANTS.items()
    ]
    return (*programs, *found, *constants)
