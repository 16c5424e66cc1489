from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.tasks import TaskId, Wait
from bot.domain.waits import NEVER
from bot.rules.reigh.waiting_task import waiting_task
from tests.world import TASK, a_case, a_task, a_worker, ago

OTHER = TaskId("52345358-0000-4000-8000-000000000002")


def told(reason: str | None = None, detail: str = "", **given: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "tasks": (a_task(status="Queued"),),
        "waits": {TASK: Wait(reason=reason, detail=detail)},
    }
    return [*waiting_task(a_case(**(values | given)))]


def test_a_queue_that_was_not_judged_tells_nothing() -> None:
    """Nor does it of a task that it lacks, or that runs since."""
    assert not told("no credits", waits=None)
    assert not told("no credits", waits={})
    assert not told("no credits", tasks=(a_task(),))


@pytest.mark.parametrize("reason", NEVER)
def test_one_that_never_runs_has_a_rule_of_its_own(reason: str) -> None:
    """It is told once, by blocked-task."""
    assert not told(reason)


@pytest.mark.parametrize(
    ("reason", "severity"),
    [
        ("waits for dependency", Severity.INFO),
        ("user at capacity", Severity.INFO),
        ("no credits", Severity.WARNING),
        ("cloud disabled", Severity.WARNING),
        ("type switched off", Severity.WARNING),
        ("something new", Severity.WARNING),
    ],
)
def test_the_first_true_reason_is_told(reason: str, severity: Severity) -> None:
    """With its numbers; what ends by itself weighs little."""
    [found] = told(reason, "5 of 5 running")

    assert (found.severity, found.confidence) == (severity, Confidence.CONFIRMED)
    assert found.title == f"task 41345358 waits: {reason}"
    assert found.evidence == (
        "5 of 5 running",
        "queued at 2026-01-31 11:50:00Z, 10 min ago",
    )
    assert found.ask == "queue"


def test_a_silent_api_orchestrator_is_likely_the_reason() -> None:
    """Its log may be broken; no worker takes such a task."""
    [found] = told("API orchestrator silent", "its newest line is of noon")

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert found.evidence[0] == "its newest line is of noon"
    assert "restart it" in found.remedy
    assert found.ask == "logs --source orchestrator_api"


@pytest.mark.parametrize(
    ("minutes", "confidence", "ask"),
    [
        (5, Confidence.LIKELY, "queue"),
        (6, Confidence.POSSIBLE, "logs --source orchestrator_api"),
    ],
)
def test_workers_do_not_matter_to_what_runs_by_an_api(
    minutes: int, confidence: Confidence, ask: str
) -> None:
    """It waits for another program, which asks as often."""
    task = a_task(status="Queued", created_at=ago(minutes=minutes))

    [found] = told(
        tasks=(task,), workers=(), waits={TASK: Wait(reason=None, by_api=True)}
    )

    assert (found.severity, found.confidence) == (Severity.INFO, confidence)
    assert found.title == "task 41345358 waits: its turn has not come"
    assert found.ask == ask


def test_an_api_orchestrator_without_a_line_may_not_run() -> None:
    """What it is busy with, nothing tells."""
    task = a_task(status="Queued", created_at=ago(minutes=6))
    wait = Wait(reason=None, detail="it left no line", by_api=True)

    [found] = told(tasks=(task,), waits={TASK: wait})

    assert found.evidence[0].endswith("takes it, no worker; it left no line")
    assert found.remedy == "see where the API orchestrator is deployed whether it runs"


def test_its_age_stands_beside_that_of_the_others() -> None:
    """The median, so that one old task does not matter."""
    others = tuple(
        a_task(str(n), status="Queued", created_at=ago(minutes=n)) for n in (1, 2, 9)
    )

    [found] = told("no credits", tasks=(a_task(status="Queued"), *others))

    assert found.evidence == (
        "no credits",
        (
            "queued at 2026-01-31 11:50:00Z, 10 min ago; the median of the others is"
            " 2 min"
        ),
    )


def test_what_it_waits_for_is_the_next_question() -> None:
    """The first that is not done."""
    done, running = a_task("1", status="Complete"), a_task(OTHER)
    task = a_task(status="Queued", dependencies=(TaskId("0"), done.id, running.id))

    [found] = told("waits for dependency", tasks=(task, done, running))

    assert found.ask == f"task {OTHER}"


def test_without_the_workers_nobody_knows_who_could_take_it() -> None:
    """It is claimable, and that is all."""
    assert not told()


@pytest.mark.parametrize(
    ("workers", "severity", "why"),
    [
        ((), Severity.WARNING, "no worker is alive"),
        ((a_worker(status="crashed"),), Severity.WARNING, "no worker is alive"),
        ((a_worker(status="spawning"),), Severity.INFO, "workers are starting"),
        ((a_worker(),), Severity.INFO, "its turn has not come"),
    ],
)
def test_who_could_take_it(workers: Any, severity: Severity, why: str) -> None:
    """Nobody, somebody soon, or somebody who is there."""
    [found] = told(workers=workers)

    assert found.severity is severity
    assert found.title == f"task 41345358 waits: {why}"


@pytest.mark.parametrize(
    ("minutes", "confidence"), [(5, Confidence.LIKELY), (6, Confidence.POSSIBLE)]
)
def test_a_long_wait_is_less_clear(minutes: int, confidence: Confidence) -> None:
    """A free worker asks every 10 s."""
    task = a_task(status="Queued", created_at=ago(minutes=minutes))

    [found] = told(tasks=(task,), workers=(a_worker(),))

    assert found.confidence is confidence
    assert found.evidence[0] == "nothing holds it back, and 1 worker beat"


@pytest.mark.parametrize(
    ("reason", "hours", "limit"),
    [("waits for dependency", 2, "1 h"), ("user at capacity", 2, "1 h"), (None, 1, "")],
)
def test_what_ends_by_itself_weighs_more_once_it_has_not(
    reason: str | None, hours: int, limit: str
) -> None:
    """The limit stands beside the wait."""
    task = a_task(status="Queued", created_at=ago(hours=hours))

    [found] = told(reason, tasks=(task,), workers=(a_worker(),))

    assert found.severity is Severity.WARNING
    assert found.evidence[-1] == f"up to {limit or '20 min'} of that is normal"


def test_what_an_api_takes_may_be_late_as_well() -> None:
    """No worker is to blame."""
    task = a_task(status="Queued", created_at=ago(minutes=21))

    [found] = told(tasks=(task,), waits={TASK: Wait(reason=None, by_api=True)})

    assert found.severity is Severity.WARNING
