"""`worker ID`: what is this worker doing, did it start, how did it die?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain.cases import Case
from bot.domain.errors import NotFound, SourceDown
from bot.domain.findings import Finding
from bot.domain.fleet import Claim, Lost, claims, ending, missing
from bot.domain.lives import Stage, life
from bot.domain.logs import LogLine
from bot.domain.pods import Pod, PodId
from bot.domain.report import Ask, Facts, Gap, Read, Report, Section, Table, Timeline
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import Window, ahead, spoken, stamp
from bot.domain.verdicts import KEPT_HOURS, lost, of_worker
from bot.domain.workers import Pulse, Worker, WorkerId, WorkerPhase
from bot.rules.book import judge
from bot.sources import UNREAD, Listing, only, whole_worker_id

LOGGING: Final = timedelta(minutes=5)  # systems/reigh.md, F32
TASKS_SHOWN: Final = 20
RECENT: Final = "recent ones: workers --hours 2"

# What the start of a worker leaves behind (systems/reigh.md, 3.2 and 3.3). Words such
# as "model" or "loading" would match its ordinary work.
_STARTUP: Final = (
    " started. Polling every",
    "HeadlessTaskQueue initialized",
    "Task queue started with",
    "[LAZY_INIT]",
    "[CUDA_DEBUG]",
    "is_available() returned False",
    "Failed to initialize",
    "Creating worker:",
    "SUCCESS:",
    "Error creating pod",
    "Failed to create pod",
    "startup script",
    "STARTUP SCRIPT",
    "Startup logs for",
    "system status:",
    "DISK SPACE ISSUE",
    "Potential errors in",
    "startup status",
    "ModuleNotFoundError",
    "No space left",
    "died immediately",
    "is still running after",
    "SCRIPT FAILED",
    "INSTALLING DEPENDENCIES",
    "GIT PULL",
    "SSH_EXEC",
    "SSH_AUTH",
    "detected as active via logging",
    "now logging",
    "MARKING AS ERROR",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerQuery:
    """What `worker` wants to know."""

    id: str = command.identifier(
        "the worker, or the first characters of its id", listed_by="workers --hours 2"
    )
    logs_only: bool = command.switch("only its log lines, all of them")
    startup: bool = command.switch("only how it started")
    check_logging: bool = command.switch("only whether its lines arrive")
    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """The worker's row. Times are UTC; None is never, or not known."""

    id: str
    status: str
    created_at: datetime
    last_heartbeat_at: datetime | None
    heartbeat_age_seconds: float | None
    runpod_id: str | None
    ram_tier: int | None
    storage_volume: str | None
    instance_type: str | None
    current_model: str | None
    vram_total_mb: int | None
    vram_used_mb: int | None
    error_reason: str | None
    orchestrator_status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTask:
    """A task that the worker holds or held."""

    id: str
    task_type: str
    status: str
    started_at: datetime | None
    processed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerData:
    """What `worker` found. *timeline* joins its own lines and those that name it."""

    worker: WorkerFacts
    is_logging: bool | None
    last_logged_at: datetime | None
    timeline: tuple[LogLine, ...]
    tasks: tuple[HeldTask, ...]
    life: tuple[Stage, ...]
    """The stages of a dead worker's life; empty while it lives."""


async def answer(query: WorkerQuery, asked: Asked) -> Report:
    """Return everything about one worker: its row, its tasks and every line of it."""
    workers = asked.system.workers
    id = await whole_worker_id(query.id, asked.system)
    try:
        return await _investigate(id, query, asked)
    except NotFound:
        found = await only("worker", query.id, workers.find, hint=RECENT)
        return await _investigate(found, query, asked)


