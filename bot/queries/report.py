"""`report`: the incident of a window, as a document to be kept."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain import moments, post_mortem
from bot.domain.cascades import cascade, root
from bot.domain.cases import Case, holders
from bot.domain.deaths import Death, death, died_at
from bot.domain.findings import Finding, Severity, Status, status_of
from bot.domain.fleet import PodFate, wasted
from bot.domain.incident import (
    AffectedTask,
    AffectedWorker,
    Errors,
    IncidentData,
    Money,
)
from bot.domain.kinds import by_source, kinds
from bot.domain.logs import LogLine
from bot.domain.moments import Moment, MomentKind, failed_at
from bot.domain.offers import Record
from bot.domain.orchestration import Orchestration, moved_at
from bot.domain.pins import Pinned
from bot.domain.pods import Pod
from bot.domain.report import Ask, Outcome, Read, Report
from bot.domain.root_causes import root_causes, symptoms
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import HOUR, SKEW, Window, stamp
from bot.domain.verdicts import named, of_failed, of_running
from bot.domain.worker_verdicts import of_worker, state
from bot.domain.workers import Worker, WorkerId, WorkerPhase
from bot.rules.book import causes_of, explained, judge
from bot.sources import Listing, Ownership, TaskSearch, ownership

ERRORS_READ: Final = 20_000  # the newest; their number is exact however many there are
REACH: Final = timedelta(hours=24)
"""What was made so long before the window is looked at although it has ended."""
LOOKED_AT: Final = 10
"""Of so many of the dead, the newest, own lines are read: each costs a question."""
LOAD: Final = timedelta(minutes=15)  # systems/reigh.md, F4: it dies 1.5 to 5 min in
RECORDS_READ: Final = 10_000  # what `Asked.records` gives at most


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """What `report` wants to know."""

    since: datetime | None = command.since()
    until: datetime | None = command.until()
    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What could be read; None where it could not, or was not asked."""

    fleet: Listing[Worker] | None
    failed: Listing[Task] | None
    running: Listing[tuple[Task, Worker | None]] | None
    alarms: Listing[LogLine] | None
    first: LogLine | None
    life: Orchestration | None
    pods: Sequence[Pod] | None
    queued: int | None
    records: tuple[Record, ...] | None
    pinned: tuple[Pinned, ...] | None
    owned: Ownership | None = None
    own: Mapping[WorkerId, Listing[LogLine]] | None = None

    @property
    def dark(self) -> bool:
        """Tell whether nothing of the system under investigation could be read."""
        parts = (self.fleet, self.failed, self.running, self.alarms, self.life)
        return all(part is None for part in parts)

    @property
    def whole(self) -> bool:
        """Tell whether all of it could be read."""
        parts = (self.fleet, self.failed, self.running, self.alarms, self.life)
        return all(part is not None for part in parts)


async def answer(query: ReportQuery, asked: Asked) -> Report:
    """Return all that the window's rows, lines and people tell of an incident."""
    window = command.window_of(
        asked, hours=query.hours, since=query.since, until=query.until
    )
    # Of a window that is over, things are judged as they stood at its end.
    then = asked.now if window.ongoing else window.until
    seen = await _look(window, then, asked)
    if seen.dark:
        return _unread(asked, window)
    story = _Story(seen, window, then, asked)
    data = story.data()
    status = status_of(story.findings)
    if status is Status.OK and not seen.whole:
        status = Status.UNKNOWN
    moneyless = "pods are not looked at for a window that is over"
    if window.ongoing:
        moneyless = "pods or workers could not be read, or no price is told"
    return Report(
        summary=post_mortem.summary(data),
        status=status,
        findings=story.findings,
        sections=post_mortem.sections(data, moneyless=moneyless),
        asks=_asks(story.findings, window),
        data=data,
        window=window,
        attachment="Incident report",
        truncated=bool(_cut_off(seen)),
        notes=_notes(window, asked.now),
        reads=_reads(seen, asked.now),
    )


