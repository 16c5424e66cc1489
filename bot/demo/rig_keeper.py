"""Keeps a rig's incident as it was while the clock goes on.

Living agents beat, finish tasks and take others, the brain looks at everything each
30 s and goes on with what is stuck, what is late stays as late as it was; who is dead
stays dead.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from bot.demo.rig import Rig
from bot.demo.rig_consoles import MONITOR
from bot.demo.rig_files import Shared
from bot.demo.rig_parts import RigAgent, RigTask
from bot.demo.rigs import take

REQUEUED_AFTER_KILL: Final = timedelta(seconds=60)  # systems/agents.md, 1A.8
LONGEST: Final = timedelta(minutes=4)  # a healthy task takes no longer here
FRESH: Final = timedelta(seconds=20)
PAUSE: Final = timedelta(seconds=54)


class RigKeeper:
    """Changes a rig a little at every beat, and writes what has changed."""

    def __init__(self, rig: Rig, shared: Shared) -> None:
        """Remember who beats, and which sidecars are written on."""
        self._rig = rig
        self._shared = shared
        self._beating = [
            each
            for each in rig.agents.values()
            if not each.ended and rig.now - each.beat_at < FRESH
        ]
        self._late = [
            each
            for each in rig.agents.values()
            if not each.ended and each not in self._beating
        ]
        self._fresh = {
            id
            for id, task in rig.tasks.items()
            if task.sidecar_at is not None and rig.now - task.sidecar_at < FRESH
        }
        shared.bring(rig)

    def beat(self, now: datetime) -> None:
        """Bring everything up to *now*; call it every few seconds."""
        rig = self._rig
        passed, rig.now = now - rig.now, now
        rig.brain_at = rig.ago(seconds=1)
        while rig.monitor_at + MONITOR < now:
            rig.monitor_at += MONITOR
        for agent in self._late:
            agent.beat_at += passed
            for task in agent.running:
                task.sidecar_at = agent.beat_at
        for agent in self._beating:
            agent.beat_at = rig.ago(seconds=rig.random.uniform(0.5, 3))
            self._pause(agent)
            if agent.name in rig.innocent:
                self._work(agent)
        self._release()
        for incident in rig.incidents.values():
            self._climb(incident)
        for task in rig.tasks.values():
            if task.id in self._fresh and task.sidecar_at is not None:
                task.sidecar_at = rig.ago(seconds=rig.random.uniform(0, 3))
        self._shared.bring(rig)

    def _pause(self, agent: RigAgent) -> None:
        """Let one that pauses for heat pause again: it does not cool down."""
        until = agent.fields.get("thermal_pause_until")
        if isinstance(until, datetime) and until < self._rig.now:
            agent.fields["thermal_pause_until"] = self._rig.now + PAUSE

    def _work(self, agent: RigAgent) -> None:
        """Let a healthy agent end what it has run for long, or take what waits."""
        rig = self._rig
        ours = [each for each in agent.running if each.id in rig.innocent]
        for task in ours:
            if rig.now - task.fields["started_at"] > LONGEST:
                agent.running.remove(task)
                rig.end(agent, task, rig.ago(seconds=1))
                if not agent.cpu:
                    batch = rig.batch(rig.ago(seconds=5), "video_batch_now")
                    self._fresh.add(take(rig, agent, batch, seconds=1).id)
        kind = "cpu" if agent.cpu else "llm" if agent.hot else "script"
        queue = [each for each in self._waiting() if each.task_class == kind]
        if queue and not agent.running:
            rig.run(agent, queue[0], seconds=1)
            self._fresh.add(queue[0].id)

    def _climb(self, incident: dict[str, Any]) -> None:
        """Let the brain take its next step about a stuck task: one at each look."""
        rig, killed = self._rig, incident.get("stuck_force_kill_sent_at")
        last = killed or incident.get("stuck_abort_sent_at")
        after = REQUEUED_AFTER_KILL if killed else MONITOR
        if last is None or rig.now - last < after:
            return
        step = incident["history"][0]
        task, agent = rig.tasks[step["task_id"]], rig.agents[step["worker"]]
        if task not in agent.running:
            return
        at, about = last + after, {"worker": agent.name, "task_id": task.short}
        incident["updated_at"] = at
        if killed:
            said = f"Re-queued task {task.name} after force kill timeout"
            rig.decide(at, "TASK_REQUEUED_TIMEOUT", said, **about)
            agent.running.remove(task)
            task.lane, task.sidecar_at = "queue", None
            task.fields |= {"status": "pending", "requeued_at": at}
            rig.spare(task.id)
        elif incident["stuck_abort_count"] > 1:
            said = f"Sent force kill to {agent.name} for task {task.short}"
            rig.decide(at, "TASK_FORCE_KILL_SIGNAL", said, **about)
            incident["stuck_force_kill_sent_at"] = at
        else:
            said = f"Sent graceful abort to {agent.name} for task {task.short}"
            rig.decide(at, "TASK_ABORT_SIGNAL", said, **about)
            incident |= {"stuck_abort_count": 2, "stuck_abort_sent_at": at}

    def _waiting(self) -> list[RigTask]:
        tasks = self._rig.tasks.values()
        return [
            it for it in tasks if it.lane == "queue" and it.id in self._rig.innocent
        ]

    def _release(self) -> None:
        """Let the brain queue what no longer waits for anything."""
        rig = self._rig
        done = {
            (task.batch.id, task.name)
            for task in rig.tasks.values()
            if task.lane == "complete"
        }
        for task in [*rig.tasks.values()]:
            needs = task.fields.get("depends_on", ())
            if task.lane != "private" or task.id not in rig.innocent:
                continue
            if all((task.batch.id, name) in done for name in needs):
                task.lane = "queue"
                rig.decide(
                    *(rig.now, "TASK_RELEASED", f"Released task to queue: {task.name}"),
                    task_id=task.short,
                )