async def _investigate(id: WorkerId, query: WorkerQuery, asked: Asked) -> Report:
    gaps, window = asked.gaps, asked.window(query.hours)
    logs = asked.system.logs
    (worker, pods), own, naming, tasks = await asyncio.gather(
        _with_pod(id, asked),
        gaps.ask(logs.of_worker(id, window), UNREAD),
        gaps.ask(logs.naming(id, window), UNREAD),
        gaps.ask(asked.system.tasks.of_worker(id), UNREAD),
    )
    lines = _joined(own, naming)
    others, claimable = await _beside_the_idle(worker, tasks, asked)
    done = [task.processed_at for task in tasks.rows if task.phase is TaskPhase.DONE]
    case = Case(
        now=asked.now,
        thresholds=asked.thresholds,
        workers=(worker, *others),
        holders=(worker,),
        claims=None if pods is None else _claims(pods, worker, asked),
        lost=None if pods is None else _lost(pods, worker),
        tasks=tasks.rows,
        lines=lines,
        logs_read=frozenset({id}) if own is not UNREAD else frozenset(),
        lines_since=own.rows[0].at if own.cut and own.rows else window.since,
        finished={id: max((at for at in done if at), default=None)}
        if tasks.whole
        else None,
        claimable=claimable,
    )
    about = {task.id for task in tasks.rows if task.phase is TaskPhase.RUNNING}
    about |= {id, *(pod.id for pod in pods or ())}
    findings = tuple(found for found in judge(case) if found.subject.id in about)
    last = case.last_lines.get(id)
    logging = None if own is UNREAD else _is_logging(last, asked.now)
    shown = (
        tuple(line for line in lines if _of_startup(line)) if query.startup else lines
    )
    data = WorkerData(
        worker=_facts(worker, asked.now),
        is_logging=logging,
        last_logged_at=last.at if last else None,
        timeline=shown,
        tasks=tuple(_held(task) for task in tasks.rows),
        life=life(worker, tasks.rows, None if own is UNREAD else lines, pods)
        if lost(worker, asked.now)
        else (),
    )
    report = Report(
        summary=of_worker(
            worker,
            findings,
            tasks=tasks.rows,
            lines=None if own is UNREAD else own.rows,
            now=asked.now,
            otherwise=_summary(worker, tasks.rows, asked.now),
            hours=query.hours,
        ),
        findings=findings,
        sections=(
            _row(worker, pods, last, asked.now),
            *_life(data.life),
            *_tasks(tasks.rows),
            _timeline(shown, query),
        ),
        asks=_asks(worker, pods, tasks.rows, query, findings),
        data=data,
        window=window,
        truncated=own.cut or naming.cut or tasks.cut,
        notes=_notes(worker, own, naming, window, query),
        reads=tuple(
            Read(source=source, at=asked.now)
            for source in ("supabase", *(["runpod"] if pods is not None else []))
        ),
        arguments={**_arguments(query), "id": id},
    )
    if query.logs_only:
        return replace(report, sections=(_timeline(shown, query),))
    if query.startup:
        return replace(report, summary=_started(worker, shown, asked.now))
    if query.check_logging:
        newest = tuple(line for line in lines if line.source == "worker")[-10:]
        section = Timeline(title="Its newest lines", lines=newest)
        summary = _logs_arrive(worker, last, logging, asked.now)
        return replace(report, summary=summary, sections=(section,))
    return report


COMMAND: Final = Command(
    name="worker",
    answers="What is this worker doing, did it start, how did it die?",
    query=WorkerQuery,
    handler=answer,
    examples=("worker gpu-20251017_130952-95cd7f4c", "worker gpu-20251017 --startup"),
    data=WorkerData,
    place=11,
)


def _arguments(query: WorkerQuery) -> dict[str, object]:
    return {
        "logs_only": query.logs_only,
        "startup": query.startup,
        "check_logging": query.check_logging,
        "hours": query.hours,
    }


async def _with_pod(
    id: WorkerId, asked: Asked
) -> tuple[Worker, tuple[Pod, ...] | None]:
    """Return the worker; if it is dead, its pod as well, or nothing if that is gone.

    None means that no pod was asked for, or that RunPod did not answer: a gap and no
    failure, for the rest of the answer does not need it. Calls that end pods are
    reported as done even when they failed (systems/reigh.md, 0.8), so a dead worker's
    row proves nothing.
    """
    worker = await asked.system.workers.get(id)
    dead = worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED)
    if not dead or worker.runpod_id is None:
        return worker, None
    try:
        pod = await asked.system.pods.get(PodId(worker.runpod_id))
    except SourceDown as error:
        asked.gaps.add(Gap(source=error.source, reason=error.message, failed=False))
        return worker, None
    return worker, (pod,) if pod else ()


async def _beside_the_idle(
    worker: Worker, tasks: Listing[Task], asked: Asked
) -> tuple[tuple[Worker, ...], int | None]:
    """Return the other workers and how many tasks could be taken, if this one idles.

    Whether it may stay depends on them (systems/reigh.md, F19).
    """
    busy = any(task.phase is TaskPhase.RUNNING for task in tasks.rows)
    if busy or worker.pulse(asked.now) is not Pulse.HEALTHY or not tasks.whole:
        return (), None
    system, ask = asked.system, asked.gaps.ask
    fleet, queue = await asyncio.gather(
        ask(system.workers.fleet(asked.window(1)), UNREAD),
        ask(system.tasks.queue(asked.now), None),
    )
    others = tuple(each for each in fleet.rows if each.id != worker.id)
    if queue is None or queue.untold or not queue.entries.whole:
        return others, None
    return others, queue.for_workers


