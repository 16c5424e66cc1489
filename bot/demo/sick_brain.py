"""What can go wrong with a rig's brain, its queue and its logs as a whole."""

from datetime import timedelta
from typing import Final

from bot.demo.rig import Rig
from bot.demo.sick_agents import working

BRAIN: Final = "brain"
QUEUE: Final = "queue"


def plant_silent_brain(rig: Rig, *, seconds: float = 300) -> None:
    """Let the brain be gone for over 120 s, its monitor as well (3A, 10)."""
    rig.brain_at = rig.ago(seconds=seconds)
    rig.monitor_at = rig.ago(seconds=seconds + 11)
    rig.owe("brain-silent", BRAIN)


def plant_late_brain(rig: Rig, *, seconds: float = 60) -> None:
    """Let the brain beat late, perhaps because it thinks."""
    rig.brain_at = rig.ago(seconds=seconds)
    rig.owe("brain-silent", BRAIN)


def spare_brain(rig: Rig) -> None:
    """Let the brain be nearly late, and its monitor too."""
    rig.brain_at = rig.ago(seconds=28)
    rig.monitor_at = rig.ago(seconds=88)
    rig.spare(BRAIN)


def plant_stalled_monitor(rig: Rig, *, seconds: float = 95) -> None:
    """Let the brain beat on and look at nothing for over 90 s (3A, 10)."""
    rig.monitor_at = rig.ago(seconds=seconds)
    rig.owe("monitor-stalled", BRAIN)


def plant_no_cpu_agent(rig: Rig) -> None:
    """Let a cpu task wait while no cpu agent is there (3A, 6)."""
    batch = rig.batch(rig.ago(seconds=420), "probe_media")
    task = rig.task(batch, "probe", "cpu", at=rig.ago(seconds=400))
    rig.owe("waiting-task", task.id)


def plant_too_large(rig: Rig, *, seconds: float = 400) -> None:
    """Let a task wait that needs more memory than any agent has to give (3A, 6)."""
    batch = rig.batch(rig.ago(seconds=seconds + 9), "upscale")
    at = rig.ago(seconds=seconds)
    task = rig.task(batch, "upscale_8k", at=at, vram_estimate_mb=5900)
    rig.owe("waiting-task", task.id)


def plant_load_waits(rig: Rig, *, seconds: float = 62.5) -> None:
    """Let a model load wait for over 60 s, and the brain say so (3A, 7)."""
    agent, _ = working(rig, seconds=seconds + 30)
    task = rig.load(rig.ago(seconds=seconds), agent.name)
    rig.owe("load-waits", task.id)


def spare_load_waits(rig: Rig, *, seconds: float = 55) -> None:
    """Let a model load wait for nearly 60 s."""
    agent, _ = working(rig, seconds=seconds + 30)
    rig.spare(rig.load(rig.ago(seconds=seconds), agent.name).id, agent.name)


def plant_load_lock(rig: Rig, *, seconds: float = 50, owed: bool = True) -> None:
    """Let an agent hold the lock of model loads, renewed so long ago (3A, 7)."""
    agent = rig.gpu()
    at = rig.ago(seconds=seconds)
    rig.signals["model_load.global.json"] = (
        at,
        {
            "worker": agent.name,
            "pid": 22050,
            "phase": "single_model_load",
            "lease_id": rig.id(),
            "acquired_at": at - timedelta(seconds=70),
            "heartbeat_at": at,
        },
    )
    rig.spare(agent.name)
    if owed:
        rig.owe("stale-load-lock", QUEUE)


def plant_load_hangs(rig: Rig, *, seconds: float = 230, owed: bool = True) -> None:
    """Let a model load go on without a sign, for over 180 s if it is owed (3A, 8)."""
    agent = rig.gpu()
    task = rig.load(rig.ago(seconds=seconds + 4), agent.name)
    rig.run(agent, task, seconds=seconds)
    task.sidecar_at = rig.ago(seconds=seconds - 1)
    for waited in range(20, int(seconds), 20):
        said = f"LLAMA_LOAD_WAIT worker={agent.name} model=qwen2.5:7b elapsed_s="
        agent.say(rig.ago(seconds=seconds - waited), f"{said}{waited}")
    if owed:
        rig.owe("load-failing", task.id)
    else:
        rig.spare(task.id, agent.name)


def plant_load_failed(rig: Rig, *, code: str = "gguf_not_found") -> None:
    """Let a model load have failed, with the runtime's code (3A, 8)."""
    agent = rig.gpu()
    task = rig.load(rig.ago(seconds=400), agent.name)
    rig.claim(agent, task, rig.ago(seconds=396))
    rig.end(
        *(agent, task, rig.ago(seconds=380)),
        well=False,
        output="",
        model_loaded=False,
        runtime_error_code=code,
        error="the model could not be loaded",
        error_type="meta_runtime_failure",
    )
    rig.owe("load-failing", task.id)


def plant_locks(rig: Rig, *, count: int = 1001) -> None:
    """Leave more lock files behind than are normal (3A, 21)."""
    rig.leftovers = count
    rig.owe("lock-files", QUEUE)


def plant_unwritable(rig: Rig) -> None:
    """Let nobody be allowed to write a task's lock file (3A, 21)."""
    batch = rig.batch(rig.ago(seconds=40), "locked")
    task = rig.task(batch, "locked", at=rig.ago(seconds=30))
    rig.locked.append(task.id)
    rig.owe("lock-files", QUEUE)


def spare_locks(rig: Rig) -> None:
    """Leave many lock files behind, not too many."""
    rig.leftovers = 700
    rig.spare(QUEUE)


def plant_big_log(rig: Rig) -> None:
    """Let a console outgrow 100 MB (2A, A13)."""
    agent = rig.cpu()
    rig.grown = agent.name
    rig.owe("big-log", f"logs/cpu_workers/cpu-agent-{agent.name}.log")


def plant_uneven(rig: Rig, *, count: int = 6) -> None:
    """Let one agent do all llm tasks while others live: the guide's incident (20)."""
    agent = rig.gpu(hot=True)
    batch = rig.batch(rig.ago(minutes=24), "video_zim_batch", steps=count)
    at = rig.ago(minutes=22)
    for number in range(count):
        task = rig.task(batch, f"add_topics_v{number:02}", "llm")
        rig.claim(agent, task, at)
        at += timedelta(seconds=40)
        rig.end(agent, task, at)
    rig.complete(batch, at + timedelta(seconds=3))
    rig.owe("uneven-work", agent.name)


def spare_torn(rig: Rig) -> None:
    """Leave a task's file half written: it is counted as unreadable (1A.9, 3)."""
    batch = rig.batch(rig.ago(seconds=30), "torn")
    task = rig.task(batch, "half_written", at=rig.ago(seconds=20))
    task.torn = True
    rig.spare(task.id)
