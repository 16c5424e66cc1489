"""A machine that takes tasks."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from bot.domain.diagnostics import Diagnostics

WorkerId = NewType("WorkerId", str)


class WorkerPhase(StrEnum):
    """Where a worker stands, in words that all systems share."""

    STARTING = "starting"
    ACTIVE = "active"
    FAILED = "failed"
    ENDED = "ended"
    UNKNOWN = "unknown"
    """The system wrote a status that this version does not know."""


class Pulse(StrEnum):
    """What the age of an active worker's heartbeat says of it."""

    HEALTHY = "healthy"
    AGEING = "ageing"
    STALE = "stale"
    MISSING = "missing"


# systems/reigh.md, 5: under 60 s alive, 60 to 300 s ageing, beyond is dead.
AGEING = timedelta(seconds=60)
STALE = timedelta(seconds=300)
# systems/reigh.md, F2: younger than this it may still be installing.
STARTUP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker as its row says it, at the moment it was read.

    *status* is the system's own word, or what is concluded where its rows cannot
    tell; *phase* is what it means. `None` means not known or never.
    """

    id: WorkerId
    status: str
    phase: WorkerPhase
    created_at: datetime
    last_heartbeat_at: datetime | None = None
    """None when it never beat; a heartbeat written at creation does not count."""
    runpod_id: str | None = None
    instance_type: str | None = None
    ram_tier: int | None = None
    storage_volume: str | None = None
    current_model: str | None = None
    vram_total_mb: int | None = None
    vram_used_mb: int | None = None
    error_reason: str | None = None
    error_at: datetime | None = None
    promoted_at: datetime | None = None
    terminated_at: datetime | None = None
    orchestrator_status: str | None = None
    """What the orchestrator last wrote, which a heartbeat does not overwrite."""
    ageing_after: timedelta = AGEING
    """From which silence on its heartbeat is late, as its system counts."""
    stale_after: timedelta = STALE
    """And from which on it is lost."""
    said: str | None = None
    """What it last called itself, where *status* is concluded from other signs."""
    runs_on_gpu: bool = True
    """False for coordinators of outside APIs: no pod, no heartbeat to judge."""
    diagnostics: "Diagnostics | None" = field(default=None, compare=False)
    """What was seen of it when it was given up; read of one worker alone."""

    def silence(self, now: datetime) -> timedelta | None:
        """Return the time since the last heartbeat, at least 0; None without one."""
        if self.last_heartbeat_at is None:
            return None
        return max(now - self.last_heartbeat_at, timedelta(0))

    def lost_for(self, now: datetime) -> timedelta:
        """Return how long it had not beaten when it was given up, or has not by now.

        One that never beat is counted from its creation.
        """
        seen = self.last_heartbeat_at or self.created_at
        return max((self.error_at or now) - seen, timedelta(0))

    def pulse(self, now: datetime) -> Pulse | None:
        """Return what its heartbeat says; exactly at a limit is still the milder.

        None when there is nothing to judge: it is not active, or has no GPU.
        """
        if self.phase is not WorkerPhase.ACTIVE or not self.runs_on_gpu:
            return None
        silence = self.silence(now)
        if silence is None:
            return Pulse.MISSING
        if silence > self.stale_after:
            return Pulse.STALE
        return Pulse.AGEING if silence > self.ageing_after else Pulse.HEALTHY

    def beats(self, now: datetime) -> bool:
        """Tell whether it is active and its heartbeat at most late, not lost."""
        return self.pulse(now) in (Pulse.HEALTHY, Pulse.AGEING)

    def comes_up(self, now: datetime) -> bool:
        """Tell whether it starts, and not for so long without a sign that it failed."""
        starts = self.phase is WorkerPhase.STARTING and self.runs_on_gpu
        return starts and now - (self.last_heartbeat_at or self.created_at) <= STARTUP

    def unborn(self, now: datetime) -> bool:
        """Tell whether it has not ended, and by its row never came up in time.

        A line that it wrote itself proves that it did (systems/reigh.md, F2).
        """
        made = self.phase in (WorkerPhase.STARTING, WorkerPhase.ACTIVE)
        mute = self.last_heartbeat_at is None and self.runs_on_gpu
        return made and mute and not self.unnamed and now - self.created_at > STARTUP

    def idle_for(self, done: datetime | None, now: datetime) -> timedelta:
        """Return how long it had nothing to do, if it completed its last task then."""
        return now - (max(done, self.created_at) if done else self.created_at)

    @property
    def unnamed(self) -> bool:
        """Tell whether its row stands for a claim that named no worker.

        Such a claim is written down under a name made up (systems/reigh.md, 1.3):
        nothing is started, beats or writes lines under it.
        """
        return self.id.startswith("edge_")

    @property
    def tier(self) -> str | None:
        """How much RAM it was rented for, as people say it: `48 GB`."""
        return None if self.ram_tier is None else f"{self.ram_tier} GB"

    @property
    def benign_end(self) -> bool:
        """Tell whether it was scaled down, though its row may call that an error."""
        reason = self.error_reason or ""
        if self.phase is WorkerPhase.ENDED and not reason:
            return True
        # systems/reigh.md, 3.3: a scale-down is recorded as an error with this reason.
        return reason.startswith("Idle timeout")
