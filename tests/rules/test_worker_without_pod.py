from bot.domain.findings import Confidence, Severity
from bot.domain.fleet import Lost
from bot.rules.worker_without_pod import worker_without_pod
from tests.world import POD, WORKER, a_case, a_worker


def test_nothing_lost_is_nothing_said() -> None:
    """Nor is anything when the pods were not read."""
    assert not [*worker_without_pod(a_case(lost=()))]
    assert not [*worker_without_pod(a_case())]


def test_a_row_that_outlived_its_pod_is_a_warning() -> None:
    """Its tasks wait for a machine that is gone."""
    lost = Lost(worker=a_worker(), why=f"its pod {POD} no longer exists")

    [found] = worker_without_pod(a_case(lost=(lost,)))

    assert found.severity is Severity.WARNING
    assert found.confidence is Confidence.CONFIRMED
    assert found.title == f"{WORKER} is active, but its pod {POD} no longer exists"
    assert found.evidence == (
        f"its row names pod {POD}",
        f"its pod {POD} no longer exists",
    )
    assert found.ask == f"worker {WORKER}"
