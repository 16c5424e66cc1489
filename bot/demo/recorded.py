"""What a Prometheus kept of a made-up orchestrator, and how it tells it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

BEGUN: Final = "process_start_time_seconds"


class Recorded(NamedTuple):
    """A look at the orchestrator's memory, and since when its process runs."""

    at: datetime
    resident_bytes: float
    begun_at: datetime


def series(recorded: Iterable[Recorded], name: str) -> dict[str, Any]:
    """Return what Prometheus answers about a metric of the last hour."""
    values = [
        [
            each.at.timestamp(),
            str(each.begun_at.timestamp() if name == BEGUN else each.resident_bytes),
        ]
        for each in recorded
    ]
    result = [{"metric": {"job": "orchestrator"}, "values": values}]
    return {"status": "success", "data": {"result": result}}
