"""What can go wrong with the process of an OctoLLM's orchestrator.

Each plants one failure, or a near miss, of systems/octollm.md, 3B, 1 and 13.
"""

from datetime import timedelta
from typing import Final

from bot.demo.octo import ORCHESTRATOR, REFLEX, Answer, Octo
from bot.demo.recorded import Recorded

MB: Final = 1e6
LOOKS: Final = 12  # of an hour: Prometheus looks far more often
EVERY: Final = timedelta(minutes=5)
QUEUE_POOL: Final = "Pool class QueuePool cannot be used with asyncio engine"


def plant_leak(
    octo: Octo, *, first_mb: float = 200, growth: float = 0.3, owed: bool = True
) -> None:
    """Let it grow by this share within the hour (13: over 20 % and 10 MB an hour)."""
    for number in range(LOOKS):
        share = 1 + growth * number / (LOOKS - 1)
        _look(octo, number, first_mb * share, hours=30)
    if owed:
        octo.owe("memory-growing", "")


def plant_restarts(octo: Octo, *, times: int = 2) -> None:
    """Let its process have begun anew so often within the hour (13)."""
    for number in range(LOOKS):
        process = number * (times + 1) // LOOKS
        _look(octo, number, 120, hours=30 - process / 4)
    octo.owe("service-restarted", "")


def plant_bad_start(octo: Octo, *, again: bool = False) -> None:
    """Let it not have begun, as published; it is down now or was started *again* (1).

    Whoever is down writes nothing any more.
    """
    at = octo.ago(minutes=4)
    failed = "orchestrator.database_init_failed"
    if not again:
        octo.lines = [each for each in octo.lines if each.at < at]
        octo.refusing.add(ORCHESTRATOR)
        octo.owe("service-down", ORCHESTRATOR)
    octo.say(at, "error", failed, error=QUEUE_POOL)
    octo.owe("startup-failed", "")


def plant_no_redis(octo: Octo) -> None:
    """Let the reflex layer say that it lacks Redis; its /health does not (1)."""
    checks = {"redis": False, "config": True}
    body = {"status": "not_ready", "ready": False, "checks": checks}
    octo.answers[REFLEX]["/ready"] = Answer(body, 503)
    octo.owe("not-ready", "")


def _look(octo: Octo, number: int, held_mb: float, *, hours: float) -> None:
    at = octo.now - (LOOKS - 1 - number) * EVERY
    octo.recorded.append(Recorded(at, held_mb * MB, octo.ago(hours=hours)))
