"""Rigs of any size, healthy but for what is planted; the same for the same seed.

rig = make_rig(now, 7)                         # a mix drawn from the seed
rig = make_rig(now, 7, failures=["killed"])    # that alone
rig.expected, rig.innocent                     # the truth
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from bot.demo.rig import Rig
from bot.demo.rig_parts import Batch, RigAgent, RigTask
from bot.demo.rig_scenarios import (
    ALONE,
    COLD,
    ELDER,
    ELDER_ONLY,
    ELDER_WHOLE,
    RIG_SCENARIOS,
    SINGLY,
    WHOLE,
)

ZONES: Final = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata")
BATCH_EVERY: Final = timedelta(minutes=12)
# Then each of WHOLE is drawn about as often as each of SINGLY.
ODDS_OF_WHOLE: Final = 0.63
MOST: Final = 7  # failures and near misses at a time
ODDS_OF_FEBRUARY: Final = 1 / 6
LONG: Final = timedelta(seconds=300)  # the guide's "stuck" (systems/agents.md, 1A.1)
LATE: Final = timedelta(seconds=60)


def make_rig(  # noqa: PLR0913  each has its name at the call
    now: datetime,
    seed: int,
    *,
    gpus: int | None = None,
    failures: Sequence[str] | None = None,
    zone: str = "",
    february: bool | None = None,
) -> Rig:
    """Return a rig as of *now*, with *failures* in it, by their names in RIG_SCENARIOS.

    *gpus* is how many GPU agents are well; what is planted brings its own. What is
    not given is drawn from the seed; an empty list of failures plants none. What only
    a rig of *february* knows is planted into one; of drawn ones one in six is one.
    """
    chance = Random(seed)
    gpus = chance.randrange(4, 8) if gpus is None else gpus
    if february is None:
        drawn_old = failures is None and Random(-seed).random() < ODDS_OF_FEBRUARY
        february = drawn_old or bool(ELDER_ONLY.keys() & {*(failures or ())})
    if failures is None:
        failures = _mix_of_february(chance) if february else _mix(chance)
    drawn, debug = chance.choice(ZONES), chance.random() < 1 / 6
    rig = Rig(now, seed=seed, zone=zone or drawn, debug=debug, february=february)
    hot = 0 if february or COLD & {*failures} else 2
    agents = [rig.gpu(hot=number < hot) for number in range(gpus)]
    if "no cpu agent" not in failures and not february:
        agents.append(rig.cpu())
    rig.spare(*(each.name for each in agents))
    for number in range(chance.randrange(2, 5)):
        _past(rig, agents, rig.begin + timedelta(minutes=2) + number * BATCH_EVERY)
    _present(rig, agents)
    for name in failures:
        RIG_SCENARIOS[name](rig)
    _leave_open(rig)
    return rig


def _mix(chance: Random) -> list[str]:
    """Return some scenarios that can be true at the same time."""
    found = []
    if chance.random() < ODDS_OF_WHOLE:
        found.append(chance.choice(sorted(WHOLE)))
    if ALONE & {*found}:
        return found
    return found + chance.sample(sorted(SINGLY), chance.randrange(MOST + 1))


def _mix_of_february(chance: Random) -> list[str]:
    """Return some that workers of February 2026 know as well."""
    found = []
    if chance.random() < ODDS_OF_WHOLE:
        found.append(chance.choice(sorted(ELDER_WHOLE)))
    if ALONE & {*found}:
        return found
    return found + chance.sample(sorted(ELDER), chance.randrange(MOST + 1))


def _past(rig: Rig, agents: Sequence[RigAgent], start: datetime) -> None:
    """Let a batch be done whole: each agent of a kind does as much as the others."""
    chance = rig.random
    scripts, prompts = chance.randrange(1, 3), chance.randrange(3)
    batch = rig.batch(start, f"video_batch_{len(rig.batches) + 1}")
    end, done = start, []
    for agent in agents:
        if agent.cpu:
            continue
        free = start + timedelta(seconds=chance.uniform(3, 9))
        for number in range(prompts if agent.hot else scripts):
            kind, step = ("llm", "topics") if agent.hot else ("script", "transcribe")
            name = f"{step}_{agent.number:02}_{number}"
            task = rig.task(batch, name, kind)
            free = _work(rig, agent, task, free)
            done.append(name)
        end = max(end, free)
    for agent in (each for each in agents if each.cpu):
        task = rig.task(batch, "aggregate", "cpu", depends_on=done)
        end = _work(rig, agent, task, end)
    rig.complete(batch, end + timedelta(seconds=4))


def _work(rig: Rig, agent: RigAgent, task: RigTask, free: datetime) -> datetime:
    """Let the agent do the task; return when it is free."""
    rig.claim(agent, task, free)
    free += timedelta(seconds=rig.random.uniform(20, 90))
    rig.end(agent, task, free)
    return free + timedelta(seconds=rig.random.uniform(1, 6))


def _present(rig: Rig, agents: Sequence[RigAgent]) -> None:
    """Let a batch be at work: some agents run a task, others idle, little waits."""
    chance = rig.random
    batch = rig.batch(rig.ago(seconds=285), "video_batch_now")
    names = [
        take(rig, agent, batch).name for agent in agents if chance.random() < 2 / 3
    ]
    if names:
        task = rig.task(batch, "publish", "cpu", lane="private", depends_on=names)
        rig.spare(task.id)
    for number in range(chance.randrange(3)):
        at = rig.ago(seconds=chance.uniform(1, 45))
        rig.spare(rig.task(batch, f"transcribe_next_{number}", at=at).id)


def take(rig: Rig, agent: RigAgent, batch: Batch, *, seconds: float = 0) -> RigTask:
    """Let a healthy agent be at work for so long, or for as long as chance has it."""
    kind = "cpu" if agent.cpu else "llm" if agent.hot else "script"
    seconds = seconds or rig.random.uniform(20, 250)
    made = rig.ago(seconds=seconds + 4)
    task = rig.task(batch, f"{kind}_{agent.name}", kind, at=made)
    rig.run(agent, task, seconds=seconds)
    rig.spare(task.id)
    return task


def _leave_open(rig: Rig) -> None:
    """Leave open what the mixture itself may amount to, though nobody planted it.

    What waits for long, and whom it waits for, the page tells of any task and of any
    idle agent; that a clean stop matters while work waits, it does not say.
    """
    waiting = [each for each in rig.tasks.values() if each.lane in ("queue", "private")]
    for task in waiting:
        if rig.now - task.created_at > LATE:
            rig.leave_open("waiting-task", task.id)
    old = any(
        task.lane == "queue" and rig.now - task.created_at > LATE for task in waiting
    )
    for agent in rig.agents.values():
        if old and not agent.running:
            rig.leave_open("not-claiming", agent.name)
        if agent.ended and any(task.lane == "queue" for task in waiting):
            rig.leave_open("stopped-agent", agent.name)
    for task in rig.tasks.values():
        started = task.fields.get("started_at")
        if task.lane == "processing" and started and rig.now - started > LONG:
            rig.leave_open("long-running-task", task.id)
