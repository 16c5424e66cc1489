from datetime import timedelta

import pytest

from bot.domain.agent_limits import BeatAge, beat_age, hung, no_progress


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-6, BeatAge.AHEAD),
        (-5, BeatAge.WELL),
        (0, BeatAge.WELL),
        (60, BeatAge.WELL),
        (61, BeatAge.AGEING),
        (120, BeatAge.AGEING),
        (121, BeatAge.STALE),
        (600, BeatAge.STALE),
        (601, BeatAge.GONE),
    ],
)
def test_a_heartbeat_is_judged_by_its_age(seconds: int, said: BeatAge) -> None:
    """At a limit the milder word holds; one ahead tells of a wrong clock."""
    assert beat_age(timedelta(seconds=seconds)) is said


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("script", 600), ("llm", 420), ("cpu", 900), ("meta", 180), ("brain", 900)],
)
def test_each_class_has_its_patience(kind: str, seconds: int) -> None:
    """And a hung one is told by three times as much."""
    assert no_progress(kind) == timedelta(seconds=seconds)
    assert hung(kind) == timedelta(seconds=3 * seconds)
