from dataclasses import replace

import pytest

from tests.file_queues import BRAIN, a_folder, an_agent, found, of_queue
from tests.world import ago

RULE = "clock-ahead"


@pytest.mark.parametrize("seconds", [-5, 0, 9000])
def test_times_that_are_not_ahead(seconds: int) -> None:
    """A file is written while it is read."""
    agents = (an_agent(beat_at=ago(seconds=seconds)), an_agent("gpu-2", beat_at=None))

    assert not found(RULE, a_folder(agents=agents, brain=None))
    assert not found(RULE, of_queue(None))


def test_an_hour_ahead_is_a_time_zone() -> None:
    """AGENTS_TZ says which one is meant."""
    [one] = found(RULE, a_folder(brain=replace(BRAIN, beat_at=ago(hours=-1))))

    assert one.title == "brain writes times 1 h ahead of the clock here"
    assert "AGENTS_TZ" in one.remedy


def test_six_seconds_ahead_are_a_clock() -> None:
    """No zone is so near."""
    [one] = found(RULE, a_folder(agents=(an_agent(beat_at=ago(seconds=-6)),)))

    assert "NTP" in one.remedy
