"""A bare id: finds out what it is and investigates it."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain.asks import chosen
from bot.domain.errors import Absent, Ambiguous, NotFound, SourceDown
from bot.domain.findings import Status, status_of
from bot.domain.ids import systems_of
from bot.domain.pods import PodId, called
from bot.domain.report import Ask, Report
from bot.domain.spelling import SHORTEST_PREFIX, bounded
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from bot.sources import System, task_ids
from bot.words import BARE_ID, read


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatQuery:
    """What a bare id wants to know."""

    id: str = command.identifier(
        "a task, worker, pod or request, or a part of its id",
        read=command.worker_text,
    )
    hours: float = command.hours()


async def answer(query: WhatQuery, asked: Asked) -> Report:
    """Return the investigation of whatever the id is."""
    system, text = asked.system, query.id
    if len(text) < SHORTEST_PREFIX:  # a worker's, if it is one
        return await _go(["worker", text], query, asked)
    if system.tasks.is_id(text):
        return await _task_or_request(query, asked)
    found, unlisted = await _known(query, asked)
    exact = [(kind, id) for kind, id in found if id == text]
    if len(exact or found) == 1:
        [(kind, id)] = exact or found
        report = await _go([kind, id], query, asked)
        by_pod = kind == "worker" and not bounded(id, text)
        return _unread(report, query, asked) if by_pod else report
    if not found and await _traced(query, asked):
        return await _go(["trace", text], query, asked)
    found = found or [("pod", id) for id in await _pods(text, asked)]
    if len(found) == 1:
        [(_, pod)] = found
        return _of_pod(pod, await _go(["runpod"], query, asked))
    if found:
        msg = f"{text} may be {len(found)} things"
        names = [f"{kind} {id}" for kind, id in found[:10]]
        raise Ambiguous(msg, candidates=names)
    try:
        if system.workers.is_id(text):  # it may have left no more than its lines
            return await _go(["worker", text], query, asked)
    except NotFound as error:
        raise unlisted or _nothing(text, system, hint=error.hint) from error
    raise unlisted or _nothing(text, system)


def _of_pod(pod: str, report: Report) -> Report:
    """Return the answer about all pods with what is the matter with this one first."""
    own = [each for each in report.findings if each.subject.id == pod]
    if not own:
        return report
    ends = Ask(label="End it …", words=f"runpod terminate {pod}")
    orphaned = any(each.rule == "orphaned-pod" for each in own)
    others = (each for each in report.findings if each not in own)
    return replace(
        report,
        summary=own[0].title,
        findings=(*own, *others),
        asks=chosen(*([ends] if orphaned else []), *report.asks),
    )


def _unread(report: Report, query: WhatQuery, asked: Asked) -> Report:
    """Return the answer about a pod's worker, unknown where the pod was not read."""
    unread = any(gap.source == "runpod" for gap in asked.gaps.all)
    if not unread or {report.status, status_of(report.findings)} != {Status.OK}:
        return report
    cannot = f"cannot tell whether pod {query.id} still runs, as it was not read"
    summary = f"{cannot}; its row says: {report.summary}"
    return replace(report, status=Status.UNKNOWN, summary=summary)


def _nothing(text: str, system: System, *, hint: str = "") -> NotFound:
    """Return that nothing is called so, and what was looked for."""
    kinds = ["no task", "no worker"]
    kinds += ["no pod"] * system.vocabulary.rents + ["no request"] * (
        system.requests is not None
    )
    recent = ["tasks --hours 2"] * system.tasks.listed + ["workers --hours 2"]
    hint = hint or _elsewhere(text, system) or f"recent ones: {', '.join(recent)}"
    return NotFound(f"nothing is called {text}: {', '.join(kinds)}", hint=hint)


def _elsewhere(text: str, system: System) -> str:
    """Return the words that ask the system to which alone the id's form points."""
    [*known] = systems_of(text)
    if len(known) != 1 or known == [system.name]:
        return ""
    return f"by its form it is of {known[0]}: {text} --system {known[0]}"


async def _task_or_request(query: WhatQuery, asked: Asked) -> Report:
    """Return the investigation of a task, or of a request whose id looks alike."""
    try:
        return await _go(["task", query.id], query, asked)
    except NotFound:
        if not await _traced(query, asked):
            raise
        return await _go(["trace", query.id], query, asked)


async def _known(
    query: WhatQuery, asked: Asked
) -> tuple[list[tuple[str, str]], Absent | None]:
    """Return the tasks and workers that the text may be, or why no task can be told.

    Raises:
        SourceDown: it is no task's, and of workers nobody can tell.
    """
    workers = asked.system.workers
    (tasks, unlisted), (named, unseen), by_pod = await asyncio.gather(
        _tasks(query, asked),
        _workers(query.id, asked.system),
        workers.of_pod(query.id.lower()),
    )
    if unseen is not None:
        if not tasks:
            raise unseen
        asked.gaps.note(unseen)
    found: list[tuple[str, str]] = [("task", id) for id in tasks]
    found += [("worker", id) for id in dict.fromkeys((*named, *by_pod))]
    return found, unlisted


async def _tasks(
    query: WhatQuery, asked: Asked
) -> tuple[Sequence[TaskId], Absent | None]:
    """Return the tasks whose ids begin so, or why nobody can tell."""
    system = asked.system
    if not system.tasks.may_begin(query.id):
        return (), None
    try:
        window = asked.window(query.hours)
        return await task_ids(query.id, system, within=window), None
    except Absent as error:
        return (), error


async def _traced(query: WhatQuery, asked: Asked) -> bool:
    """Tell whether lines of the window bear it as a request's id."""
    requests = asked.system.requests
    if requests is None:
        return False
    return bool((await requests.of(query.id, asked.window(query.hours))).rows)


async def _workers(
    text: str, system: System
) -> tuple[Sequence[WorkerId], SourceDown | None]:
    """Return the workers whose ids begin or end so, or why nobody can tell."""
    if not system.workers.may_bound(text):
        return (), None
    try:
        return await system.workers.find(text), None
    except SourceDown as error:
        return (), error


async def _pods(text: str, asked: Asked) -> Sequence[PodId]:
    """Return the pods whose id or name is the text, else begins or ends so.

    Raises:
        SourceDown: the pods were not read, so nobody can tell.
    """
    try:
        pods = await asked.system.pods.all()
    except Absent as error:
        asked.gaps.note(error)
        return ()
    except SourceDown as error:
        msg = f"{error.message}; no task and no worker is called {text}"
        raise SourceDown(error.source, msg) from error
    return [pod.id for pod in called(text, pods)]


async def _go(words: Sequence[str], query: WhatQuery, asked: Asked) -> Report:
    """Return what the command answers that the id stands for."""
    if words[0] != "runpod":
        words = [*words, "--hours", f"{query.hours:.6f}".rstrip("0").rstrip(".")]
    reading = read(words, asked.commands, asked.now)
    handled: Awaitable[Report] = reading.command.handler(reading.query, asked)
    report = await handled
    return replace(
        report,
        command=reading.command.name,
        words=" ".join(reading.words),
        arguments=report.arguments or {"id": query.id, "hours": query.hours},
    )


COMMAND: Final = Command(
    name=BARE_ID,
    answers="what an id is, and what is the matter with it",
    query=WhatQuery,
    handler=answer,
    examples=("41345358",),
    charts=True,
    hidden=True,
)
