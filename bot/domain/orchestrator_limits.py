"""Numbers that the orchestrator and its workers are built with: no variable sets them.

Rules judge by them, and `config --explain` tells them (systems/reigh.md, 4).
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from bot.domain.tasks import RETRIES
from bot.domain.times import HOUR, spoken
from bot.domain.workers import AGEING

UNASSIGNED: Final = timedelta(minutes=15)  # systems/reigh.md, R2
API_LIMIT: Final = timedelta(minutes=7)  # systems/reigh.md, R3
STALE_ROW: Final = timedelta(minutes=30)  # systems/reigh.md, R4
BEAT: Final = timedelta(seconds=20)  # a worker's guardian, which carries its lines
ASKS: Final = timedelta(seconds=10)  # a free worker, for a task
USER_CAPACITY: Final = 5  # systems/reigh.md, 1.6: what the claim function gives one
LOGS_KEPT: Final = timedelta(hours=48)  # systems/reigh.md, 1.4: 48 to 72 h
_ZOMBIES: Final = 10  # cycles
_SUMMARY: Final = 20  # cycles

BUILT_IN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pods without a worker are looked for": f"every {_ZOMBIES}th cycle",
        "a summary of its health is written": f"every {_SUMMARY}th cycle",
        "a task without a worker is queued again": f"after {spoken(UNASSIGNED)}",
        "one that an API worker holds": f"after {spoken(API_LIMIT)}",
        "one that a worker holds and whose row stands": f"after {spoken(STALE_ROW)}",
        "a task is queued again by itself": f"with fewer than {RETRIES} attempts",
        "an idle worker may be silent": f"for {spoken(AGEING)}",
        "a worker's guardian beats": f"every {spoken(BEAT)}",
        "a free worker asks for a task": f"every {spoken(ASKS)}",
        "tasks in progress for one user": f"up to {USER_CAPACITY}",
        "lines of the log are kept": f"for {LOGS_KEPT // HOUR} h at least",
    }
)
"""What happens and when, in the words of `config --explain`."""
