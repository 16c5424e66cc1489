"""Keeps an incident as it was while the clock goes on, so that it stays true for hours.

Living workers beat, finish tasks and take others; the orchestrator turns its cycles; a
late heartbeat stays as late as it was. Who is dead died once, and stays so; what
somebody ended meanwhile stays ended.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from bot.demo.fleet import Fleet
from bot.demo.incident import Incident
from bot.demo.labours import MODELS, SINGLE, claim, complete, generate, step, submit
from bot.demo.odd_pods import plant_newborn
from bot.demo.orchestrator_log import POLL, Turn
from bot.demo.postgres import Postgres
from bot.demo.rows import TASKS, WORKERS, LogRow, Person, Task, Worker
from bot.demo.runpod_double import RunpodDouble
from bot.demo.sick_workers import plant_beatless

EVERY: Final = timedelta(seconds=20)
LONGEST: Final = timedelta(minutes=6)  # a healthy task takes no longer here
YOUNG: Final = timedelta(minutes=5)  # a newborn becomes never-started at ten
SELECT: Final = f"select {', '.join(TASKS)} from tasks"  # noqa: S608 - our columns
COMPLAINT: Final = timedelta(minutes=8)  # between two errors that heal by themselves


class Keeper:
    """Changes the loaded rows a little at every beat.

    Args:
        incident: what was loaded.
        postgres: where the rows are.
        runpod: where the pods are.
    """

    def __init__(
        self, incident: Incident, postgres: Postgres, runpod: RunpodDouble | None
    ) -> None:
        fleet, truth = incident.fleet, incident.truth
        self._postgres = postgres
        self._runpod = runpod
        self.pods = dict(fleet.pods)
        """Those there were at the last change, by their ids."""
        self._seeds = count(1)
        self._cycle = fleet.orchestrator.turns[-1].number
        self._turned = fleet.orchestrator.turns[-1].start
        self._complained = truth.now
        self.alive = [
            each.id
            for each in fleet.workers.values()
            if each.status == "active"
            and each.last_heartbeat is not None
            and fleet.now - each.last_heartbeat < EVERY
        ]
        """The ids of the workers that go on beating."""
        self._late = {
            id: fleet.now - beat
            for id in (truth.ageing_worker,)
            if (beat := fleet.workers[id].last_heartbeat) is not None
        }
        still = [truth.ageing_task]
        still += [
            each.id
            for each in fleet.tasks.values()
            if each.status == "In Progress"
            and (
                "orchestrator_task_id_ref" in each.params
                or each.worker_id not in fleet.workers
                or fleet.workers[each.worker_id].pod_id is None
            )
            and each.worker_id != truth.bare_worker
        ]
        self._held = {
            id: fleet.now - started
            for id in still
            if (started := fleet.tasks[id].started_at) is not None
        }
        self._stuck = truth.stuck_task
        self._newborn = truth.newborn_worker
        self._beatless = truth.beatless_worker
        self._made = {
            id: fleet.workers[id].created_at for id in (self._newborn, self._beatless)
        }

    def beat(self, now: datetime) -> None:
        """Bring everything up to *now*; call it every 20 s."""
        self._heartbeats(now)
        fleet = self._scratch(now)
        self._labours(fleet)
        self._successors(fleet)
        self._turns(fleet)
        if now - self._complained >= COMPLAINT:
            self._complained = now
            fleet.edge(
                now,
                "complete-task",
                (
                    "ERROR",
                    "Storage upload failed: 503 Service Unavailable",
                ),
            )
        self._write(fleet)

    def _scratch(self, now: datetime) -> Fleet:
        """Return a fleet for what happens in this beat alone."""
        return Fleet(now, seed=next(self._seeds), span=timedelta(minutes=1))

    def _heartbeats(self, now: datetime) -> None:
        self._postgres.sql(
            "update workers set last_heartbeat = %s - random() * interval '3 s'"
            " where id = any(%s) and status = 'active'",
            (now, self.alive),
        )
        for id, silence in self._late.items():
            self._postgres.sql(
                "update workers set last_heartbeat = %s"
                " where id = %s and status = 'active'",
                (now - silence, id),
            )
        for id, running in self._held.items():
            self._postgres.sql(
                "update tasks set generation_started_at = %s, updated_at = %s"
                " where id = %s and status = 'In Progress'",
                (now - running, now - running, id),
            )

    def _labours(self, fleet: Fleet) -> None:
        """Let each living worker go on with its task, or finish it for the next."""
        running = self._postgres.sql(
            f"{SELECT} where status = 'In Progress' and worker_id = any(%s)"
            " and task_type not like '%%orchestrator%%' order by id",
            (self.alive,),
        )
        for row in running:
            task = _task(row)
            if task.id == self._stuck or task.started_at is None:
                continue
            worker = self._worker(fleet, task)
            took = fleet.now - task.started_at
            if took < LONGEST or task.id in self._held:
                if int(took / EVERY) % 2:
                    number = min(1 + int(took / timedelta(minutes=1)), 6)
                    step(worker, task, fleet.ago(seconds=4), number)
                continue
            fleet.tasks[task.id] = task
            begun, ended = task.started_at, fleet.ago(seconds=9)
            complete(fleet, worker, task, begun, ended)
            self._next(fleet, worker, task.project_id)

    def _next(self, fleet: Fleet, worker: Worker, project: str) -> None:
        """Let the worker claim what its last task's owner has waited for longest."""
        at = fleet.ago(seconds=1.5)
        whose = Person(id="", project_id=project, name="")
        kind = fleet.random.choice(SINGLE)
        waiting = self._postgres.sql(
            f"{SELECT} where status = 'Queued' and project_id = %s"
            " and dependant_on is null and id <> all(%s::uuid[])"
            " order by created_at limit 1",
            (project, [*fleet.tasks]),
        )
        if waiting:
            task = fleet.tasks[str(waiting[0][0])] = _task(waiting[0])
            submit(fleet, fleet.ago(seconds=3), task.task_type, whose=whose)
        else:
            task = submit(fleet, fleet.ago(seconds=11), kind, whose=whose)
        worker.loaded = MODELS.get(task.task_type)
        generate(fleet, worker, task, claim(fleet, worker, task, at))

    def _worker(self, fleet: Fleet, task: Task) -> Worker:
        """Return the task's worker as far as its lines need it."""
        worker = fleet.workers.get(str(task.worker_id))
        if worker is None:
            worker = Worker(
                id=str(task.worker_id),
                created_at=fleet.ago(hours=1),
                first_beat=fleet.ago(hours=1),
                last_heartbeat=fleet.now,
                loaded=MODELS.get(task.task_type),
            )
            fleet.workers[worker.id] = worker
        return worker

    def _successors(self, fleet: Fleet) -> None:
        """Let a newborn and a beatless worker that grow too old make way for others."""
        if fleet.now - self._made[self._newborn] > YOUNG:
            self._end(fleet, self._newborn)
            self._newborn = self._welcome(plant_newborn(fleet, seconds=25).worker)
        if fleet.now - self._made[self._beatless] > YOUNG + timedelta(minutes=3):
            self._end(fleet, self._beatless)
            self._beatless = self._welcome(plant_beatless(fleet, minutes=2))
        if not fleet.pods or self._runpod is None:
            return
        left = self._runpod.left()  # somebody may have ended some
        known = {id: pod for id, pod in self.pods.items() if id in left}
        self.pods = known | fleet.pods
        self._runpod.load(*self.pods.values())

    def _welcome(self, worker: Worker) -> str:
        self._made[worker.id] = worker.created_at
        self._insert("workers", WORKERS, worker.row())
        return worker.id

    def _end(self, fleet: Fleet, id: str) -> None:
        """Scale a worker down early, which leaves no reason behind."""
        self._postgres.sql(
            "update workers set status = 'terminated' where id = %s", (id,)
        )
        fleet.orchestrator.say(
            fleet.ago(seconds=30),
            "Terminating 1 workers (over-capacity: idle longer than 30s)",
            f"Terminated idle worker {id}",
            did="workers_terminated",
        )
        del self._made[id]
        self.pods = {pod: each for pod, each in self.pods.items() if each.name != id}

    def _turns(self, fleet: Fleet) -> None:
        """Let the cycles pass that are due."""
        happened = [line for turn in fleet.orchestrator.turns for line in turn.said]
        while self._turned + POLL + timedelta(seconds=2) < fleet.now:
            self._turned += POLL
            self._cycle += 1
            turn = Turn(self._turned, self._cycle)
            for line in happened:
                turn.said.append(line._replace(at=turn.end, cycle=turn.number))
                turn.end += timedelta(milliseconds=4)
            happened = []
            for line in turn.lines(self):
                fleet.logs.append(
                    LogRow(
                        *(fleet.id(), line.at, "orchestrator_gpu"),
                        *("orchestrator-gpu-main", line.level, line.message),
                        cycle_number=line.cycle,
                        metadata=line.metadata,
                    )
                )

    def at(self, moment: datetime) -> tuple[int, int, int, int]:
        """Return spawning and active workers, queued and active tasks, as of now."""
        del moment
        [found] = self._postgres.sql(
            "select count(*) filter (where status in ('spawning', 'inactive')),"
            " count(*) filter (where status = 'active'),"
            " (select count(*) from tasks where status = 'Queued'),"
            " (select count(*) from tasks where status = 'In Progress'"
            "  and task_type not like '%orchestrator%') from workers"
        )
        spawning, active, queued, running = found
        return spawning, active, queued, running

    def _write(self, fleet: Fleet) -> None:
        for task in fleet.tasks.values():
            self._insert("tasks", TASKS, task.row())
        ours = {id for id, row in fleet.workers.items() if row.first_beat is not None}
        fleet.workers = {id: fleet.workers[id] for id in ours}
        fleet.orchestrator.turns = []
        self._postgres.copy("system_logs", LogRow._fields, fleet.lines())

    def _insert(self, table: str, columns: Iterable[str], row: Iterable[Any]) -> None:
        """Write a row, or what has changed of it."""
        names = tuple(columns)
        places = ", ".join(
            "%s::uuid[]" if name == "dependant_on" else "%s" for name in names
        )
        changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        self._postgres.sql(
            f"insert into {table} ({', '.join(names)})"  # noqa: S608 - our own names
            f" values ({places}) on conflict (id) do update set {changes}",
            [json.dumps(it) if isinstance(it, dict) else it for it in row],
        )


def _task(row: tuple[Any, ...]) -> Task:
    """Return the task of a row in the order of TASKS."""
    fields = dict(zip(TASKS, row, strict=True))
    fields["id"] = str(fields["id"])
    fields["project_id"] = str(fields["project_id"])
    fields["started_at"] = fields.pop("generation_started_at")
    fields["processed_at"] = fields.pop("generation_processed_at")
    return Task(**fields)