def _unread(asked: Asked, window: Window) -> Report:
    why = "; ".join(f"{gap.source} {gap.reason}" for gap in asked.gaps.all)
    return Report(
        summary=f"cannot tell what happened: {why}",
        status=Status.UNKNOWN,
        window=window,
        outcome=Outcome.SOURCE_DOWN,
    )


COMMAND: Final = Command(
    name="report",
    answers="Incident report: timeline, first error, what was hit, draft root cause",
    query=ReportQuery,
    handler=answer,
    examples=("report --hours 2", "report --since 14:00 --until 15:30"),
    data=IncidentData,
    place=22,
)


async def _look(window: Window, then: datetime, asked: Asked) -> _Seen:
    """Ask everything at the same time, and then what the answers call for."""
    system, ask = asked.system, asked.gaps.ask
    wide = replace(window, since=window.since - REACH)
    rows = asyncio.gather(
        ask(system.workers.fleet(wide), None),
        ask(system.tasks.failed(TaskSearch(window=wide)), None),
        ask(system.tasks.running(), None),
        ask(system.logs.alarms(window, limit=ERRORS_READ), None),
        ask(system.logs.first_alarm(window), None),
        ask(system.logs.orchestration(window), None),
    )
    beside = asyncio.gather(
        ask(_pods(window, asked), None),
        ask(_queued(window, asked), None),
        ask(asked.records(window), None),
        ask(asked.pinned(asked.caller, window), None),
    )
    fleet, failed, running, alarms, first, life = await rows
    pods, queued, records, pinned = await beside
    if life is not None:
        moved = moved_at(fleet.rows) if fleet else None
        life = replace(life, workers_moved_at=moved, workers_read=fleet is not None)
    seen = _Seen(
        fleet=fleet,
        failed=failed,
        running=running,
        alarms=alarms,
        first=first,
        life=life,
        pods=pods,
        queued=queued,
        records=records,
        pinned=pinned,
    )
    owned, own = await asyncio.gather(
        _owned(seen, asked), _own_lines(seen, window, then, asked)
    )
    return replace(seen, owned=owned, own=own)


async def _pods(window: Window, asked: Asked) -> Sequence[Pod] | None:
    """Return the pods; None for a window that is over, of which they tell nothing."""
    return await asked.system.pods.all() if window.ongoing else None


async def _queued(window: Window, asked: Asked) -> int | None:
    """Return how many tasks wait; None for a window that is over."""
    tasks = asked.system.tasks
    return await tasks.count(tasks.waiting_status) if window.ongoing else None


async def _owned(seen: _Seen, asked: Asked) -> Ownership | None:
    if seen.pods is None or seen.fleet is None:
        return None
    return await ownership(
        seen.pods,
        seen.fleet,
        system=asked.system,
        gaps=asked.gaps,
        thresholds=asked.thresholds,
        now=asked.now,
        confirm=False,
    )


async def _own_lines(
    seen: _Seen, window: Window, then: datetime, asked: Asked
) -> Mapping[WorkerId, Listing[LogLine]]:
    """Return the last lines of the newest dead; what can't be read is a gap."""
    dead = sorted(
        (
            (at, worker.id)
            for worker in _concerned(seen, window)
            if (at := _death_in(worker, window, then)) is not None
        ),
        reverse=True,
    )[:LOOKED_AT]
    read = await asyncio.gather(
        *(
            asked.gaps.ask(
                asked.system.logs.of_worker(
                    id, Window(since=at - LOAD, until=at + 2 * SKEW)
                ),
                None,
            )
            for at, id in dead
        )
    )
    return {
        id: each for (_, id), each in zip(dead, read, strict=True) if each is not None
    }


