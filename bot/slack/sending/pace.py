"""How fast Slack takes messages, and how long we keep those that wait for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """So many at once, and from then on one every so many seconds."""

    burst: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How much Slack takes, and how much we keep waiting for it."""

    # Slack's documentation of rate limits: chat.postMessage "generally allows one a
    # second per channel", short bursts beyond it are tolerated.
    posts: Pace = Pace(burst=3, seconds=1.0)
    # chat.update is of tier 3 (50 a minute, for all channels), so messages that keep
    # themselves current take at most 12 in any minute of a channel, which are these 3
    # and the 9 that fall due. What somebody pressed for counts, and doesn't wait.
    updates: Pace = Pace(burst=3, seconds=6.5)
    same_message: Pace = Pace(burst=1, seconds=3.0)
    """Between live updates of one message."""
    behind: int = 20
    """So many waiting are worth a word in the channel: twenty seconds."""
    most: int = 200
    """So many wait at most in a channel: what is later than minutes helps nobody."""
    left_out_seconds: float = 300.0
    """How often it is said, in a flood without an end, how many were left out."""
    look_seconds: float = 2.0
    """How long after a lost answer we look whether its message stands there."""
    patience: float = 600.0
    """Seconds after which a message that Slack keeps putting off is given up."""


class Meter:
    """Tells when the next may go at a pace."""

    def __init__(self, pace: Pace) -> None:
        """Begin with the whole burst."""
        self._pace = pace
        self._spent = 0.0  # until then all that went would have gone one by one

    def due(self) -> float:
        """Return from when on one may go, on the monotonic clock."""
        return self._spent - (self._pace.burst - 1) * self._pace.seconds

    def take(self, now: float) -> None:
        """Count one that goes."""
        self._spent = max(self._spent, now) + self._pace.seconds
