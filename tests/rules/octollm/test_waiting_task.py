from typing import Any

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.services import Backlog, ServiceScene
from bot.domain.tasks import Task, Wait
from bot.rules.book import judge
from tests.service_scenes import a_backlog, a_scene, a_wait, found, of_scene, services
from tests.world import a_task, ago

RULE = "waiting-task"


def asked(task: Task, scene: ServiceScene | None, **given: Any) -> Case:
    """Return a case of a question about a task, of which the queue was read."""
    waits = {task.id: Wait(reason=None)}
    return of_scene(scene, **({"tasks": (task,), "waits": waits} | given))


def test_five_minutes_exactly_are_not_long() -> None:
    """Nobody asked for that task, so nothing is said of it."""
    assert found(RULE, services(backlog=a_backlog(a_wait(since=ago(minutes=5))))) == []
    assert found(RULE, services(backlog=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_task_that_is_pending_for_longer_is_told() -> None:
    """Others were taken up, so somebody is there who does."""
    late, young = a_wait(since=ago(seconds=301)), a_wait("b")
    [it] = found(RULE, services(backlog=a_backlog(late, young)))

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert it.title == "1 task is pending for over 5 min"
    assert (it.subject.kind, it.subject.id) == ("queue", "queue")
    assert it.evidence == (
        "others were taken up: 100 completed",
        "the oldest is of 2026-01-31 11:54:59Z, 5 min 1 s ago",
        "it is 23cb6baf",
    )


def test_many_are_told_as_one() -> None:
    """A queue may hold a hundred thousand; the oldest are named."""
    late = [a_wait(f"{n:08}-x", since=ago(minutes=30 - n)) for n in range(5)]
    [it] = found(RULE, services(backlog=a_backlog(*late)))

    assert it.title == "5 tasks are pending for over 5 min"
    assert it.evidence[1:] == (
        "the oldest is of 2026-01-31 11:30:00Z, 30 min ago",
        "they are 00000000, 00000001, 00000002 and 2 more",
    )


def test_where_nothing_consumes_tasks_another_rule_tells_it() -> None:
    """Of the whole queue; of the task in question it is told as why."""
    late = a_task("a" * 36, status="Queued", created_at=ago(hours=1))
    pending = (a_wait(late.id, since=late.created_at),)
    backlog = Backlog(counts={"pending": 1}, pending=pending, processing=())
    told = judge(asked(late, a_scene(backlog=backlog)))

    assert [(each.rule, each.subject.kind) for each in told] == [
        ("queue-without-workers", "queue"),
        ("waiting-task", "task"),
    ]
    assert told[1].confidence is Confidence.CONFIRMED
    assert told[1].title == "task aaaaaaaa waits: nothing consumes tasks"
    assert told[1].evidence[0] == "no task was ever taken up"


def test_of_the_task_in_question_it_is_told_at_once() -> None:
    """Calmly; others that were read beside it are not told."""
    young = a_task("a" * 36, status="Queued", created_at=ago(minutes=5))
    others = (a_task("b" * 36), a_task("c" * 36, status="Queued"))
    [it] = found(RULE, asked(young, a_scene(), tasks=(young, *others)))

    assert it.severity is Severity.INFO
    assert it.evidence[1] == "made at 2026-01-31 11:55:00Z, 5 min ago"
    assert it.remedy == "wait: it is not late yet"


def test_a_task_that_runs_does_not_wait() -> None:
    """It was taken up after the queue was read."""
    assert found(RULE, asked(a_task(), a_scene())) == []


def test_where_no_counts_were_read_it_cannot_tell_why() -> None:
    """The task itself was read, and waits; without its queue nothing is said."""
    old = a_task("a" * 36, status="Queued", created_at=ago(seconds=301))
    [it] = found(RULE, asked(old, None))

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert it.evidence[0] == "nobody tells whether anything takes tasks up"
    assert it.evidence[1].endswith("5 min 1 s ago; over 5 min is long")
    assert found(RULE, asked(old, None, waits=None)) == []