def _claims(pods: tuple[Pod, ...], worker: Worker, asked: Asked) -> tuple[Claim, ...]:
    return claims(
        pods,
        (worker,),
        prefixes=asked.system.pods.name_prefixes,
        minimum_age=asked.thresholds.minimum_pod_age,
        error_grace=asked.thresholds.error_grace,
        now=asked.now,
    )


def _lost(pods: tuple[Pod, ...], worker: Worker) -> tuple[Lost, ...]:
    """Return the worker if its pod, which was asked for, is gone or stands still."""
    gone = () if pods or worker.runpod_id is None else (PodId(worker.runpod_id),)
    return missing((worker,), pods, ended=frozenset(gone))


def _joined(own: Listing[LogLine], naming: Listing[LogLine]) -> tuple[LogLine, ...]:
    if not naming.rows:
        return own.rows
    return tuple(sorted((*own.rows, *naming.rows), key=lambda line: line.order))


def _is_logging(last: LogLine | None, now: datetime) -> bool:
    return last is not None and now - last.at <= LOGGING


def _of_startup(line: LogLine) -> bool:
    return any(mark in line.message for mark in _STARTUP)


def _facts(worker: Worker, now: datetime) -> WorkerFacts:
    silence = worker.silence(now)
    return WorkerFacts(
        id=worker.id,
        status=worker.status,
        created_at=worker.created_at,
        last_heartbeat_at=worker.last_heartbeat_at,
        heartbeat_age_seconds=None if silence is None else silence.total_seconds(),
        runpod_id=worker.runpod_id,
        ram_tier=worker.ram_tier,
        storage_volume=worker.storage_volume,
        instance_type=worker.instance_type,
        current_model=worker.current_model,
        vram_total_mb=worker.vram_total_mb,
        vram_used_mb=worker.vram_used_mb,
        error_reason=worker.error_reason,
        orchestrator_status=worker.orchestrator_status,
    )


def _held(task: Task) -> HeldTask:
    return HeldTask(
        id=task.id,
        task_type=task.task_type,
        status=task.status,
        started_at=task.started_at,
        processed_at=task.processed_at,
    )


def _summary(worker: Worker, tasks: tuple[Task, ...], now: datetime) -> str:
    running = [task for task in tasks if task.phase is TaskPhase.RUNNING]
    verb = "working on" if worker.phase is WorkerPhase.ACTIVE else "still holding"
    doing = f", {verb} {running[0].id[:8]}" if running else ""
    silence = worker.silence(now)
    if worker.phase is WorkerPhase.ACTIVE:
        if worker.pulse(now) is Pulse.MISSING:
            return f"{worker.id} is called active and has never beaten"
        beat = "" if silence is None else f", last heartbeat {spoken(silence)} ago"
        return f"{worker.id} is {worker.status}{beat}{doing}"
    if worker.phase is WorkerPhase.STARTING:
        age = spoken(now - worker.created_at)
        return f"{worker.id} is {worker.status}, made {age} ago"
    why = f": {worker.error_reason}" if worker.error_reason else ""
    return f"{worker.id} is {worker.status}{why}{doing}"


def _started(worker: Worker, lines: tuple[LogLine, ...], now: datetime) -> str:
    """Return how far its start came, by the line that only a started worker writes."""
    up = next(
        (line for line in lines if " started. Polling every" in line.message), None
    )
    if up is not None:
        took = spoken(max(up.at - worker.created_at, timedelta(0)))
        return f"{worker.id} came up at {stamp(up.at)}, {took} after its creation"
    if worker.last_heartbeat_at is not None:
        return (
            f"{worker.id} beat, last at {stamp(worker.last_heartbeat_at)}, but no line"
            " of the window says that its program came up"
        )
    age = spoken(now - worker.created_at)
    return f"{worker.id} has not come up in the {age} since its creation"


def _logs_arrive(
    worker: Worker, last: LogLine | None, logging: bool | None, now: datetime
) -> str:
    if logging is None:
        return f"cannot tell whether {worker.id} is logging: its lines were not read"
    if last is None:
        return f"{worker.id} is not logging: no line of the window is its own"
    ago = spoken(now - last.at)
    verb = "is logging" if logging else "is not logging any more"
    return f"{worker.id} {verb}: its newest line is {ago} old"


