"""What a Prometheus kept of an orchestrator."""

from datetime import timedelta

from bot.demo.recorded import Recorded, series
from tests.demo.times import NOON


def test_a_series_tells_what_was_recorded() -> None:
    """Of the memory, or since when the process runs; as Prometheus says it."""
    looks = [Recorded(NOON, 1.5e8, NOON - timedelta(hours=1))]

    held, begun = (
        series(looks, f"process_{name}")["data"]["result"][0]["values"]
        for name in ("resident_memory_bytes", "start_time_seconds")
    )

    assert held == [[NOON.timestamp(), "150000000.0"]]
    assert begun == [[NOON.timestamp(), str(NOON.timestamp() - 3600)]]
