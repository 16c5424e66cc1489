"""The bounds of watches."""

from bot.domain.watches import IN_ALL, PER_CHANNEL, PER_PERSON, Tempo


def test_the_bounds_are_in_order() -> None:
    """One person can't fill a channel, nor one channel the workspace."""
    assert PER_PERSON < PER_CHANNEL < IN_ALL


def test_as_many_as_may_be_are_still_looked_at_each_minute() -> None:
    """Neither a channel's nor the workspace's pace demands more than the slowest."""
    tempo = Tempo()

    assert PER_CHANNEL * tempo.per_channel <= tempo.slowest
    assert IN_ALL * tempo.in_all <= tempo.slowest
