from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.services import Backlog, Waiting
from tests.service_scenes import a_probe, a_wait, down, found, of_scene, services
from tests.world import ago

RULE = "queue-without-workers"


def waiting(*pending: Waiting, probes: object = None, **counts: int) -> Case:
    """Return a case of tasks that wait, with the counts of the others."""
    backlog = Backlog(
        counts={"pending": len(pending), **counts}, pending=pending, processing=()
    )
    return services(backlog=backlog, probes=probes)


def test_nothing_waits() -> None:
    """Or nobody tells whether anything does."""
    assert found(RULE, waiting()) == []
    assert found(RULE, services(backlog=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_system_that_takes_tasks_up_consumes_them() -> None:
    """One in progress, completed or failed proves it; one cancelled does not."""
    old = a_wait(since=ago(hours=9))

    for state in ("processing", "completed", "failed"):
        assert found(RULE, waiting(old, **{state: 1})) == []
    assert len(found(RULE, waiting(old, cancelled=1))) == 1


def test_five_minutes_exactly_are_not_long() -> None:
    """A system that was just deployed has taken up nothing yet."""
    assert found(RULE, waiting(a_wait(since=ago(seconds=300)))) == []
    assert len(found(RULE, waiting(a_wait(since=ago(seconds=301))))) == 1


def test_that_nothing_consumes_tasks_is_told_with_all_counts() -> None:
    """The published OctoLLM has no arms (systems/octollm.md, 0.6)."""
    old = a_wait(since=ago(minutes=20))
    [it] = found(RULE, waiting(old, a_wait("b"), probes=(a_probe(),)))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == "2 tasks wait, and nothing consumes tasks in this deployment"
    assert it.evidence == (
        "2 pending, 0 processing, 0 completed, 0 failed",
        "the oldest is of 2026-01-31 11:40:00Z, 20 min ago",
        "neither settings nor a registry name any arm",
    )


def test_arms_that_are_there_are_named() -> None:
    """They may not know of the tasks; or none of them lives."""
    old = a_wait(since=ago(minutes=20))
    arms = (a_probe("coder"), a_probe("judge"), down("planner"))
    [it] = found(RULE, waiting(old, probes=arms))
    [dead] = found(RULE, waiting(old, probes=arms[2:]))

    assert it.evidence[-1] == "arms that answer: coder and judge"
    assert dead.evidence[-1] == "arms that answer: none of 1"


def test_where_nobody_tells_since_when_it_is_likely() -> None:
    """The orchestrator only counts its tasks."""
    counted = Backlog(counts={"pending": 5}, pending=None, processing=None)
    [it] = found(RULE, services(backlog=counted))

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert it.evidence[0] == "5 pending, 0 processing, 0 completed, 0 failed"
