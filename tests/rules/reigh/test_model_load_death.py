from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.fleet import Lost
from bot.domain.logs import LogLine
from bot.domain.workers import Worker
from bot.rules.book import judge
from bot.rules.reigh.model_load_death import model_load_death
from tests.world import TASK, WORKER, a_case, a_line, a_pod, a_task, a_worker, ago

SWITCH = f"MODEL: 🔄 MODEL SWITCH: {WORKER} switching from (current: a) to b"


def said(message: str = SWITCH, **given: Any) -> LogLine:
    return a_line(message, **({"at": ago(minutes=9), "task_id": TASK} | given))


def told(*lines: LogLine, worker: Worker | None = None, **given: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "workers": (worker or a_worker(last_heartbeat_at=ago(minutes=6)),),
        "lines": lines or (said(),),
        "logs_read": frozenset({WORKER}),
    }
    case = a_case(**(values | given))
    return [*judge(case, using={"model-load-death": model_load_death})]


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(),
        a_worker(status="terminated"),
        a_worker(status="error", error_reason="Idle timeout (601s)"),
        a_worker(status="error", error_reason="x", error_at=ago(seconds=5)),
        a_worker(status="spawning", last_heartbeat_at=ago(minutes=9)),
        a_worker(last_heartbeat_at=ago(minutes=9), runs_on_gpu=False),
    ],
    ids=["beats", "scaled down", "idle", "ended alive", "starting", "no GPU"],
)
def test_a_worker_that_was_not_lost_still_loads(worker: Worker) -> None:
    """Or was ended for another reason."""
    assert not told(worker=worker)


def test_one_that_the_failsafe_ended_died_in_the_load() -> None:
    """Its row looks like that of a scale-down."""
    line = a_line(
        f"FAILSAFE: Worker {WORKER} has stale heartbeat (12:00) and status active",
        source="orchestrator_gpu",
        worker_id=None,
    )
    worker = a_worker(status="terminated", last_heartbeat_at=ago(minutes=8))

    [found] = told(said(), line, worker=worker)

    assert found.title == f"{WORKER} died while it loaded b, 1 min into the load"
    assert found.evidence[-1].startswith("at 2026-01-31 11:59:00Z: FAILSAFE: Worker")


@pytest.mark.parametrize(
    "end",
    [
        "QUEUE: Model switch completed in 61.0s",
        "QUEUE: Model switch failed: no file",
        "MODEL: Loaded model: b",
        f"QUEUE: {WORKER} switched model: a → b",
        f"QUEUE: {WORKER} executing generation for task {TASK}",
    ],
)
def test_a_load_that_ended_killed_nobody(end: str) -> None:
    """Well or not; the words of the end look like those of the beginning."""
    assert not told(said(), said(end, at=ago(minutes=8)))


@pytest.mark.parametrize("status", ["Complete", "Failed"])
def test_a_load_whose_task_ended_there_came_to_its_end(status: str) -> None:
    """Whatever lines were lost."""
    assert not told(tasks=(a_task(status=status, worker_id=WORKER),))


def test_only_the_newest_load_counts() -> None:
    """Those before it ended, or it could not have begun."""
    assert not told()[1:]
    assert not told(said(at=ago(minutes=20)), said(), said(ENDED, at=ago(minutes=8)))


ENDED = "QUEUE: Model switch completed in 61.0s"


def test_another_s_line_tells_nothing_of_this_worker() -> None:
    """The orchestrator quotes lines of its dumps."""
    assert not told(said(source="orchestrator_gpu", worker_id=None))


def test_a_silent_worker_died_loading() -> None:
    """Its task went elsewhere since."""
    task = a_task(status="Complete", worker_id="gpu-other")

    [found] = told(tasks=(task,), pods=(a_pod(),))

    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.LIKELY)
    assert found.title == f"{WORKER} died while it loaded b, 3 min into the load"
    assert found.evidence == (
        f"at 2026-01-31 11:51:00Z: {SWITCH}; no line tells its end",
        "last heartbeat at 2026-01-31 11:54:00Z, 6 min ago",
    )
    assert found.ask == f"worker terminate {WORKER}"


