import pytest

from tests.file_queues import a_file, a_folder, a_life, an_agent, found, of_queue
from tests.world import ago

RULE = "heartbeat-ageing"


@pytest.mark.parametrize("seconds", [-9, 60, 121])
def test_a_heartbeat_that_is_not_merely_late(seconds: int) -> None:
    """Sixty seconds exactly are well; past 120 it is lost."""
    agent = an_agent(beat_at=ago(seconds=seconds))

    assert not found(RULE, a_folder(agents=(agent, an_agent("gpu-2", beat_at=None))))
    assert not found(RULE, of_queue(None))


def test_an_agent_that_stopped_is_not_late() -> None:
    """It ended, and says so."""
    at = ago(seconds=90)
    case = a_folder(agents=(an_agent(beat_at=at),), lives=a_life(stopped_at=at))

    assert not found(RULE, case)


def test_a_late_heartbeat() -> None:
    """With what it holds."""
    agent = an_agent(beat_at=ago(seconds=61))

    [one] = found(RULE, a_folder(agents=(agent,), tasks=(a_file(),)))

    assert one.title == "gpu-1 beats late: its heartbeat is 1 min 1 s old"
    assert one.evidence[-1] == "it holds 1 task: 22d25838"
