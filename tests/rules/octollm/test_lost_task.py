from typing import Any

from bot.domain.findings import Confidence, Severity
from bot.domain.services import Lost
from bot.domain.tasks import TaskId
from tests.service_scenes import (
    a_backlog,
    a_scene,
    a_wait,
    found,
    of_scene,
    said,
    services,
    told,
)
from tests.world import a_task, ago

WHEN = "at 2026-01-31 11:58:00Z, 2 min ago"
RULE = "lost-task"
ID = TaskId("35088389-752c-4302-96df-f7691319ba61")


def a_loss(**given: Any) -> Lost:
    """Return a task that passed two minutes ago and was not stored."""
    values: dict[str, Any] = {
        "task_id": ID,
        "at": ago(minutes=2),
        "request_id": "req-dbdown-1",
        "error": "(psycopg.OperationalError) connection failed",
    }
    return Lost(**(values | given))


def test_no_task_is_lost() -> None:
    """Or no line was read that could tell."""
    assert found(RULE, said()) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_task_that_was_accepted_and_never_stored_is_lost() -> None:
    """With what was raised right after it."""
    [it] = found(RULE, said(lost=(a_loss(),)))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == (
        "task 35088389 was accepted by the reflex layer and never stored"
    )
    assert (it.subject.kind, it.subject.id) == ("task", ID)
    assert it.evidence == (
        f"task.passed_reflex_check {WHEN}, request req-dbdown-1",
        "no database.task_created followed within 1 min",
        "right after it was raised: (psycopg.OperationalError) connection failed",
    )
    assert it.ask == "trace req-dbdown-1"


def test_without_an_error_it_is_likely_lost() -> None:
    """Nor is it sure where lines are missing."""
    silent = a_loss(error=None, request_id=None)
    [it] = found(RULE, said(lost=(silent,)))
    [cut] = found(RULE, said(lost=(a_loss(),), whole=False))

    assert it.confidence is cut.confidence is Confidence.LIKELY
    assert it.ask == "logs --search passed_reflex_check"
    assert len(it.evidence) == 2


def test_a_task_that_the_database_knows_is_not_lost() -> None:
    """Its line was lost, as log files are cut now and then."""
    lost = told(lost=(a_loss(),))
    pending, running = a_backlog(a_wait(ID)), a_backlog(running=(a_wait(ID),))

    assert found(RULE, services(told=lost, backlog=pending)) == []
    assert found(RULE, services(told=lost, backlog=running)) == []
    assert found(RULE, of_scene(a_scene(told=lost), tasks=(a_task(ID),))) == []


def test_counts_alone_tell_of_no_task() -> None:
    """Without a database the orchestrator only counts, or tells nothing."""
    counted = a_backlog().__class__(counts={}, pending=None, processing=None)

    for backlog in (counted, None):
        assert len(found(RULE, services(told=told(lost=(a_loss(),)), backlog=backlog)))
