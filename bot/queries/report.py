"""`report`: the incident of a window, as a document to be kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain import moments, post_mortem, service_incident
from bot.domain.asks import whys
from bot.domain.cascades import cascade, root
from bot.domain.cases import Case, begun_at, holders
from bot.domain.deaths import death
from bot.domain.findings import Finding, Severity, Status, status_of, worst_first
from bot.domain.fleet import PodFate, wasted
from bot.domain.incident import (
    FAILED_TASK,
    NEVER_STORED,
    UNKNOWN,
    AffectedTask,
    AffectedWorker,
    Errors,
    IncidentData,
    Money,
    RootCause,
)
from bot.domain.kinds import by_source, kind_of, kinds
from bot.domain.line_ties import tied
from bot.domain.logs import LogLine
from bot.domain.moments import Moment, MomentKind, failed_at
from bot.domain.offers import heeded
from bot.domain.report import Ask, Outcome, Read, Report
from bot.domain.requeues import by_hand
from bot.domain.root_causes import root_causes, symptoms
from bot.domain.startup import came_up, stopped
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import HOUR, Window, stamp
from bot.domain.verdicts import named, of_failed, of_running, sureness
from bot.domain.worker_verdicts import of_worker, state
from bot.domain.workers import Worker, WorkerId
from bot.hindsight import REACH, Hindsight, concerned, cut_off, death_in, look
from bot.rules.book import book, causes_of, judge

_WEIGHED: Final = 2_000  # of the errors that were read, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """What `report` wants to know."""

    since: datetime | None = command.since()
    until: datetime | None = command.until()
    hours: float = command.hours()


async def answer(query: ReportQuery, asked: Asked) -> Report:
    """Return all that the window's rows, lines and people tell of an incident."""
    window = command.window_of(
        asked, hours=query.hours, since=query.since, until=query.until
    )
    # Of a window that is over, things are judged as they stood at its end.
    then = asked.now if window.ongoing else window.until
    seen = await look(window, then, asked)
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
    if not asked.system.vocabulary.rents:
        moneyless = "nothing is rented by the hour here"
    return Report(
        summary=post_mortem.summary(data),
        status=status,
        findings=story.findings,
        sections=(
            *post_mortem.sections(
                data,
                moneyless=moneyless,
                rents=asked.system.vocabulary.rents,
                routine=asked.system.vocabulary.routine,
            ),
            *(
                service_incident.sections(seen.services, data.root_causes)
                if seen.services
                else ()
            ),
        ),
        asks=_asks(story.findings, window),
        data=data,
        window=window,
        attachment=post_mortem.heading(data, window),
        truncated=bool(cut_off(seen)),
        notes=_notes(window, asked.now, rents=asked.system.vocabulary.rents),
        reads=_reads(seen, asked),
    )


