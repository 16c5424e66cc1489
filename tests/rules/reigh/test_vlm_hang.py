from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.logs import LogLine
from bot.domain.workers import Worker
from bot.rules.book import judge
from bot.rules.reigh.vlm_hang import vlm_hang
from tests.world import TASK, WORKER, a_case, a_line, a_task, a_worker, ago

BEGUN = "TRAVEL: [RAM] Before VLM loading: Process=9000MB, System=50.0% used"
ENDED = "TRAVEL: [RAM] After VLM cleanup: Process=9000MB, System=50.0% used"


def said(message: str = BEGUN, **given: Any) -> LogLine:
    return a_line(message, **({"at": ago(minutes=7), "task_id": TASK} | given))


def told(*lines: LogLine, worker: Worker | None = None, **given: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "workers": (worker or a_worker(),),
        "lines": lines or (said(),),
        "logs_read": frozenset({WORKER}),
    }
    return [*judge(a_case(**(values | given)), using={"vlm-hang": vlm_hang})]


@pytest.mark.parametrize(
    "end",
    [ENDED, f"HEADLESS: Finished task {TASK} (Success: True)", "MODEL SWITCH: b"],
)
def test_a_phase_that_ended_does_not_hang(end: str) -> None:
    """Said, or shown by what the worker did since."""
    assert not told(said(), said(end, at=ago(minutes=3)))


def test_a_task_that_does_not_run_any_more_hangs_nobody() -> None:
    """It ended, or went back to the queue."""
    assert not told(tasks=(a_task(status="Queued"),))


def test_five_minutes_are_normal() -> None:
    """Up to half a minute more it is not sure that they are over: clocks differ."""
    [near] = told(said(at=ago(minutes=5, seconds=30)))
    [far] = told(said(at=ago(minutes=5, seconds=31)))

    assert not told(said(at=ago(minutes=5)))
    assert (near.severity, near.confidence) == (Severity.INFO, Confidence.POSSIBLE)
    assert far.confidence is Confidence.LIKELY


@pytest.mark.parametrize("status", ["error", "terminated", "spawning"])
def test_a_worker_that_was_ended_does_not_hang(status: str) -> None:
    """Nor does one that starts."""
    assert not told(worker=a_worker(status=status))


@pytest.mark.parametrize(("status", "ask"), [("error", "forget "), ("terminated", "")])
def test_one_that_was_given_up_for_its_silence_died_in_it(
    status: str, ask: str
) -> None:
    """Its task went back to the queue, which is no end of the phase."""
    worker = a_worker(
        status=status, error_reason="Stale heartbeat", last_heartbeat_at=ago(minutes=6)
    )

    [found] = told(worker=worker, tasks=(a_task(status="Queued"),), pods=())

    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.LIKELY)
    assert found.evidence[1] == "its row says: Stale heartbeat"
    assert found.ask == f"worker {ask}{WORKER}"
    assert not told(worker=worker, tasks=(a_task(status="Complete"),))
    assert told(worker=worker, tasks=(a_task(status="Complete", worker_id="gpu-2"),))


def test_six_minutes_are_slow_only() -> None:
    """Normal is 3 to 6 minutes."""
    [found] = told(said(at=ago(minutes=6, seconds=30)))

    assert found.severity is Severity.INFO
    assert "is slow in the VLM phase" in found.title
    assert found.remedy.startswith("wait")
    assert "if it is not over in 30 s, end the worker" in found.remedy


def test_up_to_six_minutes_is_waited_for() -> None:
    """Past them only as long as clocks may differ."""
    [found] = told(said(at=ago(minutes=6)))

    assert "past 6 min end the worker" in found.remedy
    assert found.ask == f"worker {WORKER}"


def test_a_living_worker_hangs() -> None:
    """What it wrote last shows whether it still moves."""
    [found] = told(
        said(at=ago(minutes=7)),
        said("[VLM_BATCH] 2 of 9", at=ago(minutes=4)),
        tasks=(a_task(),),
    )

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert found.title == f"{WORKER} hangs in the VLM phase, begun 7 min ago"
    assert found.evidence == (
        f"at 2026-01-31 11:53:00Z: {BEGUN}; no line tells its end",
        "its last line, at 2026-01-31 11:56:00Z: [VLM_BATCH] 2 of 9",
        "last heartbeat at 2026-01-31 11:59:50Z, 10 s ago",
    )
    assert found.ask == f"worker terminate {WORKER}"


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(last_heartbeat_at=ago(minutes=6)),
        a_worker(status="crashed", last_heartbeat_at=None),
    ],
    ids=["silent", "crashed"],
)
def test_a_lost_worker_died_in_it(worker: Worker) -> None:
    """The lines of its last 20 s died with it."""
    [found] = told(worker=worker)

    assert found.severity is Severity.CRITICAL
    assert "died in the VLM phase" in found.title


def test_an_end_that_may_be_missing_makes_it_possible_only() -> None:
    """All lines of the task will do; the order of a worker's lines is the true one."""
    [partly] = told(logs_read=frozenset())
    [task] = told(logs_read=frozenset(), task_logs_read=frozenset({TASK}))
    [again] = told(said(ENDED, at=ago(minutes=7, seconds=1)), said())

    assert partly.confidence is Confidence.POSSIBLE
    assert task.confidence is Confidence.LIKELY
    assert again.confidence is Confidence.LIKELY
