from bot.domain.findings import Confidence, Severity
from bot.domain.services import Backlog
from tests.service_scenes import a_backlog, a_scene, a_wait, found, of_scene, services
from tests.world import a_task, ago

RULE = "waiting-task"


def test_five_minutes_exactly_are_not_long() -> None:
    """Nobody asked for that task, so nothing is said of it."""
    assert found(RULE, services(backlog=a_backlog(a_wait(since=ago(minutes=5))))) == []
    assert found(RULE, services(backlog=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_task_that_is_pending_for_longer_is_told() -> None:
    """Others were taken up, so somebody is there who does."""
    late = a_wait(since=ago(seconds=301))
    [it] = found(RULE, services(backlog=a_backlog(late)))

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert it.title == "task 23cb6baf waits: nothing has taken it up"
    assert (it.subject.kind, it.subject.id) == ("task", late.task_id)
    assert it.evidence == (
        "others were taken up: 100 completed",
        "made at 2026-01-31 11:54:59Z, 5 min 1 s ago; over 5 min is long",
    )


def test_where_nothing_consumes_tasks_that_is_why() -> None:
    """It is sure: no task ever left this state."""
    late = a_wait(since=ago(hours=1))
    backlog = Backlog(counts={"pending": 1}, pending=(late,), processing=())
    [it] = found(RULE, services(backlog=backlog))

    assert it.confidence is Confidence.CONFIRMED
    assert it.title == "task 23cb6baf waits: nothing consumes tasks"
    assert it.evidence[0] == "no task was ever taken up"


def test_of_the_task_in_question_it_is_told_at_once() -> None:
    """Once, and calmly; others of the question that do not wait are not told."""
    young = a_task("a" * 36, status="Queued", created_at=ago(minutes=5))
    asked = (young, a_task("b" * 36))
    [it] = found(RULE, of_scene(a_scene(), tasks=asked))
    [both] = found(
        RULE, of_scene(a_scene(backlog=a_backlog(a_wait("a" * 36))), tasks=asked)
    )

    assert it.severity is both.severity is Severity.INFO
    assert it.evidence[1] == "made at 2026-01-31 11:55:00Z, 5 min ago"
    assert it.remedy == "wait: it is not late yet"


def test_where_no_counts_were_read_it_cannot_tell_why() -> None:
    """The task itself was read, and waits."""
    old = a_task("a" * 36, status="Queued", created_at=ago(minutes=6))
    [it] = found(RULE, of_scene(None, tasks=(old,)))

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert it.evidence[0] == "nobody tells whether anything takes tasks up"
