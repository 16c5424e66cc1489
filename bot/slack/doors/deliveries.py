"""What Slack delivered and we began to answer: once is enough."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

KEEP: Final = timedelta(hours=24)
MOST: Final = 20_000


class Deliveries:
    """Remembers what was started, under every key that it may come by again.

    Slack sends an event again when it missed the acknowledgement, and at times under
    another event id (slackapi/node-slack-sdk#2141). A retry may also be the first that
    arrives, so nothing is dropped for being one: only for having been started here.
    """

    def __init__(self, *, keep: timedelta = KEEP, most: int = MOST) -> None:
        """Forget after *keep*, and the oldest first beyond *most* keys."""
        self._keep = keep.total_seconds()
        self._most = most
        self._started: OrderedDict[str, float] = OrderedDict()

    def first(self, keys: Iterable[str], at: float) -> bool:
        """Tell whether none of the keys was started; they are from now on.

        *at* is the time in seconds on a clock that never goes back.
        """
        while self._started:
            oldest = next(iter(self._started))
            if at - self._started[oldest] <= self._keep:
                break
            del self._started[oldest]
        keys = tuple(keys)
        known = any(key in self._started for key in keys)
        for key in keys:
            self._started.setdefault(key, at)
        while len(self._started) > self._most:
            self._started.popitem(last=False)
        return not known
