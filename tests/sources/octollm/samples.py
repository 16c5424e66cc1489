"""The real run of tests/samples/octollm, as its tests read it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.domain.times import Window
from bot.sources.octollm.logs import OctoLogs

SAMPLES: Final = Path(__file__).parents[2] / "samples" / "octollm"
JSON: Final = SAMPLES / "orchestrator.jsonl"
CONSOLE: Final = SAMPLES / "orchestrator_console.log"
METRICS: Final = SAMPLES / "metrics.txt"
LOST: Final = "35088389-752c-4302-96df-f7691319ba61"


def at(clock: str) -> datetime:
    """Return that time of the day of the run."""
    return datetime.fromisoformat(f"2026-11-23T{clock}+00:00")


RUN: Final = Window(since=at("08:50"), until=at("09:10"))
"""The run with JSON lines; the one with console lines came after."""


def rows(name: str) -> list[dict[str, Any]]:
    """Return what each line of a file holds."""
    return [json.loads(each) for each in (SAMPLES / name).read_text().splitlines()]


def logs(*paths: Path, service: str = "orchestrator") -> OctoLogs:
    """Return the logs of one service in these files, those of the run unless told."""
    return OctoLogs([(service, str(path)) for path in paths or (JSON,)], UTC)
