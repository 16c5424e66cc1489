from bot.domain.findings import Confidence, Severity
from bot.domain.fleet import Lost
from bot.rules.reigh.worker_without_pod import worker_without_pod
from tests.world import POD, WORKER, a_case, a_pod, a_worker, ago


def test_nothing_lost_is_nothing_said() -> None:
    """Nor is anything when the pods were not read."""
    assert not [*worker_without_pod(a_case(lost=()))]
    assert not [*worker_without_pod(a_case())]


def test_a_worker_that_was_given_up_lost_its_pod_on_purpose() -> None:
    """Within the grace period, and after a scale-down."""
    given_up = a_worker(status="error", error_reason="Stuck", error_at=ago(minutes=10))
    scaled_down = a_worker(status="error", error_reason="Idle timeout (600s)")
    lost = tuple(Lost(worker=each, why="gone") for each in (given_up, scaled_down))

    assert not [*worker_without_pod(a_case(lost=lost))]


def test_a_worker_given_up_long_ago_should_have_been_cleaned_up() -> None:
    """A second past the grace period."""
    at = ago(minutes=10, seconds=1)
    worker = a_worker(status="error", error_reason="Stuck", error_at=at)
    lost = Lost(worker=worker, why="gone")

    [found] = worker_without_pod(a_case(lost=(lost,)))

    assert found.subject.id == WORKER


def test_a_row_that_outlived_its_pod_is_a_warning() -> None:
    """Its tasks wait for a machine that is gone."""
    why = f"its pod {POD} no longer exists"
    lost = Lost(worker=a_worker(), why=why, gone=True)

    [found] = worker_without_pod(a_case(lost=(lost,)))

    assert found.severity is Severity.WARNING
    assert found.confidence is Confidence.CONFIRMED
    assert found.title == f"{WORKER} is active, but its pod {POD} no longer exists"
    assert found.evidence == (
        f"its row names pod {POD}",
        "last heartbeat at 2026-01-31 11:59:50Z, 10 s ago",
    )
    assert found.remedy.startswith(f"worker forget {WORKER} settles its row")
    assert found.ask == f"worker {WORKER}"


def test_what_a_list_alone_says_is_likely() -> None:
    """It is to be looked up."""
    lost = Lost(worker=a_worker(), why="RunPod does not list its pod", sure=False)

    [found] = worker_without_pod(a_case(lost=(lost,)))

    assert (found.confidence, found.ask) == (Confidence.LIKELY, "runpod")


def test_a_pod_that_stands_still_is_ended_first() -> None:
    """With its worker, which may never have beaten."""
    worker = a_worker(last_heartbeat_at=None)
    lost = Lost(worker=worker, why=f"its pod {POD} is EXITED")
    pods = (a_pod(status="EXITED"),)

    [found] = worker_without_pod(a_case(lost=(lost,), pods=pods))

    assert found.evidence[1] == "it never beat"
    assert found.remedy.startswith(f"worker terminate {WORKER} ")
