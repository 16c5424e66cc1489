from typing import Any

import pytest

from bot.domain.file_queue import Signal
from tests.file_queues import FILE, a_folder, an_agent, found, of_queue
from tests.world import ago

RULE = "unread-signal"


def a_signal(kind: str = "abort", **given: Any) -> Signal:
    return Signal(worker="gpu-1", kind=kind, **({"at": ago(seconds=31)} | given))


@pytest.mark.parametrize(
    "signal",
    [
        a_signal(at=ago(seconds=30)),
        a_signal(at=None),
        a_signal("restart_workers"),
        a_signal("recovery_fallback"),
    ],
    ids=["may yet be read", "no time", "of the launcher", "of the brain"],
)
def test_a_signal_that_need_not_have_been_read(signal: Signal) -> None:
    """Agents look every five seconds; thirty are allowed."""
    assert not found(RULE, a_folder(signals=(signal,)))
    assert not found(RULE, a_folder(signals=None))
    assert not found(RULE, of_queue(None))


def test_a_living_agent_that_does_not_loop() -> None:
    """It beats, and something holds it up."""
    signal = a_signal(task_id=FILE, reason="no_progress_625s_threshold_600s")

    [one] = found(RULE, a_folder(signals=(signal,)))

    assert one.title == (
        "gpu-1 has not read its abort signal for task 22d25838 for 31 s"
    )
    assert one.evidence[0].endswith("31 s ago: no_progress_625s_threshold_600s")
    assert "it beats and does not loop" in one.remedy


def test_an_agent_that_is_frozen_or_gone() -> None:
    """Or was never there."""
    gone = an_agent(beat_at=ago(minutes=9))

    [one] = found(RULE, a_folder(signals=(a_signal("stop"),), agents=(gone,)))
    [two] = found(RULE, a_folder(signals=(a_signal("stop"),), agents=()))

    assert "kill -CONT" in one.remedy
    assert two.evidence[-1] == "it has no heartbeat"
