"""Somebody tries to inject instructions (systems/octollm.md, 3B, 11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_names import REFLEX
from bot.domain.service_proofs import about

SEEN: Final = "logs --search injection_detected=True"
BLOCKED: Final = "logs --search blocked_by_reflex"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    injections: int
    blocked: int
    source: str

    @property
    def let_through(self) -> int:
        """How many at least were not blocked; personal data alone blocks nothing."""
        return max(self.injections - self.blocked, 0)


def injections(case: Case) -> Iterator[Finding]:
    """Yield a finding if any was found: worth knowing, and bad if let through.

    The reflex layer blocks the critical ones alone.
    """
    counts = _counts(case)
    if counts is None or not (counts.injections or counts.blocked):
        return
    loose = counts.let_through
    number = counts.injections
    found = f"{some(number, 'injection')} {'was' if number == 1 else 'were'} found"
    blocked = f"{some(counts.blocked, 'task')} blocked"
    yield Finding(
        rule="injections",
        severity=Severity.WARNING if loose else Severity.INFO,
        confidence=Confidence.CONFIRMED,
        title=f"{found}, {blocked}"
        + (f": at least {loose:,} not blocked" if loose else ""),
        subject=about(REFLEX),
        evidence=(f"{counts.source}: {found}, and {blocked}",),
        remedy="see whose tasks they are and what became of them: only a critical"
        " injection is blocked, milder ones go on to the arms"
        if loose
        else "nothing to mend: they were blocked; see who submits them if they go on",
        ask=SEEN if loose else BLOCKED,
    )


def _counts(case: Case) -> _Counts | None:
    """Return what the lines count, or else the orchestrator itself."""
    scene = case.services
    told = scene.told if scene else None
    if told is not None and told.safety is not None:
        return _Counts(
            injections=told.safety.injections,
            blocked=told.safety.blocked,
            source="lines of its checks"
            if told.whole
            else "lines of its checks, of which not all were read",
        )
    if scene is None or scene.reflex is None:
        return None
    return _Counts(
        injections=scene.reflex.injections,
        blocked=scene.reflex.blocked,
        source="/debug/stats of the orchestrator, since it began",
    )
