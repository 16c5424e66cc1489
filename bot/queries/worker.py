"""`worker ID`: what is this worker doing, did it start, how did it die?"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain import agent_telling, worker_views
from bot.domain.agent_claims import of_claims
from bot.domain.agent_facts import AgentFacts, agent_facts
from bot.domain.agent_lives import with_ends
from bot.domain.asks import chosen, whys
from bot.domain.cases import Case, Scene, begun_at
from bot.domain.cures import Cure
from bot.domain.deaths import lost
from bot.domain.diagnostics import Diagnostics
from bot.domain.diagnostics import section as diagnosed
from bot.domain.errors import Lacks, NotFound
from bot.domain.findings import Finding, worst_first
from bot.domain.fleet import Claim, Lost, claims, missing
from bot.domain.folds import folded, left_out
from bot.domain.lives import Stage, life
from bot.domain.logs import LogLine
from bot.domain.pods import Pod, PodId
from bot.domain.report import Ask, Chart, Facts, Report, Section, Table, Timeline
from bot.domain.spelling import typed
from bot.domain.startup import memory_profile, of_startup
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import Window, ahead, spoken, stamp
from bot.domain.verdicts import KEPT_HOURS
from bot.domain.vocabulary import Vocabulary
from bot.domain.worker_verdicts import of_worker, state
from bot.domain.workers import Pulse, Worker, WorkerId, WorkerPhase
from bot.rules.book import judge
from bot.sources import (
    UNREAD,
    Listing,
    beside_idle,
    only,
    pod_of_living,
    whole_worker_id,
    with_pod,
)

LOGGING: Final = timedelta(minutes=5)  # systems/reigh.md, F32
TASKS_SHOWN: Final = 20
RECENT: Final = "recent ones: workers --hours 2"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerQuery:
    """What `worker` wants to know."""

    id: str = command.identifier(
        "the worker, or the first or last characters of its id",
        listed_by="workers --hours 2",
        read=command.worker_text,
    )
    logs_only: bool = command.switch("only its log lines, all of them")
    startup: bool = command.switch("only how it started")
    check_logging: bool = command.switch("only whether its lines arrive")
    claims: bool = command.switch("only what it claimed, lost and passed over")
    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """The worker's row. Times are UTC; None is never, or not known."""

    id: str
    status: str
    said: str | None
    """What it last called itself, where *status* is concluded from other signs."""
    created_at: datetime | None
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
    diagnostics: Diagnostics | None
    """What was seen of it when it was given up; None where none was collected."""
    agent: AgentFacts | None
    """What only agents of a file queue tell; None of all others."""


