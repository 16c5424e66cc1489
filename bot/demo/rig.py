"""A made-up rig: what brain, agents and workers of a file queue know at one moment.

Written from systems/agents.md, 1A. `bot.demo.rig_files` says how it lies on a disk;
`bot.demo.rigs` lets a healthy one work, `bot.demo.sick_agents` and its neighbours let
it fail. The same seed makes the same rig.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.demo import rig_february as february
from bot.demo.owed import MadeUp
from bot.demo.rig_parts import Batch, Decision, RigAgent, RigTask

HOUR: Final = timedelta(hours=1)
TOTAL_MB: Final = 6144
BUDGET_MB: Final = 4915  # systems/agents.md, 1A.8: 80 % of all


class Rig(MadeUp):
    """The folder of one made-up hour, while it is made.

    Args:
        now: the moment it is of; aware.
        seed: where chance begins.
        zone: of the host, which writes times without one.
        span: how far back its logs go.
        debug: whether agents write each look at the queue.
        february: whether workers of February 2026 are there in place of GPU agents.
    """

    def __init__(  # noqa: PLR0913  each has its name at the call
        self,
        now: datetime,
        *,
        seed: int = 1,
        zone: str = "UTC",
        span: timedelta = HOUR,
        debug: bool = False,
        february: bool = False,
    ) -> None:
        super().__init__(now, seed=seed)
        self.begin = now - span
        self.zone = ZoneInfo(zone)
        self.debug = debug
        self.february = february
        self.agents: dict[str, RigAgent] = {}
        self.tasks: dict[str, RigTask] = {}
        self.batches: list[Batch] = []
        self.decisions: list[Decision] = []
        self.unstarted: list[str] = []
        """Configured agents that nobody ever started."""
        self.brain_at = self.ago(seconds=3)
        """When the brain last wrote its heartbeat."""
        self.monitor_at = self.ago(seconds=14)
        """When it last looked at everything."""
        self.signals: dict[str, tuple[datetime, Any]] = {}
        """By the names of their files: when, and the JSON or the text."""
        self.incidents: dict[str, dict[str, Any]] = {}
        self.missing: dict[str, dict[str, Any]] = {}
        self.escalations: dict[str, dict[str, Any]] = {}
        self.locked: list[str] = []
        """Ids whose lock files nobody may write."""
        self.leftovers = 14
        """Lock files of tasks that are long gone; systems/agents.md, 1A.2."""
        self.grown: str = ""
        """A console that has grown too large."""

    def naive(self, at: datetime) -> str:
        """Return the time as programs of the host write it."""
        local = at.astimezone(self.zone).replace(tzinfo=None)
        return local.isoformat(timespec="microseconds")

    def stamped(self, at: datetime) -> str:
        """Return the id that something made then has: local, of whole seconds."""
        return f"{at.astimezone(self.zone):%Y%m%d_%H%M%S}"

    def gpu(self, *, hot: bool = False, minutes: float = 58) -> RigAgent:
        """Start a GPU agent so many minutes ago, or a worker of February; it beats."""
        number = len(self.agents) + 1
        agent = self._started(self.called(number), number, minutes)
        agent.hot = hot
        self.starts(agent, agent.started_at)
        if hot:
            at = agent.started_at + timedelta(seconds=38)
            now = "ready for LLM tasks" if self.february else "GPU is now HOT"
            agent.say(at, f"Model loaded in 8s - {now}")
        return agent

    def called(self, number: int) -> str:
        """Return the name of the agent at that GPU."""
        return f"worker-{number}" if self.february else f"gpu-{number}"

    def starts(self, agent: RigAgent, at: datetime) -> None:
        """Let a GPU agent write what it writes when it starts."""
        if agent.february:
            february.starts(agent, at)
            return
        name, number = agent.name, agent.number
        port = f"port {21434 + number}"
        agent.say(
            at,
            f"GPU agent initialized: {name} (GPU {number}), {port},"
            " model qwen2.5:7b, backend=llama",
        )
        agent.say(at, f"GPU agent {name} starting")
        agent.say(at, f"llama runtime initialized (cold) on GPU {number}, {port}")
        agent.say(at, "GPU agent ready")

    def shuts_down(self, agent: RigAgent, at: datetime) -> None:
        """Let a GPU agent write what it writes when it stops."""
        if agent.february:
            february.shuts_down(agent, at)
            return
        counts = f"completed {agent.done}, failed {agent.failed}"
        agent.say(at, f"GPU {agent.name} shutting down - {counts}")
        for task in agent.running:
            agent.say(at, f"Killed worker {agent.name}-w0-{task.short} (shutdown)")
        agent.say(at, "llama-server stopped")
        agent.say(at, "Cleanup complete")

    def cpu(self, *, minutes: float = 58) -> RigAgent:
        """Start a cpu agent so many minutes ago; it beats."""
        number = len(self.agents) + 1
        agent = self._started(f"cpu-pi{number}", number, minutes)
        agent.say(
            agent.started_at,
            "starting: queue=shared/tasks/queue"
            " permissions=shared/agents/permissions/worker.json once=False poll=5s"
            " venv=-",
        )
        return agent

    def _started(self, name: str, number: int, minutes: float) -> RigAgent:
        beat = self.ago(seconds=self.random.uniform(0.5, 5))
        at = self.ago(minutes=minutes)
        agent = RigAgent(name=name, number=number, started_at=at, beat_at=beat)
        self.agents[name] = agent
        return agent

    def batch(self, at: datetime, plan: str, *, steps: int = 1) -> Batch:
        """Submit a plan; no other batch of the rig has its id."""
        taken = {each.id for each in self.batches}
        while self.stamped(at) in taken:
            at += timedelta(seconds=1)
        id = f"{self.random.getrandbits(32):08x}" if self.february else self.stamped(at)
        batch = Batch(id=id, plan=plan, at=at)
        self.batches.append(batch)
        self.decide(
            *(at, "PLAN_READ", f"Read plan from {plan}"),
            batch_id=batch.id,
            plan_size=417,
        )
        if not self.february:
            self.decide(
                *(at, "PLAN_MODE", f"Fresh mode for {plan}: {batch.id}"),
                run_mode="fresh",
                batch_id=batch.id,
            )
        self.decide(
            *(at, "PLAN_PARSED", f"Parsed {steps} tasks from plan.md"),
            batch_id=batch.id,
            goal_driven=False,
        )
        return batch

    def task(
        self,
        batch: Batch,
        name: str,
        task_class: str = "script",
        *,
        at: datetime | None = None,
        lane: str = "queue",
        **fields: Any,
    ) -> RigTask:
        """Create a task of the batch, in the queue unless another lane is named."""
        at = at or batch.at + timedelta(seconds=2)
        task = RigTask(
            id=self.id(),
            name=name,
            task_class=task_class,
            batch=batch,
            created_at=at,
            lane=lane,
            fields=fields,
        )
        if task_class == "script" and not self.february:
            fields.setdefault("vram_estimate_mb", 2200)
            fields.setdefault("vram_estimate_source", "plan:explicit")
        self.tasks[task.id] = task
        self.decide(
            *(at, "TASK_CREATED", f"Created task: {name} ({task_class})"),
            task_id=task.short,
            task_class=task_class,
        )
        if lane == "queue":
            self.decide(
                *(at, "TASK_RELEASED", f"Released task to queue: {name}"),
                task_id=task.short,
            )
            self.event(task, "task_released", at)
        return task

    def load(self, at: datetime, *candidates: str, **fields: Any) -> RigTask:
        """Let the brain ask for a model to be loaded."""
        batch = Batch(id="system", plan="", at=at)
        kind = "resource" if self.february else "meta"  # systems/agents.md, 1A.1
        return self.task(
            *(batch, "load_llm", kind),
            at=at,
            type=kind,
            command="load_llm",
            target_model="qwen2.5:7b",
            candidate_workers=[*candidates],
            priority=10,
            **fields,
        )

    def claim(self, agent: RigAgent, task: RigTask, at: datetime) -> None:
        """Let the agent take the task."""
        tried = [*task.fields.get("workers_attempted", ()), agent.name]
        task.lane = "processing"
        task.fields |= {
            "status": "processing",
            "assigned_to": agent.name,
            "started_at": at,
            "attempts": len(tried),
            "workers_attempted": tried,
            "last_attempt_at": at,
            "first_attempted_at": task.fields.get("first_attempted_at", at),
        }
        task.sidecar_by = agent.name
        kind, pid = task.task_class, 2000 + self.random.randrange(30_000)
        task.fields["_pid"] = pid
        if agent.february:
            february.claims(agent, task, at)
        elif agent.cpu:
            agent.say(at, f"claimed cpu task {task.short} ({task.name})")
        elif kind == "meta":
            agent.say(at, f"Claimed meta task: {task.short} ({task.name})")
        else:
            need = task.fields.get("vram_estimate_mb", BUDGET_MB)
            agent.say(
                at,
                f"Claimed {kind} task: {task.short}... ({task.name})"
                f" [{need}MB, {BUDGET_MB - need}MB remaining]",
            )
            agent.say(
                at,
                f"Spawned worker {agent.name}-w0-{task.short} (PID {pid}) for {kind}"
                f" task {task.short}",
            )
        self.event(task, "task_started", at)

    def run(self, agent: RigAgent, task: RigTask, *, seconds: float) -> RigTask:
        """Let the agent have been at work on the task for so long; return it."""
        self.claim(agent, task, self.ago(seconds=seconds))
        agent.running.append(task)
        late = (
            15 if agent.cpu else 5
        )  # systems/agents.md, 1A.3: how often it is written
        task.sidecar_at = self.ago(seconds=self.random.uniform(0, min(late, seconds)))
        if agent.cpu:
            task.peak_mb = None
        return task

    def end(
        self,
        agent: RigAgent,
        task: RigTask,
        at: datetime,
        *,
        well: bool = True,
        **result: Any,
    ) -> None:
        """Let the agent finish the task, well or not; *result* is added to its file."""
        task.lane = "complete" if well else "failed"
        task.sidecar_at = None
        step = f"step {task.name} item= worker={agent.name}\n"
        task.fields |= {
            "status": task.lane,
            "completed_at": at,
            "result": {
                "success": well,
                "output": step,
                "action": "allowed",
                "reason": "",
                "worker": agent.name,
                **({} if agent.february else {"max_vram_used_mb": 0}),
                **result,
            },
        }
        agent.done, agent.failed = agent.done + well, agent.failed + (not well)
        how = "OK" if well else "FAIL"
        if agent.february:
            february.ends(agent, task, at, well=well)
        elif agent.cpu:
            agent.say(at, f"finished cpu task {task.short}: {how}")
        else:
            worker = f"{agent.name}-w0-{task.short}"
            freed = task.fields.get("vram_estimate_mb", BUDGET_MB)
            peak = f"(VRAM peak: 0MB, freed {freed}MB budget)"
            agent.say(at, f"Worker {worker} finished: {how} {peak}")
            ended = "completed" if well else "failed"
            agent.say(at, f"Task {task.short}... {ended}")
        self.event(task, "task_succeeded" if well else "task_failed", at)

    def decide(self, at: datetime, kind: str, message: str, **details: Any) -> None:
        """Let the brain write a decision."""
        self.decisions.append(Decision(at, kind, message, details))

    def event(self, task: RigTask, event: str, at: datetime) -> None:
        """Write an event of the task's batch."""
        task.batch.events.append(
            {
                "event": event,
                "batch_id": task.batch.id,
                "recorded_at": at,
                "task_id": task.id,
                "task_name": task.name,
                "task_class": task.task_class,
                "worker": task.fields.get("assigned_to"),
                "attempts": task.fields.get("attempts", 0),
            }
        )

    def complete(self, batch: Batch, at: datetime) -> None:
        """Let the brain call the batch complete."""
        batch.active = False
        self.decide(
            *(at, "BATCH_COMPLETE", f"Batch {batch.id} finished successfully"),
            batch_id=batch.id,
            plan=batch.plan,
        )

    def living(self, *, hot: bool | None = None) -> Iterator[RigAgent]:
        """Yield the GPU agents that are well; only hot or cold ones if asked for."""
        for agent in self.agents.values():
            well = agent.name in self.innocent and not agent.cpu
            if well and (hot is None or agent.hot is hot):
                yield agent