def _concerned(seen: _Seen, window: Window) -> tuple[Worker, ...]:
    """Return the workers that lived in the window, as far as rows tell.

    Left out are those that ended before it, and of a window that is over those that
    ended after it: how they stood then no row tells.
    """
    return tuple(
        worker
        for worker in (seen.fleet.rows if seen.fleet else ())
        if worker.phase not in (WorkerPhase.FAILED, WorkerPhase.ENDED)
        or (died_at(worker) or worker.created_at) in window
    )


def _death_in(worker: Worker, window: Window, then: datetime) -> datetime | None:
    """Return when it died in the window; None if it did not, or was scaled down."""
    if death(worker, then) in (None, Death.SCALED_DOWN):
        return None
    at = died_at(worker) or worker.last_heartbeat_at or worker.created_at
    return at if at in window else None


class _Story:
    """The rows and lines of one window, judged and put together."""

    def __init__(
        self, seen: _Seen, window: Window, then: datetime, asked: Asked
    ) -> None:
        self._seen, self._window, self._then, self._asked = seen, window, then, asked
        self._workers = _concerned(seen, window)
        self._failed = tuple(
            task
            for task in (seen.failed.rows if seen.failed else ())
            if failed_at(task) in window
        )
        self._running = tuple(
            (task, worker)
            for task, worker in (seen.running.rows if seen.running else ())
            if (task.started_at or task.created_at) <= window.end
        )
        own = (line for each in (seen.own or {}).values() for line in each.rows)
        life = seen.life.notable if seen.life else ()
        alarms = seen.alarms.rows if seen.alarms else ()
        self._lines = tuple(dict.fromkeys((*own, *life, *alarms)))
        case = self._case()
        self.findings = judge(case)
        self._causes = causes_of(self.findings, case)
        self._about: dict[str, list[Finding]] = {}
        for each in self.findings:
            self._about.setdefault(each.subject.id, []).append(each)
        self._by_task: dict[str, list[LogLine]] = {}
        for line in self._lines:
            if line.task_id is not None:
                self._by_task.setdefault(line.task_id, []).append(line)

    def data(self) -> IncidentData:
        """Return what was found."""
        seen, window = self._seen, self._window
        tasks, workers = self._tasks(), self._affected(self._held())
        alarms = seen.alarms
        errors = Errors(
            total=alarms.total if alarms else None,
            read=len(alarms.rows) if alarms else 0,
            routine=sum(line.routine for line in alarms.rows) if alarms else 0,
            whole=alarms.whole if alarms else False,
            by_kind=kinds(alarms.rows) if alarms else (),
            by_source=by_source(alarms.rows) if alarms else {},
        )
        times: dict[str, datetime] = {}
        times |= {each.id: each.failed_at for each in tasks if each.failed_at}
        times |= {each.id: each.died_at for each in workers if each.died_at}
        data = IncidentData(
            first_error=seen.first,
            errors=errors,
            timeline=moments.in_order(self._moments(tasks, workers, errors), window),
            root_causes=root_causes(
                self.findings,
                causes=self._causes,
                symptoms=symptoms(explained()),
                moments=times,
            ),
            tasks=None if seen.failed is None else tasks,
            workers=None if seen.fleet is None else workers,
            actions=None if seen.records is None else post_mortem.acts(seen.records),
            pinned=seen.pinned,
            money=_money(seen, window, self._asked.now),
            open_questions=(),
        )
        return replace(
            data,
            open_questions=post_mortem.questions(
                data,
                gaps=self._asked.gaps.all,
                window=window,
                now=self._asked.now,
                cut_off=_cut_off(seen),
            ),
        )

    def _case(self) -> Case:
        seen = self._seen
        own = seen.own or {}
        return Case(
            now=self._then,
            thresholds=self._asked.thresholds,
            workers=self._workers if seen.fleet and seen.fleet.whole else None,
            tasks=(*self._failed, *(task for task, _ in self._running)),
            holders=holders(self._running),
            lines=self._lines,
            logs_read=frozenset(id for id, each in own.items() if each.whole),
            orchestration=seen.life,
            claims=seen.owned.claims if seen.owned else None,
            lost=seen.owned.lost if seen.owned else None,
            queued=seen.queued,
        )

    def _tasks(self) -> tuple[AffectedTask, ...]:
        """Return the tasks that failed, the earliest first, and then the others."""
        known = {task.id: task for task in self._failed}
        causes = explained().get("failed-task", ())
        found = []
        for task in sorted(self._failed, key=failed_at):
            about = self._findings_of(task.id, task.worker_id)
            lines = self._by_task.get(task.id, ())
            origin = root(cascade(task, known))
            told = of_failed(task, origin, about, lines, causes=causes)
            verdict = told or f"cannot tell why {named(task)} failed: it left no error"
            found.append(self._task(task, verdict, failed_at(task)))
        for task, worker in self._running:
            about = self._findings_of(task.id, task.worker_id)
            if not any(each.subject.id == task.id for each in about):
                continue
            lines = self._by_task.get(task.id, ())
            told = of_running(task, worker, about, lines, self._then)
            found.append(self._task(task, told or about[0].title, None))
        return tuple(found)

    def _task(self, task: Task, verdict: str, at: datetime | None) -> AffectedTask:
        return AffectedTask(
            id=task.id,
            task_type=task.task_type,
            status=task.status,
            worker_id=task.worker_id,
            failed_at=at,
            verdict=verdict,
            rules=self._rules(task.id),
        )

    def _held(self) -> Mapping[str, Sequence[Task]]:
        held: dict[str, list[Task]] = {}
        for task in (*self._failed, *(task for task, _ in self._running)):
            if task.worker_id is not None:
                held.setdefault(task.worker_id, []).append(task)
        return held

    def _affected(
        self, held: Mapping[str, Sequence[Task]]
    ) -> tuple[AffectedWorker, ...]:
        """Return the workers that died, the earliest first, and then the others."""
        hours = (self._window.until - self._window.since) / HOUR
        found = []
        for worker in self._workers:
            about = self._findings_of(worker.id)
            at = _death_in(worker, self._window, self._then)
            if at is None and not about:
                continue
            own = (self._seen.own or {}).get(worker.id)
            tasks = held.get(worker.id, ())
            found.append(
                AffectedWorker(
                    id=worker.id,
                    status=worker.status,
                    created_at=worker.created_at,
                    died_at=at,
                    way=death(worker, self._then) if at else None,
                    reason=worker.error_reason,
                    tasks=tuple(task.id for task in tasks),
                    verdict=of_worker(
                        worker,
                        about,
                        tasks=[t for t in tasks if t.phase is TaskPhase.RUNNING],
                        lines=own.rows if own else None,
                        now=self._then,
                        otherwise=state(worker, tasks, self._then),
                        hours=hours,
                    ),
                    rules=self._rules(worker.id),
                )
            )
        return tuple(
            sorted(
                found, key=lambda it: (it.died_at is None, it.died_at or it.created_at)
            )
        )

    def _findings_of(self, *ids: str | None) -> Sequence[Finding]:
        """Return what is wrong with any of them, in the order of all findings."""
        about = [each for id in ids if id for each in self._about.get(id, ())]
        return [each for each in about if each.severity is not Severity.INFO]

    def _rules(self, id: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.rule for each in self._about.get(id, ())))

    def _moments(
        self,
        tasks: Iterable[AffectedTask],
        workers: Iterable[AffectedWorker],
        errors: Errors,
    ) -> Iterable[Moment]:
        """Yield all that may stand in the timeline, in no order."""
        for worker in workers:
            if worker.died_at is not None:
                yield Moment(
                    at=worker.died_at,
                    kind=MomentKind.DEATH,
                    level="ERROR",
                    source="worker",
                    message=worker.verdict,
                    worker_id=WorkerId(worker.id),
                )
        for task in tasks:
            if task.failed_at is not None:
                yield Moment(
                    at=task.failed_at,
                    kind=MomentKind.FAILURE,
                    level="ERROR",
                    source="task",
                    message=task.verdict,
                    task_id=TaskId(task.id),
                    worker_id=WorkerId(task.worker_id) if task.worker_id else None,
                )
        yield from moments.of_errors(errors.by_kind)
        if self._seen.life is not None:
            yield from moments.of_orchestrator(self._seen.life, self._window)
        yield from self._silence()
        yield from moments.of_actions(self._seen.records or ())
        yield from (each.moment for each in self._seen.pinned or ())

    def _silence(self) -> Iterable[Moment]:
        """Yield the orchestrator's last line, where a finding says that it is one."""
        last = self._seen.life.last_line if self._seen.life else None
        for each in self._findings_of("orchestrator"):
            if each.rule == "orchestrator-silent" and last is not None:
                yield Moment(
                    at=last.at,
                    kind=MomentKind.FINDING,
                    level="WARNING",
                    source="orchestrator",
                    message=f"its last line; {each.title} ({each.confidence})",
                )


