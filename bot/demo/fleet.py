"""A made-up fleet: workers, tasks, pods and log lines, ready for a database.

Everything is relative to `now` and drawn from one seeded source of chance, so that
the same question asked of the same seed has the same answer. `bot.demo.day` lets
workers live in it, `bot.demo.sick_workers` lets them fail.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from bot.demo.load import Load
from bot.demo.orchestrator_log import OrchestratorLog
from bot.demo.owed import MadeUp
from bot.demo.pods import Pod
from bot.demo.postgres import Postgres
from bot.demo.rows import (
    GENERATIONS,
    PEOPLE,
    TASKS,
    WORKERS,
    LogRow,
    Person,
    Task,
    Worker,
    somebody,
)
from bot.demo.runpod_double import RunpodDouble

BEAT: Final = timedelta(seconds=20)  # systems/reigh.md, 4: the guardian's
PER_BEAT: Final = 100  # lines that one heartbeat carries (systems/reigh.md, 3.1)
DAY: Final = timedelta(hours=24)
MOST_SKEWED: Final = 30.0  # seconds that a pod's clock may be off


class Fleet(MadeUp):
    """The rows of one made-up day, while they are made.

    Args:
        now: the moment the rows are of; aware.
        seed: where chance begins.
        span: how far back the orchestrator's log goes.
        slow_cycle: how long ago one of its cycles took too long; None is never.
        restart: how long ago it was deployed anew, its cycles counted from 1.
        silent: for how long it has written nothing; None is not at all.
        skewed: whether each worker's clock is off, by up to 30 s.
    """

    def __init__(  # noqa: PLR0913 - each has its name at the call
        self,
        now: datetime,
        *,
        seed: int = 1,
        span: timedelta = DAY,
        slow_cycle: timedelta | None = None,
        restart: timedelta | None = None,
        silent: timedelta | None = None,
        skewed: bool = False,
    ) -> None:
        super().__init__(now, seed=seed)
        self.skewed = skewed
        self.begin = now - span
        self.workers: dict[str, Worker] = {}
        self.tasks: dict[str, Task] = {}
        self.pods: dict[str, Pod] = {}
        self.people: list[Person] = [*PEOPLE]
        self.idle_types: set[str] = set()
        """Kinds of tasks that somebody has switched off."""
        self.unlisted: set[str] = set()
        """Pods that run, though a list of all pods leaves them out."""
        self.secrets: list[str] = []
        self.logs: list[LogRow] = []
        self._lines: list[LogRow] | None = None
        self.orchestrator = OrchestratorLog(
            self.random, now, span=span, slow=slow_cycle, restart=restart, stops=silent
        )

    def pod_id(self) -> str:
        """Return a new pod id."""
        return "".join(
            self.random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=14)
        )

    def secret(self, text: str) -> str:
        """Remember a made-up secret, which no answer may show; return it."""
        self.secrets.append(text)
        return text

    def person(self, **more: Any) -> Person:
        """Return somebody new, with credits and in the cloud; *more* are fields."""
        self.people.append(somebody(len(self.people), **more))
        return self.people[-1]

    def log(  # noqa: PLR0913 - a row's columns
        self,
        at: datetime,
        source: str,
        source_id: str,
        level: str,
        message: str,
        *,
        task: str | None = None,
        worker: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line as it stands in the table."""
        id, cycle = self.id(), None
        row = LogRow(
            *(id, at, source, source_id, level, message, task, worker, cycle),
            metadata=metadata or {},
        )
        self.logs.append(row)

    def edge(
        self, at: datetime, function: str, *said: tuple[str, str], **more: Any
    ) -> None:
        """Add what an edge function wrote about one request: (level, message) pairs.

        Its clock has milliseconds only, so lines of one request often share one.
        `task` becomes the row's column, all else its metadata.
        """
        task = more.pop("task", None)
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        for level, message in said:
            self.log(
                *(at, "edge_function", function, level, f"[{function}] {message}"),
                task=task,
                metadata=more,
            )
            at += timedelta(milliseconds=self.random.choice((0, 0, 1, 3, 14)))

    def lines(self) -> list[LogRow]:
        """Return every line that has reached the table by now, oldest first.

        They are made once: what is said afterwards is not among them.
        """
        if self._lines is None:
            self._lines = self._written()
        return self._lines

    def _written(self) -> list[LogRow]:
        rows = [*self.logs]
        for worker in self.workers.values():
            rows += self._delivered(worker)
        rows += (
            LogRow(
                *(self.id(), said.at, "orchestrator_gpu", "orchestrator-gpu-main"),
                *(said.level, said.message),
                cycle_number=said.cycle,
                metadata=said.metadata,
            )
            for said in self.orchestrator.said(self._load())
        )
        # A worker's line has arrived, even where its fast clock dates it ahead.
        arrived = (
            row
            for row in rows
            if row.timestamp <= self.now
            or (self.skewed and row.source_type == "worker")
        )
        return sorted(arrived, key=lambda row: (row.timestamp, row.id))

    def tables(self) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]:
        """Return table, columns and rows, in the order in which keys allow them."""
        yield "workers", WORKERS, [each.row() for each in self.workers.values()]
        yield "tasks", TASKS, [each.row() for each in self.tasks.values()]
        yield "generations", GENERATIONS, [*self._generations()]
        yield "system_logs", LogRow._fields, self.lines()

    def load(self, postgres: Postgres, runpod: RunpodDouble | None = None) -> int:
        """Write all rows into an empty database, and rent the pods.

        Returns:
            How many log lines there are.
        """
        for person in self.people:
            settings = {"ui": {"generationMethods": {"inCloud": person.in_cloud}}}
            postgres.sql(
                "insert into users (id, credits, settings) values (%s, %s, %s)"
                " on conflict (id) do nothing",
                (person.id, person.credits, json.dumps(settings)),
            )
            postgres.sql(
                "insert into projects (id, user_id, name) values (%s, %s, %s)"
                " on conflict (id) do nothing",
                (person.project_id, person.id, person.name),
            )
        count = 0
        for table, columns, rows in self.tables():
            count = postgres.copy(table, columns, rows)
        # PostgREST's planned counts would otherwise know nothing of the rows.
        postgres.execute("analyze")
        if runpod is not None:
            runpod.load(*self.pods.values())
        return count

    def _delivered(self, worker: Worker) -> Iterator[LogRow]:
        """Return the lines that some heartbeat carried: the last ones may be lost."""
        first, last = worker.first_beat, worker.cut_at or worker.last_heartbeat
        if first is None or last is None:
            return
        beats = int((last - first) / BEAT)
        skew = self._skew(worker)
        said = sorted(worker.said, key=lambda it: it.at)
        taken: list[int] = []
        for position, each in enumerate(said):
            beat = max(0, -int((first - each.at) // BEAT))
            if position >= PER_BEAT:
                beat = max(beat, taken[position - PER_BEAT] + 1)
            taken.append(beat)
            if beat > beats or each.at > last:
                break
            yield LogRow(
                *(self.id(), each.at + skew, "worker", worker.id),
                *(each.level, each.message),
                task_id=each.task_id,
                worker_id=worker.id,
                metadata={},
            )

    def _skew(self, worker: Worker) -> timedelta:
        """Return by how much the worker's clock is ahead; the same whenever asked."""
        if not self.skewed:
            return timedelta(0)
        seconds = Random(worker.id).uniform(-MOST_SKEWED, MOST_SKEWED)
        return timedelta(seconds=seconds)

    def _generations(self) -> Iterator[tuple[Any, ...]]:
        for task in self.tasks.values():
            if task.generation_created:
                yield (
                    *(self.id(), json.dumps([task.id]), task.output_location),
                    "image" if task.task_type.endswith("t2i") else "video",
                    *(task.project_id, task.processed_at or task.updated_at),
                )

    def _load(self) -> Load:
        return Load(self.workers.values(), self.tasks.values())

    def workers_by_status(self) -> dict[str, int]:
        """Return how many workers have each status."""
        return dict(Counter(each.status for each in self.workers.values()))

    def tasks_by_status(self) -> dict[str, int]:
        """Return how many tasks have each status."""
        return dict(Counter(each.status for each in self.tasks.values()))
