from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.workers import Worker
from bot.rules.reigh.not_logging import not_logging
from tests.world import TASK, WORKER, a_case, a_line, a_task, a_worker, ago


def busy(worker: Worker | None = None, **given: Any) -> Case:
    """Return a case of a worker with an hour-old task, whose lines were all read."""
    values: dict[str, Any] = {
        "workers": (worker or a_worker(),),
        "tasks": (a_task(worker_id=WORKER, started_at=ago(hours=1)),),
        "lines": (),
        "logs_read": frozenset({WORKER}),
    }
    return a_case(**(values | given))


def test_a_worker_that_wrote_lately_is_well() -> None:
    """Five minutes exactly are still lately."""
    case = busy(lines=(a_line(at=ago(minutes=5)),))

    assert not [*not_logging(case)]


def test_a_worker_that_just_began_has_five_minutes() -> None:
    """Its silence before the task is nobody's business."""
    tasks = (a_task(worker_id=WORKER, started_at=ago(minutes=5)),)
    case = busy(tasks=tasks, lines=(a_line(at=ago(minutes=40)),))

    assert not [*not_logging(case)]


def test_a_worker_without_a_task_may_be_silent() -> None:
    """Also when it has just finished one."""
    tasks = (a_task(worker_id=WORKER, status="Complete"),)

    assert not [*not_logging(busy(tasks=()))]
    assert not [*not_logging(busy(tasks=tasks))]


def test_a_worker_without_a_pulse_is_another_rule_s() -> None:
    """Its logs travel inside heartbeats, so their silence says nothing more."""
    worker = a_worker(last_heartbeat_at=ago(seconds=61))

    assert not [*not_logging(busy(worker))]


def test_a_worker_that_is_not_active_is_another_rule_s() -> None:
    """Whoever ended it had a reason."""
    assert not [*not_logging(busy(a_worker(status="error")))]


def test_lines_that_were_not_read_prove_nothing() -> None:
    """An answer about the fleet does not read every worker's log."""
    assert not [*not_logging(busy(logs_read=frozenset()))]


def test_a_busy_worker_that_fell_silent_is_possibly_in_trouble() -> None:
    """Absence of lines is the weakest evidence there is."""
    case = busy(lines=(a_line("loading", at=ago(minutes=5, seconds=1)),))

    [found] = not_logging(case)

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert found.title.endswith("has logged nothing for 5 min 1 s")
    assert found.evidence == (
        "its last line is of 2026-01-31 11:54:59Z: loading",
        "read: 1 line of its own; none was cut",
        f"it holds task {TASK} and still beats",
    )
    assert found.ask == f"task {TASK}"


def test_a_busy_worker_that_never_wrote() -> None:
    """It counts from the start of its task."""
    [found] = not_logging(busy())

    assert found.title.endswith("for 1 h")
    assert found.evidence[0] == "no line of the window is its own"


def test_a_task_without_a_start_counts_from_the_worker_s_creation() -> None:
    """The claim was not written down, the worker was."""
    tasks = (a_task(worker_id=WORKER, started_at=None),)

    [found] = not_logging(busy(a_worker(created_at=ago(hours=2)), tasks=tasks))

    assert found.title.endswith("for 2 h")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (20, "do not call it dead: a model load is silent"),
        (21, "no model load is silent for so long: unless its lines are lost on their"),
    ],
)
def test_what_is_silent_past_the_time_of_a_task_hangs(minutes: int, said: str) -> None:
    """It is told what ends it, as far as it has a pod."""
    silent = (a_line(at=ago(minutes=minutes)),)
    api = a_worker(runs_on_gpu=False)

    [found] = not_logging(busy(lines=silent))

    assert found.remedy.startswith(said)
    for other in not_logging(busy(api, lines=silent)):
        assert other.remedy.startswith("do not call it dead")
