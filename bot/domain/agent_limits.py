"""Numbers by which the agents' programs act, and those by which they are judged.

What config.json may set is read from there (`file_queue.Configured`); these are
constants of the code, and its defaults.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

# systems/agents.md, 3A rule 1: below 60 s is well, 60 to 120 s is ageing.
BEAT_AGEING: Final = timedelta(seconds=60)
BEAT_STALE: Final = timedelta(seconds=120)  # 1A.8: heartbeat stale; 1A.4: the CLI
BEAT_GONE: Final = timedelta(seconds=600)  # 1A.4: the dashboard drops it
BRAIN_LATE: Final = timedelta(seconds=30)  # 3A rule 10: it writes every 5 s or so
BRAIN_DEAD: Final = timedelta(seconds=120)  # 3A rule 10: thinking may take 120 s
MONITOR_EVERY: Final = timedelta(seconds=30)  # 1A.8
MONITOR_STALLED: Final = timedelta(seconds=90)  # 3A rule 10
SIGNAL_UNREAD: Final = timedelta(seconds=30)  # 1A.5: agents look every 5 s
LOAD_LOCK_STALE: Final = timedelta(seconds=45)  # 1A.5
LOAD_WAITS: Final = timedelta(seconds=60)  # 1A.8: stale load_llm
ORPHANED: Final = timedelta(seconds=120)  # 1A.8
REQUEUED_AFTER_KILL: Final = timedelta(seconds=60)  # 1A.8
LONG_RUNNING: Final = timedelta(seconds=300)  # the guide's "stuck", 1A.1
MISSES: Final = 4  # 1A.8: an agent is missing after so many looks of the monitor
ATTEMPTS: Final = 3  # 1A.8: retry_policy.max_attempts
LOCKS_MANY: Final = 1000  # 3A rule 21
UNEVEN_SHARE: Final = 0.8  # 3A rule 20
HUNG_TIMES: Final = 3  # 3A rule 4: so many times the class's own limit
# Of so many complete tasks, the newest, files are looked at: a second or two.
MOST_ENDED: Final = 50_000
LOG_BIG: Final = 100 * 1024 * 1024  # bytes; the guide's rotation note, 2A, A13

# 1A.8: how long a task of each class may go without a sign of progress.
_NO_PROGRESS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        "script": timedelta(seconds=600),
        "llm": timedelta(seconds=420),
        "cpu": timedelta(seconds=900),
        "meta": timedelta(seconds=180),
    }
)
_NO_PROGRESS_OTHER: Final = timedelta(seconds=900)  # 1A.8
# 1A.1: the older generations go by the time since the start alone.
ELAPSED: Final = timedelta(seconds=1200)


class BeatAge(StrEnum):
    """What the age of an agent's heartbeat says of it."""

    WELL = "well"
    AGEING = "ageing"
    STALE = "stale"
    GONE = "gone"
    AHEAD = "ahead"
    """It lies in the future: a clock or a time zone is wrong."""


# A file may be written while it is read: so far ahead is no wrong clock.
_NOISE: Final = timedelta(seconds=5)


def beat_age(age: timedelta) -> BeatAge:
    """Return what an age says; exactly 60, 120 and 600 s are still the milder."""
    if age < -_NOISE:
        return BeatAge.AHEAD
    if age > BEAT_GONE:
        return BeatAge.GONE
    if age > BEAT_STALE:
        return BeatAge.STALE
    return BeatAge.AGEING if age > BEAT_AGEING else BeatAge.WELL


def no_progress(task_class: str) -> timedelta:
    """Return how long a task of the class may go without a sign of progress."""
    return _NO_PROGRESS.get(task_class, _NO_PROGRESS_OTHER)


def hung(task_class: str) -> timedelta:
    """Return after which time a task is hung, whatever its agent writes for it."""
    return no_progress(task_class) * HUNG_TIMES