@pytest.mark.parametrize(
    ("worker", "how"),
    [
        (
            a_worker(status="crashed", last_heartbeat_at=None),
            ("it never beat",),
        ),
        (
            a_worker(
                status="terminated",
                error_reason="Stale heartbeat",
                last_heartbeat_at=ago(minutes=20),
            ),
            (
                "last heartbeat at 2026-01-31 11:40:00Z, 20 min ago",
                "its row says: Stale heartbeat",
            ),
        ),
        (
            a_worker(status="error", last_heartbeat_at=ago(minutes=20)),
            ("last heartbeat at 2026-01-31 11:40:00Z, 20 min ago",),
        ),
    ],
    ids=["crashed", "ended", "given up"],
)
def test_it_is_told_how_it_was_lost(worker: Worker, how: tuple[str, ...]) -> None:
    """By its row, whatever that calls it."""
    [found] = told(worker=worker)

    assert found.evidence[1:] == how
    assert ("crashed while" in found.title) is (worker.status == "crashed")
    assert found.ask.startswith("worker")


def test_one_whose_pod_is_gone_is_settled() -> None:
    """There is no pod to end, and its row has to be marked."""
    worker = a_worker(status="crashed", last_heartbeat_at=ago(minutes=6))
    lost = (Lost(worker=worker, why="its pod no longer exists", gone=True),)

    assert told(worker=worker, lost=lost)[0].ask == f"worker forget {WORKER}"


def test_one_that_has_ended_is_not_ended_again() -> None:
    """There is nothing left to terminate."""
    worker = a_worker(
        status="terminated", error_reason="x", last_heartbeat_at=ago(minutes=20)
    )

    assert told(worker=worker)[0].ask == f"worker {WORKER}"


def test_lines_that_were_not_all_read_make_it_possible_only() -> None:
    """The one that tells the end may be missing."""
    [partly] = told(logs_read=frozenset())
    [task] = told(logs_read=frozenset(), task_logs_read=frozenset({TASK}))

    assert partly.confidence is Confidence.POSSIBLE
    assert task.confidence is Confidence.LIKELY


def test_an_end_just_before_the_beginning_is_of_another_load() -> None:
    """One clock wrote both; at the very same time nobody knows which was first."""
    [near] = told(said(ENDED, at=ago(minutes=9, seconds=1)), said())

    assert near.confidence is Confidence.LIKELY
    assert not told(said(ENDED), said())


def test_a_late_worker_may_have_died() -> None:
    """Late beats and a silence of over 2 min; a load alone delays no beat."""
    late = a_worker(last_heartbeat_at=ago(seconds=90))

    [found] = told(worker=late)

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert "fell silent" in found.title
    assert found.evidence[2] == "its last line is of 2026-01-31 11:51:00Z"
    assert not told(said(at=ago(seconds=150)), worker=late)


def test_full_memory_speaks_for_itself() -> None:
    """The newest line about it counts; otherwise a small tier does."""
    small = a_worker(last_heartbeat_at=ago(minutes=6), ram_tier=48)
    ample = a_worker(last_heartbeat_at=ago(minutes=6), ram_tier=72)
    full = said("TRAVEL: [RAM] start: Process=1MB, System=91.4% used")

    assert told(said(), full, worker=small)[0].evidence[2] == (
        "at 2026-01-31 11:51:00Z 91.4 % of its RAM were used"
    )
    assert told(worker=small)[0].evidence[2] == (
        "it was rented for 48 GB of RAM, not 72"
    )
    assert len(told(said(), said("[RAM] odd"), worker=ample)[0].evidence) == 2


def test_a_model_s_long_name_is_cut_without_half_a_secret() -> None:
    """Which would no longer look like one."""
    name = "x" * 53 + ".rpa_QzQzQzQzQz"
    [found] = told(said(SWITCH.removesuffix("b") + name))

    assert "xxx" in found.title
    assert "Qz" not in found.title
