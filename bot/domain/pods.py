"""A rented machine, as the cloud says it. Never its environment or arguments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from bot.domain.spelling import bounded

PodId = NewType("PodId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod. *status* is the cloud's own word, kept as text."""

    id: PodId
    name: str
    status: str
    cost_per_hour_usd: float | None = None
    uptime: timedelta | None = None
    named_at: datetime | None = None
    """The creation time that our naming scheme puts into the name, if it does."""
    gpu: str | None = None

    @property
    def running(self) -> bool:
        """Tell whether it may be billing as a running pod: unknown words count."""
        return self.status not in ("EXITED", "PAUSED", "DEAD", "TERMINATED")

    def age(self, now: datetime) -> timedelta | None:
        """Return how old it is: by its name, else by its uptime; None if untold.

        Names bear the time of another host, whose clock may be ahead.
        """
        ahead = self.named_at is not None and self.named_at > now
        if self.named_at is None or (ahead and self.uptime is not None):
            return self.uptime
        return max(now - self.named_at, timedelta(0))


def called(text: str, pods: Iterable[Pod]) -> Sequence[Pod]:
    """Return the pods whose id or name is the text, else those it begins or ends."""
    every = tuple(pods)
    exact = [pod for pod in every if text in (pod.id, pod.name)]
    return exact or [
        pod for pod in every if bounded(pod.id, text) or bounded(pod.name, text)
    ]
