"""A made-up fleet: workers, tasks, pods and log lines, ready for a database.

Everything is relative to `now` and drawn from one seeded source of chance, so that
the same question asked of the same seed has the same answer. `bot.demo.lives` lets
workers live in it, `bot.demo.plants` lets them fail.
"""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from bot.demo.orchestrator_log import OrchestratorLog
from bot.demo.pods import Pod
from bot.demo.postgres import Postgres
from bot.demo.runpod_double import RunpodDouble

BEAT: Final = timedelta(seconds=20)  # systems/reigh.md, 4: the guardian's
PER_BEAT: Final = 100  # lines that one heartbeat carries (systems/reigh.md, 3.1)
DAY: Final = timedelta(hours=24)
TICK: Final = timedelta(microseconds=1900)  # between two lines of one burst
BURST: Final = timedelta(milliseconds=30)


class LogRow(NamedTuple):
    """A row of system_logs, in the order of its columns."""

    id: str
    timestamp: datetime
    source_type: str
    source_id: str
    log_level: str
    message: str
    task_id: str | None = None
    worker_id: str | None = None
    cycle_number: int | None = None
    metadata: Mapping[str, Any] | None = None


class Said(NamedTuple):
    """What a worker's program wrote, before its guardian carried it away."""

    at: datetime
    level: str
    message: str
    task_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a project; who may run at most five tasks at once."""

    id: str
    project_id: str
    name: str
    credits: int = 500
    in_cloud: bool = True


def _person(number: int, name: str, **more: Any) -> Person:
    return Person(
        id=f"00000000-0000-4000-8000-0000000001{number:02d}",
        project_id=f"00000000-0000-4000-8000-0000000002{number:02d}",
        name=name,
        **more,
    )


ADA: Final = _person(1, "ada's films")
BEN: Final = _person(2, "ben's trailer")  # has five running tasks
CLEO: Final = _person(3, "cleo's loops", credits=0)
DAN: Final = _person(4, "dan's drafts", in_cloud=False)
EVE: Final = _person(5, "eve's shorts")
FAY: Final = _person(6, "fay's tests")
PEOPLE: Final = (ADA, BEN, CLEO, DAN, EVE, FAY)


@dataclass(slots=True, kw_only=True)
class Worker:
    """A row of workers, and what the row does not tell."""

    id: str
    created_at: datetime
    status: str = "inactive"
    instance_type: str = "NVIDIA GeForce RTX 4090"
    last_heartbeat: datetime | None = None
    metadata: dict[str, Any] | None = field(default_factory=dict)
    current_model: str | None = None
    pod_id: str | None = None
    first_beat: datetime | None = None
    active_at: datetime | None = None
    ended_at: datetime | None = None
    cut_at: datetime | None = None
    """The last heartbeat that carried lines, where a later one came with none."""
    loaded: str | None = None
    """The model its program holds; the row's column stays unset in production."""
    said: list[Said] = field(default_factory=list)

    def say(
        self, at: datetime, message: str, *, level: str = "INFO", task: str | None = None
    ) -> None:
        """Write a line, which arrives if a heartbeat still comes after it."""
        if self.said and timedelta(0) <= self.said[-1].at - at < BURST:
            at = self.said[-1].at + TICK
        self.said.append(Said(at, level, message, task))

    def say_at_once(self, at: datetime, *messages: str) -> None:
        """Write lines that all carry one time: those sent without a time of their own."""
        self.said += (Said(at, "INFO", message, None) for message in messages)

    def note(self, **keys: Any) -> None:
        """Write keys of the row's metadata."""
        self.metadata = {**(self.metadata or {}), **keys}

    def row(self) -> tuple[Any, ...]:
        """Return it in the order of WORKERS."""
        return (
            self.id,
            self.instance_type,
            self.created_at,
            self.last_heartbeat,
            self.status,
            self.metadata,
            self.current_model,
        )


@dataclass(slots=True, kw_only=True)
class Task:
    """A row of tasks."""

    id: str
    task_type: str
    created_at: datetime
    project_id: str
    status: str = "Queued"
    params: dict[str, Any] = field(default_factory=dict)
    dependant_on: list[str] | None = None
    output_location: str | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    processed_at: datetime | None = None
    generation_created: bool = False
    worker_id: str | None = None
    attempts: int = 0
    error_message: str | None = None

    @property
    def ended_at(self) -> datetime | None:
        """Return when it left the queue for good; None while it is in it."""
        ended = self.status in ("Complete", "Failed", "Cancelled")
        return (self.processed_at or self.updated_at) if ended else None

    def row(self) -> tuple[Any, ...]:
        """Return it in the order of TASKS."""
        return (
            self.id,
            self.task_type,
            self.params,
            self.status,
            self.dependant_on,
            self.output_location,
            self.created_at,
            self.updated_at,
            self.project_id,
            self.started_at,
            self.processed_at,
            self.generation_created,
            self.worker_id,
            self.attempts,
            self.error_message,
        )


