from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.workers import WorkerId
from bot.rules.reigh.idle_worker import idle_worker
from tests.world import WORKER, a_case, a_pod, a_task, a_worker, ago

OTHERS = tuple(
    a_worker(f"gpu-{n}", last_heartbeat_at=ago(seconds=90 * n)) for n in range(2)
)


def told(**given: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "workers": (a_worker(), *OTHERS),
        "tasks": (),
        "finished": {WORKER: ago(minutes=10, seconds=31)},
        "claimable": 0,
    }
    return [*idle_worker(a_case(**(values | given)))]


@pytest.mark.parametrize(
    "given",
    [
        {"finished": {WORKER: ago(minutes=10, seconds=30)}},
        {"finished": {}},
        {
            "finished": {WORKER: ago(hours=2)},
            "workers": (a_worker(created_at=ago(minutes=9)), *OTHERS),
        },
        {"claimable": 1},
        {"workers": (a_worker(), OTHERS[0])},
        {"workers": (a_worker(last_heartbeat_at=ago(seconds=61)), *OTHERS)},
        {"tasks": (a_task(worker_id=WORKER),)},
    ],
    ids=[
        "not long",
        "nobody looked",
        "young",
        "work could be taken",
        "at the floor",
        "late",
        "busy",
    ],
)
def test_a_worker_may_be_there(given: dict[str, Any]) -> None:
    """There is a reason for it, or the next poll will end it."""
    assert not told(**given)


@pytest.mark.parametrize("part", ["workers", "tasks", "finished", "claimable"])
def test_what_was_not_read_is_not_judged(part: str) -> None:
    """Each of these is needed."""
    assert not told(**{part: None})


def test_an_idle_worker_is_told_with_the_numbers() -> None:
    """Its last task, the limit, the floor; work that nobody could take is none."""
    done = a_task(status="Complete", worker_id=WORKER)

    [found] = told(queued=3, tasks=(done,))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert found.title == f"{WORKER} has been idle for 10 min 31 s and is not ended"
    assert found.evidence == (
        "it completed its last task at 2026-01-31 11:49:29Z",
        "the limit is 10 min (GPU_IDLE_TIMEOUT_SEC) and one poll",
        (
            "3 workers beat, 2 are the floor (MIN_ACTIVE_GPUS), and nothing waits that"
            " could be taken"
        ),
    )
    assert found.ask == "orchestrator"


def test_a_time_without_any_end_of_a_task_tells_as_well() -> None:
    """At least so long nobody had work; of a younger worker its creation counts."""
    [old] = told(finished=None, quiet_since=ago(minutes=50))
    [young] = told(finished=None, quiet_since=ago(hours=2))

    assert old.title == f"{WORKER} has been idle for at least 50 min and is not ended"
    assert old.evidence[0] == (
        "it holds no task, and none ended since 2026-01-31 11:10:00Z"
    )
    assert young.title == f"{WORKER} has been idle for 1 h and is not ended"
    assert young.evidence[0].startswith("it was made at 2026-01-31 11:00:00Z")


def test_what_it_costs_is_told_where_the_pod_tells_a_price() -> None:
    """By the hour, and for the time that it was idle."""
    done = {WORKER: ago(minutes=30)}
    [priced] = told(finished=done, pods=(a_pod(cost_per_hour_usd=1.23),))
    [quiet] = told(finished=None, quiet_since=ago(minutes=30), pods=(a_pod(),))
    [stopped] = told(finished=done, pods=(a_pod(status="EXITED"),))

    assert "bills for nothing at $1.23 an hour, $0.61 by now: worker" in priced.remedy
    assert "at $0.69 an hour, at least $0.34 by now: worker" in quiet.remedy
    assert "bills for nothing: worker" in stopped.remedy


def test_of_several_only_those_above_the_floor_are_told() -> None:
    """The newest, which are ended first."""
    fleet = [a_worker(f"gpu-{n}", created_at=ago(hours=5 - n)) for n in range(4)]

    found = told(finished=None, quiet_since=ago(hours=1), workers=(*fleet,))

    assert [each.subject.id for each in found] == ["gpu-3", "gpu-2"]


def test_one_that_never_completed_a_task_is_counted_from_its_creation() -> None:
    """There is nothing else to count from."""
    [found] = told(finished={WorkerId(WORKER): None})

    assert found.evidence[0] == (
        "it was made at 2026-01-31 11:00:00Z and completed no task"
    )
