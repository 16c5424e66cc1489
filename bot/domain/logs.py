"""What programs wrote down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId

SCALED_DOWN: Final = "MARKING AS ERROR: Idle timeout"

Value: TypeAlias = str | int | float | bool | None
NO_FIELDS: Final[Mapping[str, Value]] = MappingProxyType({})


class Level(StrEnum):
    """How a log line was marked by its writer."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


_WORKERS: Final = ("worker", "brain")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line. Its stable order is (*at*, *id*): times repeat, ids are random.

    *source* is the kind of writer (`worker`, `orchestrator_gpu`, `edge_function`),
    *source_id* which one. *level* is kept as text: writers invent levels.
    """

    at: datetime
    level: str
    source: str
    message: str
    task_id: TaskId | None = None
    worker_id: WorkerId | None = None
    source_id: str = ""
    cycle: int | None = None
    request_id: str | None = None
    """The request for which it was written; None where its writer does not say."""
    fields: Mapping[str, Value] = field(default_factory=lambda: NO_FIELDS, hash=False)
    """What its writer said by name beside the text; never changed."""
    id: str = field(default="", metadata={"opaque": True})

    @property
    def order(self) -> tuple[datetime, str]:
        """What lines are sorted by."""
        return self.at, self.id

    @property
    def writer(self) -> WorkerId | None:
        """The worker that wrote it; None when something else did, or nobody says.

        A worker's row may lack its id and have it as its source alone. A brain counts
        as one of the workers that it looks after: it beats and runs tasks itself. The
        worker that a decision names is whom it is about.
        """
        if self.source == "decision":
            return WorkerId("brain")
        if self.source not in _WORKERS:
            return None
        return self.worker_id or WorkerId(self.source_id) or None

    @property
    def by_function(self) -> bool:
        """Tell whether an edge function wrote it, which may name a worker it serves.

        Such a line carries the worker's id and is none of its own (systems/reigh.md,
        3.4).
        """
        return self.source == "edge_function"

    @property
    def alarming(self) -> bool:
        """Tell whether it reports a fault.

        The GPU orchestrator marks routine lines CRITICAL (systems/reigh.md, 0.3).
        """
        if self.level == Level.CRITICAL:
            return self.source != "orchestrator_gpu"
        return self.level == Level.ERROR

    @property
    def routine(self) -> bool:
        """Tell whether it calls a scale-down an error, as the orchestrator does.

        So it writes of each idle worker that it ends (systems/reigh.md, 3.3).
        """
        return SCALED_DOWN in self.message