WORKERS: Final = (
    *("id", "instance_type", "created_at", "last_heartbeat", "status", "metadata"),
    "current_model",
)
TASKS: Final = (
    *("id", "task_type", "params", "status", "dependant_on", "output_location"),
    *("created_at", "updated_at", "project_id", "generation_started_at"),
    *("generation_processed_at", "generation_created", "worker_id", "attempts"),
    "error_message",
)
GENERATIONS: Final = ("id", "tasks", "location", "type", "project_id", "created_at")


class Expected(NamedTuple):
    """A finding that the product owes: the rule's id and the subject's."""

    rule: str
    subject: str


class Fleet:
    """The rows of one made-up day, while they are made.

    Args:
        now: the moment the rows are of; aware.
        seed: where chance begins.
        span: how far back the orchestrator's log goes.
        slow_cycle: how long ago one of its cycles took too long; None is never.
        restart: how long ago it was deployed anew, its cycles counted from 1.
    """

    def __init__(
        self,
        now: datetime,
        *,
        seed: int = 1,
        span: timedelta = DAY,
        slow_cycle: timedelta | None = None,
        restart: timedelta | None = None,
    ) -> None:
        self.now = now
        self.begin = now - span
        self.random = Random(seed)
        self.workers: dict[str, Worker] = {}
        self.tasks: dict[str, Task] = {}
        self.pods: dict[str, Pod] = {}
        self.expected: list[Expected] = []
        self.secrets: list[str] = []
        self.logs: list[LogRow] = []
        self.orchestrator = OrchestratorLog(
            self.random, now, span=span, slow=slow_cycle, restart=restart
        )

    def ago(self, **span: float) -> datetime:
        """Return the moment so long before now, as in `fleet.ago(minutes=8)`."""
        return self.now - timedelta(**span)

    def id(self, begins: str = "") -> str:
        """Return a new UUID; it begins with the hexadecimal digits given."""
        digits = begins + f"{self.random.getrandbits(128):032x}"[len(begins) :]
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
        )

    def pod_id(self) -> str:
        """Return a new pod id."""
        return "".join(self.random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=14))

    def secret(self, text: str) -> str:
        """Remember a made-up secret, which no answer may show; return it."""
        self.secrets.append(text)
        return text

    def owe(self, rule: str, subject: str) -> None:
        """Note that the product owes a finding by *rule* on *subject*."""
        self.expected.append(Expected(rule, subject))

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
        row = LogRow(
            self.id(), at, source, source_id, level, message, task, worker, None,
            metadata or {},
        )  # fmt: skip
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
        """Return every line that has reached the table by now, oldest first."""
        rows = [*self.logs]
        for worker in self.workers.values():
            rows += self._delivered(worker)
        rows += (
            LogRow(
                self.id(), said.at, "orchestrator_gpu", "orchestrator-gpu-main",
                said.level, said.message, None, None, said.cycle, said.metadata,
            )  # fmt: skip
            for said in self.orchestrator.said(self._load())
        )
        return sorted(
            (row for row in rows if row.timestamp <= self.now),
            key=lambda row: (row.timestamp, row.id),
        )

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
        for person in PEOPLE:
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
                self.id(), each.at, "worker", worker.id, each.level, each.message,
                each.task_id, worker.id, None, {},
            )  # fmt: skip

    def _generations(self) -> Iterator[tuple[Any, ...]]:
        for task in self.tasks.values():
            if task.generation_created:
                yield (
                    *(self.id(), json.dumps([task.id]), task.output_location),
                    "image" if task.task_type.endswith("t2i") else "video",
                    *(task.project_id, task.processed_at),
                )

    def _load(self) -> "Load":
        return Load(self.workers.values(), self.tasks.values())

    def workers_by_status(self) -> dict[str, int]:
        """Return how many workers have each status."""
        return dict(Counter(each.status for each in self.workers.values()))

    def tasks_by_status(self) -> dict[str, int]:
        """Return how many tasks have each status."""
        return dict(Counter(each.status for each in self.tasks.values()))


class Load:
    """How much there was to do, and who was there to do it, at any time."""

    def __init__(self, workers: Iterable[Worker], tasks: Iterable[Task]) -> None:
        ours = [each for each in workers if each.pod_id is not None]
        work = [each for each in tasks if "orchestrator" not in each.task_type]
        never = datetime.max.replace(tzinfo=UTC)
        self._made = sorted(each.created_at for each in ours)
        self._active = sorted(each.active_at or never for each in ours)
        self._gone_early = sorted(
            each.ended_at or never for each in ours if each.active_at is None
        )
        self._gone = sorted(each.ended_at or never for each in ours if each.active_at)
        self._queued = sorted(each.created_at for each in work)
        self._started = sorted(
            each.started_at or each.ended_at or never for each in work
        )
        self._finished = sorted(
            each.ended_at or never for each in work if each.started_at
        )
        self._never_started = sorted(
            each.ended_at or never for each in work if not each.started_at
        )

    def at(self, moment: datetime) -> tuple[int, int, int, int]:
        """Return spawning and active workers, queued and active tasks."""

        def count(times: list[datetime]) -> int:
            return bisect_left(times, moment)

        spawning = count(self._made) - count(self._active) - count(self._gone_early)
        active = count(self._active) - count(self._gone)
        queued = count(self._queued) - count(self._started)
        running = (
            count(self._started) - count(self._never_started) - count(self._finished)
        )
        return spawning, active, queued, running
