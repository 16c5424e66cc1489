"""A task passed the reflex layer and was never stored (systems/octollm.md, 3B, 6)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.asks import tracing
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.service_proofs import said
from bot.domain.services import Lost, ServiceScene
from bot.domain.tasks import TaskId
from bot.domain.times import dated

SEVERAL: Final = "lost tasks"


def lost_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task that was accepted and never stored.

    One that the database knows was stored, whatever the lines lack.
    """
    scene = case.services
    told = scene.told if scene else None
    if scene is None or told is None:
        return
    stored = _stored(scene) | set(case.tasks_by_id)
    for each in told.lost:
        if each.task_id in stored:
            continue
        yield Finding(
            rule="lost-task",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED
            if told.whole and each.error
            else Confidence.LIKELY,
            title=f"task {each.task_id[:8]} was accepted by the reflex layer and never"
            " stored",
            subject=Subject(kind="task", id=each.task_id),
            evidence=tuple(_evidence(each, case)),
            remedy="submit it again: its id is in no table, and the client was answered"
            " 500",
            ask=tracing(each.request_id) or "logs --search passed_reflex_check",
            begun_at=each.at,
        )


def _stored(scene: ServiceScene) -> set[TaskId]:
    backlog = scene.backlog
    waiting = (*(backlog.pending or ()), *(backlog.processing or ())) if backlog else ()
    return {each.task_id for each in waiting}


def _evidence(lost: Lost, case: Case) -> Iterator[str]:
    request = f", request {said(lost.request_id)}" if lost.request_id else ""
    yield f"task.passed_reflex_check at {dated(lost.at, case.now)}{request}"
    yield "no database.task_created followed within 1 min"
    if lost.error:
        yield f"right after it was raised: {said(lost.error)}"
