"""What can hold up a rig's queue as a whole: all are busy, or none has a model.

The guide's cases of a whole rig (systems/agents.md, 2A: T2 and T3), and what is nearly
one. Each is planted alone: whoever idles or is hot beside it would make it untrue.
"""

from typing import Any, Final

from bot.demo.rig import Rig
from bot.demo.rig_parts import Batch
from bot.demo.sick_agents import working

QUEUE: Final = "queue"
LARGE_MB: Final = 4800  # of 4915: beside it nothing else has room
BUSY: Final = "all-busy"
NO_MODEL: Final = "no-model"


def plant_all_busy(rig: Rig, *, waiting: int = 40) -> None:
    """Let every GPU agent work while more waits: busy, and not stuck (T3)."""
    _work_all(rig)
    _wait(rig, waiting, seconds=290)
    rig.owe(BUSY, QUEUE)


def spare_one_free(rig: Rig) -> None:
    """Let every GPU agent but one work, which has not looked at the queue yet."""
    _work_all(rig)
    rig.spare(rig.gpu().name)
    _wait(rig, 12, seconds=3)
    rig.forbid(BUSY, QUEUE)


def plant_one_stuck(rig: Rig) -> None:
    """Let every GPU agent work while more waits, but one of them hang (3A, 3)."""
    _work_all(rig)
    agent, task = working(rig, seconds=650)
    task.sidecar_at = rig.ago(seconds=610)
    rig.spare(agent.name)
    _wait(rig, 12, seconds=290)
    rig.owe("stuck-task", task.id)
    rig.forbid(BUSY, QUEUE)


def spare_nothing_waits(rig: Rig) -> None:
    """Let every GPU agent work, and nothing wait for them."""
    _work_all(rig)
    agent = next(rig.living())
    for task in [*rig.tasks.values()]:
        if task.lane == QUEUE:
            rig.claim(agent, task, task.created_at)
            rig.end(agent, task, rig.now)
    rig.spare(QUEUE)
    rig.forbid(BUSY, QUEUE)


def plant_no_model(
    rig: Rig, *, seconds: float = 98, load: float | None = 40, owed: bool = True
) -> None:
    """Let llm tasks wait for so long while every GPU is cold (T2).

    *load* is for how long the model's load has waited for an agent at work; without it
    the brain has not asked for any.
    """
    batch = rig.batch(rig.ago(seconds=seconds + 9), "add_topics", steps=6)
    _prompts(rig, batch, seconds)
    if load is not None:
        agent, _ = working(rig, seconds=load + 30)
        task = rig.load(rig.ago(seconds=load), agent.name)
        rig.spare(agent.name)
        if load > 60:  # 3A, 7
            rig.owe("load-waits", task.id)
    if owed:
        rig.owe(NO_MODEL, QUEUE)
        rig.forbid(BUSY, QUEUE)
    else:
        rig.forbid(NO_MODEL, QUEUE)


def plant_model_loads(rig: Rig) -> None:
    """Let llm tasks wait while a GPU loads the model: that is only worth knowing."""
    plant_no_model(rig, load=None, owed=True)
    agent = rig.gpu()
    task = rig.load(rig.ago(seconds=25), agent.name)
    rig.run(agent, task, seconds=20)
    rig.spare(agent.name, task.id)


def spare_one_model(rig: Rig) -> None:
    """Let llm tasks wait while the only hot GPU is busy with one."""
    agent, _ = working(rig, seconds=120, kind="llm", hot=True)
    rig.spare(agent.name)
    plant_no_model(rig, load=None, owed=False)


def _work_all(rig: Rig) -> None:
    """Let every GPU agent that idles take a task."""
    batch = rig.batch(rig.ago(seconds=140), "upscale_now")
    for agent in [*rig.living()]:
        if not agent.running:
            kind = "llm" if agent.hot else "script"
            at = rig.ago(seconds=125)
            more: dict[str, Any] = {} if agent.hot else {"vram_estimate_mb": LARGE_MB}
            task = rig.task(batch, f"upscale_{agent.name}", kind, at=at, **more)
            rig.spare(rig.run(agent, task, seconds=120).id)


def _wait(rig: Rig, number: int, *, seconds: float) -> None:
    """Let so many tasks wait for a GPU agent with room for a large one."""
    batch = rig.batch(rig.ago(seconds=seconds + 9), "upscale_all", steps=number)
    for each in range(number):
        at = rig.ago(seconds=seconds)
        name = f"upscale_{each:03}"
        task = rig.task(batch, name, at=at, vram_estimate_mb=LARGE_MB)
        if not each:
            rig.spare(task.id)


def _prompts(rig: Rig, batch: Batch, seconds: float) -> None:
    for number in range(6):
        at = rig.ago(seconds=seconds)
        task = rig.task(batch, f"add_topics_v{number:02}", "llm", at=at)
        if not number:
            rig.spare(task.id)
