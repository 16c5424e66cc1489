from datetime import timedelta

import pytest

from bot.domain.service_names import ORCHESTRATOR, Outcome
from bot.domain.services import Backlog, HttpLoad, Probe, Readiness, ServiceScene
from bot.domain.workers import WorkerId
from tests.service_scenes import a_memory, a_probe, a_scene
from tests.world import NOW, ago


def test_only_a_good_answer_is_well() -> None:
    """A status, nonsense and silence are not."""

    def probe(outcome: Outcome) -> Probe:
        return Probe(service="x", at=NOW, outcome=outcome, took=timedelta(0))

    assert [each for each in Outcome if probe(each).well] == [Outcome.OK]


def test_failing_checks_are_named() -> None:
    """In their order."""
    checks = {"database": False, "reflex_layer": True, "redis": False}
    told = Readiness(service="x", ready=False, checks=checks)

    assert told.failing == ("database", "redis")


@pytest.mark.parametrize(
    ("requests", "failed", "uncaught", "rate"),
    [(0, 0, 0, None), (9, 0, 1, 0.1), (8, 2, 2, 0.4)],
)
def test_the_uncaught_count_as_failed_requests(
    requests: int, failed: int, uncaught: int, rate: float | None
) -> None:
    """They have no line of their own among the requests (systems/octollm.md, 0.10)."""
    load = HttpLoad(
        service="x", requests=requests, failed=failed, uncaught=uncaught, slow=0,
        p50=None, p95=None, longest=None,
    )  # fmt: skip

    assert load.error_rate == rate


def test_of_a_window_that_is_over_only_lines_tell() -> None:
    """How services answer is of now, and how many tasks wait."""
    scene = a_scene()

    assert scene.past == ServiceScene(window=scene.window, told=scene.told)


@pytest.mark.parametrize(
    ("counts", "consumed"),
    [
        ({"pending": 3, "cancelled": 1}, False),
        ({"pending": 3, "processing": 0}, False),
        ({"completed": 1}, True),
        ({"failed": 1}, True),
    ],
)
def test_a_backlog_knows_whether_anything_was_ever_taken_up(
    counts: dict[str, int], consumed: bool
) -> None:
    """What was cancelled was not."""
    assert Backlog(counts=counts, pending=None, processing=None).consumed is consumed


def test_a_service_tells_since_when_it_runs_or_does_not() -> None:
    """Nor does one that was not asked."""
    tells, tells_not = a_probe("arm", begun_at=ago(hours=3)), a_probe("judge")
    scene = a_scene(probes=(tells, tells_not))
    found = [scene.begun_at(WorkerId(id)) for id in ("arm", "judge", "coder")]

    assert found == [ago(hours=3), None, None]
    assert a_scene(probes=None).begun_at(WorkerId("arm")) is None


def test_since_when_the_orchestrator_runs_its_metrics_tell() -> None:
    """Of nobody else."""
    scene = a_scene(probes=(a_probe(), a_probe("arm")), memory=a_memory())

    assert scene.begun_at(WorkerId(ORCHESTRATOR)) == ago(hours=1)
    assert scene.begun_at(WorkerId("arm")) is None
