"""The incident of the demo on a rig: one bad hour of its agents, with its truth."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.demo.rig import Rig
from bot.demo.rigs import make_rig

SEED: Final = 41345358
GPUS: Final = 6
PLANTED: Final = (
    "out-of-memory, 3 of 3",
    "killed",
    "crashed, idle",
    "late",
    "stuck",
    "hung prompt",
    "twice",
    "false completion",
    "paused for heat",
    "load hangs",
    "blocked by an item",
    "recovered",
    "not late",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RigIncident:
    """A rig, and what is the matter with it by ids."""

    rig: Rig
    failed_task: str
    """Out of memory three times, all on one agent."""
    twice: str
    stuck_task: str
    killed_agent: str
    paused_agent: str


def make_rig_incident(now: datetime) -> RigIncident:
    """Return the incident as of *now*; the same for the same moment."""
    rig = make_rig(now, SEED, gpus=GPUS, failures=PLANTED, zone="UTC")
    rig.debug = False  # as GPU_LOG_LEVEL is by default
    subject = {each.rule: each.subject for each in reversed(rig.expected)}
    return RigIncident(
        rig=rig,
        failed_task=subject["out-of-memory"],
        twice=subject["double-run"],
        stuck_task=subject["stuck-task"],
        killed_agent=subject["killed-agent"],
        paused_agent=subject["thermal-pause"],
    )
