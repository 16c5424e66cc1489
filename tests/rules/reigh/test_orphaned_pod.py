from typing import Any

import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.fleet import Claim, PodFate
from bot.rules.reigh.orphaned_pod import orphaned_pod
from tests.world import POD, WORKER, a_case, a_pod


def an_orphan(**pod: Any) -> Claim:
    why = "no worker has its id or its name"
    return Claim(pod=a_pod(**pod), fate=PodFate.ORPHANED, why=why)


@pytest.mark.parametrize(
    "fate", [PodFate.CLAIMED, PodFate.STARTING, PodFate.SPARED, PodFate.FOREIGN]
)
def test_a_pod_of_another_fate_is_no_orphan(fate: PodFate) -> None:
    """Only one that nobody claims and nothing spares is."""
    case = a_case(claims=(Claim(pod=a_pod(), fate=fate, why="because"),))

    assert not [*orphaned_pod(case)]


def test_without_both_lists_nothing_is_said() -> None:
    """A pod whose worker was not read is no orphan."""
    assert not [*orphaned_pod(a_case())]


def test_an_orphan_is_told_with_its_price() -> None:
    """By the hour, the day and the month of 30 days."""
    [found] = orphaned_pod(a_case(claims=(an_orphan(cost_per_hour_usd=0.5),)))

    assert found.severity is Severity.WARNING
    assert found.confidence is Confidence.CONFIRMED
    assert (found.subject.kind, found.subject.id) == ("pod", POD)
    assert found.title == (
        f"pod {POD} ({WORKER}) is orphaned: no worker has its id or its name"
    )
    assert found.evidence == (
        "RunPod calls it RUNNING",
        "1 h old",
        "$0.50/h, $12.00 a day, $360 in 30 days",
    )


def test_an_orphan_of_unknown_age_and_price() -> None:
    """What nobody tells is left out, never shown as zero."""
    claim = an_orphan(cost_per_hour_usd=None, named_at=None, status="EXITED")

    [found] = orphaned_pod(a_case(claims=(claim,)))

    assert found.evidence == (
        "RunPod calls it EXITED",
        "it still bills its volume, at a price that no list tells",
    )