def _row(
    worker: Worker, pods: tuple[Pod, ...] | None, last: LogLine | None, now: datetime
) -> Facts:
    silence = worker.silence(now)
    used, total = worker.vram_used_mb, worker.vram_total_mb
    rows = (
        ("id", worker.id),
        ("status", worker.status),
        ("created", worker.created_at),
        ("last heartbeat", worker.last_heartbeat_at or "never"),
        ("silent for", spoken(silence) if silence is not None else None),
        ("last own line", last.at if last else "none in the window"),
        ("given up because", worker.error_reason),
        ("given up at", worker.error_at),
        ("terminated at", worker.terminated_at),
        ("pod", worker.runpod_id or "none"),
        ("the pod now", None if pods is None else _standing(pods)),
        ("GPU", worker.instance_type),
        ("RAM tier", f"{worker.ram_tier} GB" if worker.ram_tier else None),
        ("volume", worker.storage_volume),
        ("model", worker.current_model),
        ("VRAM", f"{used} of {total} MB" if used is not None and total else None),
    )
    shown = tuple((label, value) for label, value in rows if value is not None)
    return Facts(title="Worker", rows=shown)


def _tasks(tasks: tuple[Task, ...]) -> tuple[Section, ...]:
    if not tasks:
        return ()
    title = "Its tasks"
    if len(tasks) > TASKS_SHOWN:
        title = f"Its newest {TASKS_SHOWN} of {len(tasks)} tasks"
    rows = tuple(
        (task.id, task.task_type, task.status, task.started_at)
        for task in tasks[:TASKS_SHOWN]
    )
    header = ("task", "type", "status", "started")
    return (Table(title=title, header=header, rows=rows),)


def _life(stages: Sequence[Stage]) -> tuple[Section, ...]:
    if not stages:
        return ()
    rows = tuple((stage.at, stage.what, stage.after) for stage in stages)
    header = ("at", "what", "after")
    return (Table(title="Its life", header=header, rows=rows),)


def _standing(pods: tuple[Pod, ...]) -> str:
    for pod in pods:
        cost = pod.cost_per_hour_usd
        return pod.status if cost is None else f"{pod.status}, ${cost:.2f}/h"
    return "gone"


def _timeline(lines: tuple[LogLine, ...], query: WorkerQuery) -> Timeline:
    return Timeline(title="Startup" if query.startup else "Timeline", lines=lines)


# What a person may answer by ending the worker; the gate plans it first.
_ENDED: Final = frozenset(
    {
        "crashed-worker",
        "failed-worker",
        "gpu-driver",
        "heartbeat-missing",
        "heartbeat-stale",
        "idle-worker",
        "init-crash",
        "model-load-death",
        "never-started",
        "revived-worker",
        "stopped-pod",
    }
)


def _asks(
    worker: Worker,
    pods: tuple[Pod, ...] | None,
    tasks: tuple[Task, ...],
    query: WorkerQuery,
    findings: Sequence[Finding],
) -> tuple[Ask, ...]:
    """Return the next questions; *pods* are empty where the worker's own is gone."""
    asks = []
    if {each.rule for each in findings} & _ENDED:
        gone = pods == ()
        label = "Settle it …" if gone else "End it …"
        asks.append(Ask(label=label, words=ending(worker, gone=gone)))
    running = [task for task in tasks if task.phase is TaskPhase.RUNNING]
    failed = [task for task in tasks if task.phase is TaskPhase.FAILED]
    if running:
        asks.append(Ask(label="Its running task", words=f"task {running[0].id}"))
    if failed:
        asks.append(Ask(label="Its last failure", words=f"task {failed[0].id}"))
    if not query.startup:
        asks.append(Ask(label="How it started", words=f"worker {worker.id} --startup"))
    words = f"logs --worker {worker.id} --level ERROR --hours {query.hours:g}"
    asks.append(Ask(label="Errors only", words=words))
    if query.startup or query.check_logging or query.logs_only:
        asks.append(Ask(label="The whole story", words=f"worker {worker.id}"))
    return tuple(asks)


def _notes(
    worker: Worker,
    own: Listing[LogLine],
    naming: Listing[LogLine],
    window: Window,
    query: WorkerQuery,
) -> tuple[str, ...]:
    notes = []
    if worker.created_at < window.since and query.hours < KEPT_HOURS:
        notes.append(
            f"the worker is older than the window, made at {stamp(worker.created_at)}:"
            f" worker {worker.id} --hours {KEPT_HOURS} shows what logs are still kept"
        )
    newest = own.rows[-1].at if own.rows else None
    notes += ahead("its newest line", newest, window.until)
    notes += ahead("its last heartbeat", worker.last_heartbeat_at, window.until)
    if own.cut:
        notes.append(f"its lines were cut: the newest {len(own.rows)} are here")
    if naming.cut:
        notes.append(
            "of the orchestrator's lines that name it only the newest were read"
        )
    if query.startup:
        notes.append("what runs before the worker's program writes to its pod only")
    if worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED):
        notes.append("lines travel every 20 s: the last ones died with the worker")
    return tuple(notes)
