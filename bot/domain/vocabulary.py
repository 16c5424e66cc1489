"""What a system calls its parts, and what of them its logs and rows cannot tell."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.orchestrator_limits import ASKS, BEAT
from bot.domain.startup import STARTUP_MARKS
from bot.domain.times import spoken

_LOG_MAY_BREAK: Final = (
    "it writes to the log only with ENABLE_DB_LOGGING=true,"
    " and its log can break while it lives"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words in which answers speak of one system.

    What a system does not say otherwise holds of GPU workers on rented pods, whose
    orchestrator starts and ends them (systems/reigh.md). A note that is empty is not
    made.
    """

    coordinator: str = "orchestrator"
    """What the program is called that looks after all others."""
    writer: str = "orchestrator_gpu"
    """The source under which its lines are found where it left none to tell."""
    made: str = "created"
    """What the time is called that stands as a worker's beginning; empty: none does."""
    beat: str = "last heartbeat"
    """What its last sign of life is called."""
    taker: str = "worker"
    """What those are called that take tasks."""
    rents: bool = True
    """Whether workers run on pods, which the coordinator rents for each and ends."""
    turn: str = f"a free worker asks, as each does every {spoken(ASKS)}"
    """When a task runs that nothing holds back."""
    silent: str = _LOG_MAY_BREAK
    """Why the coordinator may live though it left no line."""
    expires: bool = True
    """Whether its lines are deleted after some days (systems/reigh.md, 1.4)."""
    start_untold: str = "what runs before the worker's program writes to its pod only"
    end_untold: str = (
        f"lines travel every {spoken(BEAT)}: the last ones died with the worker"
    )
    failures: str = ""
    """The status by which all are asked for that failed, whatever their own; empty:
    failed ones have one status."""
    startup: tuple[str, ...] = STARTUP_MARKS
    """Texts that lines of a worker's start hold, and lines of its work do not."""
    routine: tuple[str, ...] = ()
    """What messages begin with that are written again and again; `*` is any word."""
    batches: bool = False
    """Whether its tasks belong to batches, one for each run of a plan."""
    slow: timedelta | None = None
    """What a task may take before it is listed among the slow ones; None: none is."""
    zone: str = ""
    """The setting that tells in which time zone its times are; empty: they bear it."""
    zoned_tasks: bool = True
    """Whether times of its tasks are in that zone as well, and not of lines alone."""

    @property
    def tasks_zone(self) -> str:
        """The setting that tells the time zone of its tasks; empty: they bear it."""
        return self.zone if self.zoned_tasks else ""
