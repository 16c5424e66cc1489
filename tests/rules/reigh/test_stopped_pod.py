from dataclasses import replace

import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.fleet import Claim, PodFate
from bot.domain.workers import WorkerId
from bot.rules.reigh.stopped_pod import stopped_pod
from tests.world import POD, WORKER, a_case, a_pod


def a_claim(status: str, fate: PodFate = PodFate.CLAIMED) -> Claim:
    why = "its worker gpu-1 is active"
    return Claim(pod=a_pod(status=status), fate=fate, why=why)


@pytest.mark.parametrize("status", ["RUNNING", "A_NEW_WORD", "TERMINATED"])
def test_a_pod_that_runs_or_is_gone_is_well(status: str) -> None:
    """Neither has an idle volume."""
    assert not [*stopped_pod(a_case(claims=(a_claim(status),)))]


@pytest.mark.parametrize("fate", [PodFate.FOREIGN, PodFate.ORPHANED])
def test_a_stopped_pod_that_is_not_ours_to_tell(fate: PodFate) -> None:
    """A stranger's is nobody's question, an orphan is told by orphaned-pod."""
    assert not [*stopped_pod(a_case(claims=(a_claim("EXITED", fate),)))]


def test_without_both_lists_nothing_is_said() -> None:
    """Nobody knows whose pod it is."""
    assert not [*stopped_pod(a_case())]


@pytest.mark.parametrize("fate", [PodFate.CLAIMED, PodFate.STARTING, PodFate.SPARED])
def test_a_stopped_pod_of_ours_bills_its_volume(fate: PodFate) -> None:
    """Whoever has it, it does no work."""
    [found] = stopped_pod(a_case(claims=(a_claim("EXITED", fate),)))

    assert (found.severity, found.confidence) == (
        Severity.WARNING,
        Confidence.CONFIRMED,
    )
    assert found.subject.id == POD
    assert found.evidence == ("RunPod calls it EXITED", "its worker gpu-1 is active")
    assert found.ask == f"runpod terminate {POD}"
    assert found.remedy.startswith(found.ask)


def test_a_stopped_pod_that_a_worker_has_ends_with_it() -> None:
    """`runpod terminate` ends orphans alone."""
    claim = replace(a_claim("EXITED"), owner=WorkerId(WORKER))

    [found] = stopped_pod(a_case(claims=(claim,)))

    assert found.ask == f"worker terminate {WORKER}"
