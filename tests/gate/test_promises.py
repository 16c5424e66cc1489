from datetime import timedelta

from bot.gate.promises import KEPT, LEASE


def test_what_is_promised() -> None:
    """CONTRACT and README say 90 days; a runner renews often enough in its lease."""
    assert timedelta(days=90) == KEPT
    assert timedelta(seconds=10) < LEASE < timedelta(minutes=1)