async def answer(query: WorkerQuery, asked: Asked) -> Report:
    """Return everything about one worker: its row, its tasks and every line of it."""
    workers = asked.system.workers
    id = await whole_worker_id(query.id, asked.system)
    try:
        return await _investigate(id, query, asked)
    except NotFound as error:
        hint = error.hint or RECENT
        found = await only("worker", query.id, workers.find, hint=hint)
        return await _investigate(found, query, asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What could be read of one worker, and of what lies around it."""

    worker: Worker
    pods: tuple[Pod, ...] | None
    own: Listing[LogLine]
    naming: Listing[LogLine]
    lines: tuple[LogLine, ...]
    """Its own and those that name it, in their order."""
    tasks: Listing[Task]
    scene: Scene | None
    window: Window
    others: tuple[Worker, ...] = ()
    claimable: int | None = None

    @property
    def written(self) -> Sequence[LogLine] | None:
        """Its own lines; None where they were not read."""
        if self.own is UNREAD:
            return None
        return tuple(line for line in self.own.rows if not line.by_function)

    @property
    def done_at(self) -> datetime | None:
        """When it completed its last task."""
        done = (it for it in self.tasks.rows if it.phase is TaskPhase.DONE)
        return max((at for it in done if (at := it.processed_at)), default=None)

    def idles(self, asked: Asked) -> bool:
        """Tell whether it had nothing to do for so long that it may be too long."""
        worker, now = self.worker, asked.now
        busy = any(each.phase is TaskPhase.RUNNING for each in self.tasks.rows)
        late = worker.idle_for(self.done_at, now) > asked.thresholds.idle
        healthy = worker.pulse(now) is Pulse.HEALTHY
        return self.tasks.whole and late and healthy and not busy


async def _look(id: WorkerId, query: WorkerQuery, asked: Asked) -> _Seen:
    """Ask everything at the same time; of what surrounds an idle one, afterwards."""
    gaps, window, logs = asked.gaps, asked.window(query.hours), asked.system.logs
    (worker, pods), own, naming, tasks, scene = await asyncio.gather(
        with_pod(id, asked.system, gaps, asked.now),
        gaps.ask(logs.of_worker(id, window), UNREAD),
        gaps.ask(logs.naming(id, window), UNREAD),
        gaps.ask(asked.system.tasks.of_worker(id), UNREAD),
        asked.scene(window),
    )
    files = scene.file_queue if scene else None
    [worker] = with_ends([worker], files, asked.now)
    seen = _Seen(
        worker=worker,
        pods=pods,
        own=own,
        naming=naming,
        lines=_joined(own, naming),
        tasks=tasks,
        scene=scene,
        window=window,
    )
    if not seen.idles(asked):
        return seen
    others, claimable = await beside_idle(worker, asked.system, gaps, asked.now)
    seen = replace(seen, others=others, claimable=claimable)
    spare = sum(each.beats(asked.now) for each in others) >= asked.thresholds.min_active
    if claimable != 0 or not spare:
        return seen
    return replace(seen, pods=await pod_of_living(worker, asked.system, gaps))


def _case(seen: _Seen, asked: Asked) -> Case:
    worker, own = seen.worker, seen.own
    return Case(
        now=asked.now,
        system=asked.system.name,
        thresholds=asked.thresholds,
        workers=(worker, *seen.others),
        holders=(worker,),
        claims=None if seen.pods is None else _claims(seen.pods, worker, asked),
        lost=None if seen.pods is None else _lost(seen.pods, worker),
        pods=seen.pods,
        tasks=seen.tasks.rows,
        lines=seen.lines,
        logs_read=frozenset() if own is UNREAD else frozenset({worker.id}),
        lines_since=own.rows[0].at if own.cut and own.rows else seen.window.since,
        lines_cut=own.cut,
        finished={worker.id: seen.done_at} if seen.tasks.whole else None,
        claimable=seen.claimable,
        scene=seen.scene,
    )


def _mine(case: Case, seen: _Seen) -> tuple[Finding, ...]:
    """Return the findings about the worker, its pods, and the tasks that it runs."""
    id = seen.worker.id
    running = (it for it in seen.tasks.rows if it.phase is TaskPhase.RUNNING)
    about: set[str] = {id, *(pod.id for pod in seen.pods or ())}
    about |= {each.id for each in running}
    if case.file_queue is not None:  # of what it runs though it ended, no row tells
        doubles = case.file_queue.doubles or ()
        about |= {each.task_id for each in doubles if id in each.agents}
    return tuple(found for found in judge(case) if found.subject.id in about)


def _agent(case: Case, seen: _Seen) -> AgentFacts | None:
    """Return what only an agent of a file queue tells."""
    if case.file_queue is None:
        return None
    id = seen.worker.id
    theirs = tuple(case.lines_by_writer.get(id, ()))
    read = None if seen.own is UNREAD else theirs
    return agent_facts(case.file_queue, id, read, case.now)


async def _investigate(id: WorkerId, query: WorkerQuery, asked: Asked) -> Report:
    seen = await _look(id, query, asked)
    case = _case(seen, asked)
    agent, services = _agent(case, seen), case.services
    if query.claims and agent is None:
        name = asked.system.name
        hint = f"all its lines: worker {typed(id)} --logs-only --system {name}"
        raise Lacks(name, "lines that tell of claims", hint=hint)
    worker, tasks = seen.worker, seen.tasks.rows
    findings = _mine(case, seen)
    words = asked.system.vocabulary
    last = case.last_lines.get(id)
    shown = _shown(id, seen.lines, query, words)
    told = folded(shown, words.routine)
    created_at = begun_at(worker, seen.scene, made=bool(words.made))
    rented = case.file_queue is None and services is None
    dead = rented and lost(worker, asked.now)
    read = None if seen.own is UNREAD else seen.lines
    data = WorkerData(
        worker=_facts(worker, created_at, asked.now),
        is_logging=None if seen.own is UNREAD else _is_logging(last, asked.now),
        last_logged_at=last.at if last else None,
        timeline=shown,
        tasks=tuple(_held(task) for task in tasks),
        life=life(worker, tasks, read, seen.pods) if dead else (),
        diagnostics=worker.diagnostics,
        agent=agent,
    )
    report = Report(
        summary=of_worker(
            worker,
            # One that lives has no one cause of its end, which would stand first.
            findings if services is None else worst_first(findings),
            tasks=tasks,
            lines=seen.written,
            now=asked.now,
            otherwise=_standing(worker, tasks, case, agent),
            hours=query.hours,
        ),
        findings=findings,
        sections=(
            _row(
                seen
                if services is None
                else replace(seen, worker=replace(worker, error_at=None)),
                last,
                asked.now,
                words,
            ),
            *([diagnosed(worker.diagnostics)] if worker.diagnostics else []),
            *(() if agent is None else agent_telling.sections(agent)),
            *_of_service(id, case),
            *_life(data.life),
            *_tasks(tasks),
            *(_drawn(seen, created_at, agent) if asked.draws else ()),
            _timeline(told, query),
        ),
        asks=_asks(
            seen,
            case.cure(worker) if asked.system.changes else None,
            query,
            findings,
            agent,
        ),
        data=data,
        window=seen.window,
        truncated=seen.own.cut or seen.naming.cut or seen.tasks.cut,
        notes=(*_notes(seen, query, words), *left_out(shown, told)),
        reads=asked.reads(pods=seen.pods is not None),
        settled=worker.phase is WorkerPhase.ENDED,
        arguments={**_arguments(query), "id": id},
    )
    if query.logs_only:
        return replace(report, sections=(_timeline(told, query),))
    if query.startup and services is not None:
        from bot.domain.service_telling import of_start

        return of_start(report, id, shown)
    if query.startup:
        return worker_views.of_start(report, worker, shown, asked.now, agent)
    if query.check_logging:
        return worker_views.of_logging(report, worker, case, data.is_logging, agent)
    if query.claims and agent is not None:
        return worker_views.of_claims(report, worker, agent, told)
    return report


def _standing(
    worker: Worker, tasks: Sequence[Task], case: Case, agent: AgentFacts | None
) -> str:
    """Return how it stands where nothing is wrong, by what its system tells of it."""
    if agent is not None:
        return agent_telling.standing(worker, agent, tasks, case.now)
    if case.services is not None:
        from bot.domain.service_telling import standing

        return standing(case.services, worker.id)
    return state(worker, tasks, case.now)


def _drawn(
    seen: _Seen, created_at: datetime | None, agent: AgentFacts | None
) -> Iterator[Chart]:
    """Yield the picture of the worker's life.

    An agent's folder is not made anew when it begins; where no line tells when it did,
    there is no picture. Nor is there one of a service that does not tell since when.
    """
    begun = created_at if agent is None else agent.begun_at
    if begun is None:
        return
    from bot.domain.life_chart import life_chart

    born = replace(seen.worker, created_at=begun)
    lines = None if seen.own is UNREAD else seen.lines
    yield life_chart(born, seen.tasks.rows, lines, seen.window)


def _of_service(id: WorkerId, case: Case) -> Iterable[Section]:
    """Return what a service tells of itself, where the worker is one."""
    if case.services is None:
        return ()
    from bot.domain.service_telling import sections

    return sections(case.services, id)


def _shown(
    id: WorkerId, lines: tuple[LogLine, ...], query: WorkerQuery, words: Vocabulary
) -> tuple[LogLine, ...]:
    """Return those of the lines that are asked for."""
    if query.startup:
        return tuple(line for line in lines if of_startup(line, words.startup))
    if query.claims:
        return tuple(line for line in lines if line.writer == id and of_claims(line))
    return lines


COMMAND: Final = Command(
    name="worker",
    answers="What is this worker doing, did it start, how did it die?",
    query=WorkerQuery,
    handler=answer,
    examples=("worker gpu-20251017_130952-95cd7f4c", "worker gpu-20251017 --startup"),
    data=WorkerData,
    place=11,
    charts=True,
)


def _arguments(query: WorkerQuery) -> dict[str, object]:
    return {
        "logs_only": query.logs_only,
        "startup": query.startup,
        "check_logging": query.check_logging,
        "claims": query.claims,
        "hours": query.hours,
    }


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
    gone = {PodId(worker.runpod_id or "")} - {pod.id for pod in pods}
    return missing((worker,), pods, ended=frozenset(gone))


def _joined(own: Listing[LogLine], naming: Listing[LogLine]) -> tuple[LogLine, ...]:
    if not naming.rows:
        return own.rows
    return tuple(sorted((*own.rows, *naming.rows), key=lambda line: line.order))


def _is_logging(last: LogLine | None, now: datetime) -> bool:
    return last is not None and now - last.at <= LOGGING


def _facts(worker: Worker, created_at: datetime | None, now: datetime) -> WorkerFacts:
    silence = worker.silence(now)
    return WorkerFacts(
        id=worker.id,
        status=worker.status,
        said=worker.said,
        created_at=created_at,
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


def _row(seen: _Seen, last: LogLine | None, now: datetime, words: Vocabulary) -> Facts:
    worker, pods = seen.worker, seen.pods
    silence = worker.silence(now)
    used, total = worker.vram_used_mb, worker.vram_total_mb
    ended = worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED)
    unseen = words.rents and ended and worker.diagnostics is None
    rows = (
        ("id", worker.id),
        ("status", worker.status),
        ("it last said", worker.said),
        (words.made, worker.created_at if words.made else None),
        (words.beat, worker.last_heartbeat_at or "never"),
        ("silent for", spoken(silence) if silence is not None else None),
        ("last own line", last.at if last else "none in the window"),
        ("given up because", worker.error_reason),
        ("given up at", worker.error_at),
        ("terminated at", worker.terminated_at),
        ("diagnostics", "none collected" if unseen else None),
        ("pod", (worker.runpod_id or "none") if words.rents else None),
        ("the pod now", None if pods is None else _pod_now(worker, pods)),
        ("GPU", worker.instance_type),
        ("RAM tier", f"{worker.ram_tier} GB" if worker.ram_tier else None),
        ("volume", worker.storage_volume),
        ("model", worker.current_model),
        ("VRAM", f"{used} of {total} MB" if used is not None and total else None),
        ("memory profile", memory_profile(seen.written or ()) if words.rents else None),
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


def _pod_now(worker: Worker, pods: tuple[Pod, ...]) -> str:
    for pod in pods:
        cost = pod.cost_per_hour_usd
        now = pod.status if cost is None else f"{pod.status}, ${cost:.2f}/h"
        now += " when it runs" * (cost is not None and not pod.running)
        same = pod.id == worker.runpod_id
        return now if same else f"gone; pod {pod.id} bears its name: {now}"
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
        "worker-without-pod",
    }
)


def _asks(
    seen: _Seen,
    cure: Cure | None,
    query: WorkerQuery,
    findings: Sequence[Finding],
    agent: AgentFacts | None,
) -> tuple[Ask, ...]:
    """Return the next questions, and what ends the worker if that is due."""
    worker, tasks = seen.worker, seen.tasks.rows
    same, asks = f"worker {typed(worker.id)}", []
    if cure is not None and cure.ends and {each.rule for each in findings} & _ENDED:
        label = "Settle it …" if "forget" in cure.words else "End it …"
        asks.append(Ask(label=label, words=cure.words))
    running = [task for task in tasks if task.phase is TaskPhase.RUNNING]
    failed = [task for task in tasks if task.phase is TaskPhase.FAILED]
    if running:
        asks.append(Ask(label="Its running task", words=f"task {running[0].id}"))
    elif failed:
        asks.append(Ask(label="Its last failure", words=f"task {failed[0].id}"))
    if agent is not None and agent.claims is not None and not query.claims:
        asks.append(Ask(label="Its claims", words=f"{same} --claims"))
    if query.startup or query.check_logging or query.logs_only or query.claims:
        asks.append(Ask(label="The whole story", words=same))
    if worker.phase in (WorkerPhase.ACTIVE, WorkerPhase.STARTING):
        asks.append(Ask(label="Follow it", words=f"watch {same}"))
    if not query.startup:
        asks.append(Ask(label="How it started", words=f"{same} --startup"))
    pages = f"logs --worker {typed(worker.id)} --hours {query.hours:g}"
    asks.append(Ask(label="Errors only", words=f"{pages} --level ERROR"))
    asks.append(Ask(label="Lines, page by page", words=pages))
    own = f"logs --source {typed(worker.id)}"  # of a service, the same lines
    return chosen(*asks, *(each for each in whys(findings) if each.words != own))


def _notes(seen: _Seen, query: WorkerQuery, words: Vocabulary) -> tuple[str, ...]:
    worker, own, window = seen.worker, seen.own, seen.window
    notes = []
    older = worker.created_at < window.since and query.hours < KEPT_HOURS
    # A worker that is not rented may have begun many times since it was made.
    if older and words.rents:
        notes.append(
            f"the worker is older than the window, made at {stamp(worker.created_at)}:"
            f" worker {typed(worker.id)} --hours {KEPT_HOURS} shows what logs are"
            " still kept"
        )
    written = seen.written
    newest = written[-1].at if written else None
    notes += ahead("its newest line", newest, window.until)
    notes += ahead("its last heartbeat", worker.last_heartbeat_at, window.until)
    if own.cut:
        notes.append(f"its lines were cut: the newest {len(own.rows)} are here")
    if seen.naming.cut:
        notes.append(
            f"of the {words.coordinator}'s lines that name it only the newest were read"
        )
    if query.startup and words.start_untold:
        notes.append(words.start_untold)
    ended = worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED)
    if ended and words.end_untold and not worker.benign_end:
        notes.append(words.end_untold)
    return tuple(notes)
