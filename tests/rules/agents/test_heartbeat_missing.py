from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.file_queue import Configured
from bot.domain.findings import Severity
from bot.domain.report import Gap
from bot.domain.workers import WorkerId
from tests.file_queues import a_file, a_folder, a_sidecar, an_agent, found, of_queue
from tests.world import ago

RULE = "heartbeat-missing"
DUE = Configured(agents={WorkerId("gpu-1"): None, WorkerId("gpu-2"): "qwen"})


@pytest.mark.parametrize(
    "given",
    [
        {"agents": (an_agent(), an_agent("gpu-2"))},
        {"agents": None},
        {"configured": None},
        {"gaps": (Gap(source="agents", reason="gpu_2's heartbeat is unreadable"),)},
        {"unread": ("gpus",)},
    ],
    ids=["all there", "unread", "no config", "one unreadable", "a folder shut"],
)
def test_nobody_is_missing_who_is_there_or_may_be(given: dict[str, Any]) -> None:
    """One whose heartbeat could not be read has beaten all the same."""
    assert not found(RULE, a_folder(**({"configured": DUE} | given)))
    assert not found(RULE, of_queue(None))


def test_an_agent_that_never_started() -> None:
    """Worth knowing; a heartbeat without a time is none."""
    agents = (an_agent(), an_agent("gpu-2", beat_at=None))

    [one] = found(RULE, a_folder(configured=DUE, agents=agents))

    assert one.title.startswith("gpu-2 never started")
    assert one.severity is Severity.INFO


def test_a_gap_that_hinders_nothing_hides_nobody() -> None:
    """Such as a heartbeat without a time of its own."""
    why = "gpus/gpu_1/heartbeat.json tells no time"
    gap = Gap(source="agents", reason=why, failed=False)

    assert found(RULE, a_folder(configured=DUE, gaps=(gap,)))


def test_an_agent_that_is_wanted() -> None:
    """Work waits."""
    [one] = found(RULE, a_folder(configured=DUE, tasks=(a_file(lane=Lane.QUEUE),)))

    assert one.severity is Severity.WARNING
    assert one.evidence[1] == "1 task waits"


def test_an_agent_in_whose_hands_a_task_is_left() -> None:
    """One that writes the sidecar just starts."""
    old, fresh = (
        a_file(worker=WorkerId("gpu-2"), sidecar=a_sidecar(updated_at=at))
        for at in (ago(seconds=100), ago(seconds=5))
    )
    [lost] = found(RULE, a_folder(configured=DUE, tasks=(old,)))
    [begins] = found(RULE, a_folder(configured=DUE, tasks=(fresh,)))

    assert lost.severity is Severity.WARNING
    assert lost.evidence[2] == "it holds 1 task: 22d25838"
    assert begins.severity is Severity.INFO