def _money(seen: _Seen, window: Window, now: datetime) -> Money:
    if seen.owned is None:
        return Money(
            wasted_usd_per_hour=None, wasted_in_window_usd=None, orphaned_pods=None
        )
    orphans = [it for it in seen.owned.claims if it.fate is PodFate.ORPHANED]
    hourly = wasted(orphans)
    most = 0.0
    for each in orphans:
        age, price = each.pod.age(now), each.pod.cost_per_hour_usd
        if each.pod.running and age is not None and price is not None:
            most += price * (min(age, window.until - window.since) / HOUR)
    return Money(
        wasted_usd_per_hour=hourly,
        wasted_in_window_usd=None if hourly is None else round(most, 2),
        orphaned_pods=len(orphans),
    )


def _cut_off(seen: _Seen) -> Collection[str]:
    """Return the lists that a bound ended, each in words."""
    found = []
    if seen.alarms is not None and seen.alarms.cut:
        rest = (seen.alarms.total or 0) - len(seen.alarms.rows)
        found.append(f"the {rest:,} oldest errors, which were counted but not read")
    if seen.fleet is not None and seen.fleet.cut:
        found.append("the workers made before those that were read")
    if seen.failed is not None and seen.failed.cut:
        found.append("the failed tasks made before those that were read")
    if seen.running is not None and seen.running.cut:
        found.append("the tasks in progress made after those that were read")
    if seen.life is not None and not seen.life.whole:
        found.append("the orchestrator's oldest cycles, which were not read")
    if len(seen.records or ()) >= RECORDS_READ:
        found.append(f"the audit before its newest {RECORDS_READ:,} records")
    return found


def _asks(findings: Sequence[Finding], window: Window) -> tuple[Ask, ...]:
    bounds = f"--since {stamp(window.since).replace(' ', 'T')}"
    if not window.ongoing:
        bounds += f" --until {stamp(window.until).replace(' ', 'T')}"
    asks = [Ask(label="The worst", words=each.ask) for each in findings if each.ask][:1]
    return (
        *asks,
        Ask(label="All errors", words=f"logs --level ERROR {bounds}"),
        Ask(label="Health now", words="health"),
    )


def _notes(window: Window, now: datetime) -> tuple[str, ...]:
    reach = REACH / HOUR
    notes = [
        f"what was made over {reach:g} h before the window and ended in it is left out"
    ]
    if not window.ongoing:
        notes.append(
            f"judged as of the window's end, from rows as they are at {stamp(now)};"
            " pods and queue, which tell of now alone, are left out"
        )
    return tuple(notes)


def _reads(seen: _Seen, now: datetime) -> tuple[Read, ...]:
    reads = [Read(source="supabase", at=now)]
    if seen.pods is not None:
        reads.append(Read(source="runpod", at=now))
    if seen.records is not None:
        reads.append(Read(source="ledger", at=now))
    return tuple(reads)