def _unread(asked: Asked, window: Window) -> Report:
    why = "; ".join(f"{gap.source} {gap.reason}" for gap in asked.gaps.all)
    return Report(
        summary=f"cannot tell what happened: {why}",
        status=Status.UNKNOWN,
        window=window,
        outcome=Outcome.SOURCE_DOWN,
        hint=asked.gaps.hint,
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


class _Story:
    """The rows and lines of one window, judged and put together."""

    def __init__(
        self, seen: Hindsight, window: Window, then: datetime, asked: Asked
    ) -> None:
        self._seen, self._window, self._then, self._asked = seen, window, then, asked
        self._workers = concerned(seen, window)
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
        begun = (line for lines in seen.starts.values() for line in lines)
        self._lines = tuple(dict.fromkeys((*own, *begun, *life, *alarms)))
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
            before_first=seen.before_first,
            cause_error=None,
            errors=errors,
            timeline=moments.in_order(self._moments(tasks, workers, errors), window),
            root_causes=self._weighed(
                root_causes(
                    self.findings,
                    causes=self._causes,
                    symptoms=symptoms(book(self._asked.system.name).explained),
                    moments=times,
                )
            ),
            tasks=None if seen.failed is None and not tasks else tasks,
            workers=None if seen.fleet is None else workers,
            actions=None
            if seen.records is None
            else post_mortem.acts(heeded(seen.records)),
            pinned=seen.pinned,
            money=_money(seen, window, self._asked.now),
            open_questions=(),
            tasks_read=seen.failed is not None,
        )
        data = replace(data, cause_error=self._cause_error(data.root_causes))
        return replace(
            data,
            open_questions=post_mortem.questions(
                data,
                gaps=self._asked.gaps.all,
                window=window,
                now=self._asked.now,
                cut_off=cut_off(seen),
                expires=self._asked.system.vocabulary.expires,
            ),
        )

    def _weighed(self, causes: Sequence[RootCause]) -> tuple[RootCause, ...]:
        """Return the causes of services by how many errors belong to each.

        Their rules count parts, not requests. What is critical and left no error is
        wrong now, and stays before all. An error that is only about the same part
        counts for what can explain others.
        """
        alarms = self._seen.alarms
        if self._seen.services is None or alarms is None:
            return tuple(causes)
        explained = book(self._asked.system.name).explained
        explain = {rule for rules in explained.values() for rule in rules}

        def order(cause: RootCause) -> tuple[bool, bool, int]:
            ties = (tied(line, cause) for line in alarms.rows[-_WEIGHED:])
            count = sum(tie.own or cause.rule in explain for tie in ties if tie)
            silent = not count and cause.severity is Severity.CRITICAL
            return cause.cannot_tell is not None, not silent, -count

        return tuple(sorted(causes, key=order))

    def _cause_error(self, causes: Iterable[RootCause]) -> LogLine | None:
        """Return the earliest error that belongs to the weightiest cause.

        One that is the cause's own goes before those about the same part.
        """
        cause, alarms = post_mortem.first_cause(causes), self._seen.alarms
        if cause is None or alarms is None:
            return None
        ties = (
            (not tie.own, line.order, line)
            for line in alarms.rows
            if not line.routine and (tie := tied(line, cause)) is not None
        )
        found = min(ties, key=lambda each: each[:2], default=None)
        return None if found is None else found[2]

    def _case(self) -> Case:
        seen = self._seen
        own = seen.own or {}
        return Case(
            now=self._then,
            system=self._asked.system.name,
            thresholds=self._asked.thresholds,
            workers=self._workers if seen.fleet and seen.fleet.whole else None,
            tasks=(*self._failed, *(task for task, _ in self._running)),
            holders=holders(self._running),
            lines=self._lines,
            logs_read=frozenset(id for id, each in own.items() if each.whole),
            orchestration=seen.life,
            claims=seen.owned.claims if seen.owned else None,
            lost=seen.owned.lost if seen.owned else None,
            pods=None if seen.pods is None else (*seen.pods,),
            queued=seen.queued,
            scene=seen.scene,
            requeued=None if seen.records is None else by_hand(seen.records),
        )

    def _tasks(self) -> tuple[AffectedTask, ...]:
        """Return the tasks that failed, the earliest first, and then the others."""
        known = {task.id: task for task in self._failed}
        causes = book(self._asked.system.name).explained.get("failed-task", ())
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
        held = {each.id for each in found}
        found += [
            self._task(task, said, None)
            for task, said in self._seen.announced or ()
            if task.id not in held
        ]
        found += self._lost()
        if self._seen.failed is None and self._seen.services is not None:
            found += self._told(frozenset(each.id for each in found))
        return tuple(found)

    def _lost(self) -> Iterable[AffectedTask]:
        """Yield the tasks that services took in and never stored: no row tells them."""
        told = self._seen.services.told if self._seen.services else None
        for each in told.lost if told else ():
            for finding in self._findings_of(each.task_id)[:1]:
                yield AffectedTask(
                    id=each.task_id,
                    task_type="task",
                    status=NEVER_STORED,
                    worker_id=None,
                    failed_at=None,
                    verdict=f"{finding.title}{sureness(finding)}",
                    rules=self._rules(each.task_id),
                )

    def _told(self, held: frozenset[str]) -> Iterable[AffectedTask]:
        """Yield the tasks of which only lines tell, for no row could be read."""
        errors: dict[str, list[LogLine]] = {}
        for line in self._seen.alarms.rows if self._seen.alarms else ():
            if line.task_id is not None:
                errors.setdefault(line.task_id, []).append(line)
        about = (it.subject.id for it in self.findings if it.subject.kind == "task")
        for id in dict.fromkeys((*about, *errors)):
            lines, findings = errors.get(id, []), self._findings_of(id)
            if id in held or not (lines or findings):
                continue
            ends = (it.at for it in lines if it.fields.get("event") in FAILED_TASK)
            failed = max(ends, default=None)
            yield AffectedTask(
                id=id,
                task_type="task",
                status=UNKNOWN if failed is None else "failed",
                worker_id=None,
                failed_at=failed,
                verdict=f"{findings[0].title}{sureness(findings[0])}"
                if findings
                else post_mortem.by_a_line(lines[-1]),
                rules=self._rules(id),
            )

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
        made = bool(self._asked.system.vocabulary.made)
        found = []
        for worker in sorted(self._workers, key=lambda it: it.created_at):
            about = self._findings_of(worker.id)
            at = death_in(worker, self._window, self._then)
            if at is None and not about:
                continue
            own = (self._seen.own or {}).get(worker.id)
            tasks = held.get(worker.id, ())
            found.append(
                AffectedWorker(
                    id=worker.id,
                    status=worker.status,
                    created_at=begun_at(worker, self._seen.scene, made=made),
                    came_up_at=self._came_up_at(worker),
                    died_at=at,
                    way=death(worker, self._then) if at else None,
                    reason=worker.error_reason,
                    tasks=tuple(task.id for task in tasks),
                    verdict=of_worker(
                        worker,
                        # As in `worker`: a service that lives has no one cause.
                        about if self._seen.services is None else worst_first(about),
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
            sorted(found, key=lambda it: (it.died_at is None, it.died_at or self._then))
        )

    def _came_up_at(self, worker: Worker) -> datetime | None:
        up = came_up(self._seen.starts.get(worker.id, ()))
        return up.at if up else worker.promoted_at

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
        yield from self._began()
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
        if self._seen.services is not None:
            yield from service_incident.moments(self._seen.services)
        if (life := self._seen.life) is not None:
            # What it wrote as an error is told with the others.
            known = {each.kind for each in errors.by_kind}
            rest = [it for it in life.notable if kind_of(it.message) not in known]
            own = replace(life, notable=tuple(rest))
            name = self._asked.system.vocabulary.coordinator
            yield from moments.of_orchestrator(own, self._window, name=name)
        yield from self._silence()
        yield from moments.of_actions(heeded(self._seen.records or ()))
        yield from moments.of_notices(self._seen.told or ())
        yield from (each.moment for each in self._seen.pinned or ())

    def _began(self) -> Iterable[Moment]:
        """Yield how the newest dead came up, or what their start stopped at."""
        for id, lines in self._seen.starts.items():
            up, halt = came_up(lines), stopped(lines)
            if up is not None:
                yield _of_start(up, id, f"{id} came up", level="INFO")
            elif halt is not None:
                line, said = halt
                yield _of_start(line, id, f"the start of {id} showed: {said}")

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


def _of_start(line: LogLine, id: WorkerId, said: str, level: str = "ERROR") -> Moment:
    return Moment(
        at=line.at,
        kind=MomentKind.START,
        level=level,
        source=line.source,
        message=said,
        worker_id=id,
    )


def _money(seen: Hindsight, window: Window, now: datetime) -> Money:
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


def _asks(findings: Sequence[Finding], window: Window) -> tuple[Ask, ...]:
    bounds = f"--since {stamp(window.since).replace(' ', 'T')}"
    if not window.ongoing:
        bounds += f" --until {stamp(window.until).replace(' ', 'T')}"
    return (
        *whys(findings)[:1],
        Ask(label="All errors", words=f"logs --level ERROR {bounds}"),
        Ask(label="Health now", words="health"),
    )


def _notes(window: Window, now: datetime, *, rents: bool) -> tuple[str, ...]:
    reach = REACH / HOUR
    notes = [
        f"a task made over {reach:g} h before the window that ended in it is left out"
    ]
    if not window.ongoing:
        now_alone, tell, are = (
            ("pods and queue", "tell", "are") if rents else ("the queue", "tells", "is")
        )
        notes.append(
            f"judged as of the window's end, from rows as they are at {stamp(now)};"
            f" {now_alone}, which {tell} of now alone, {are} left out"
        )
    return tuple(notes)


def _reads(seen: Hindsight, asked: Asked) -> tuple[Read, ...]:
    reads = asked.reads(pods=seen.pods is not None)
    if seen.records is None:
        return reads
    return (*reads, Read(source="ledger", at=asked.now))
