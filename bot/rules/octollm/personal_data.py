"""Tasks with personal data in them were let through (systems/octollm.md, 3B, 11)."""

from collections.abc import Iterator, Mapping
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_names import REFLEX
from bot.domain.service_proofs import about, said
from bot.domain.services import ReflexCounts, Safety

_NAMED: Final = 8


def personal_data(case: Case) -> Iterator[Finding]:
    """Yield a finding if any was let through; how often is told, and never what.

    Where no line tells, the orchestrator's own counts leave a lower bound: of what
    was found in, no more than all that was blocked can have been blocked.
    """
    scene = case.services
    told = scene.told if scene else None
    if told is not None and told.safety is not None:
        if told.safety.pii_stored > 0:
            proofs = _by_lines(told.safety, whole=told.whole)
            yield _finding(told.safety.pii_stored, Confidence.CONFIRMED, proofs)
    elif scene is not None and scene.reflex is not None:
        least = scene.reflex.pii - scene.reflex.blocked
        if least > 0:
            proofs = _by_counts(scene.reflex)
            yield _finding(least, Confidence.LIKELY, proofs, lead="at least ")


def _by_lines(safety: Safety, *, whole: bool) -> tuple[str, ...]:
    return (
        (
            f"its checks found personal data {some(safety.pii, 'time')}, of which"
            f" {safety.pii_stored:,} ended with status Success"
        ),
        f"{some(safety.blocked, 'task')} of any kind {_were(safety.blocked)} blocked",
        *([f"by kind: {_kinds(safety.by_pattern)}"] if safety.by_pattern else []),
        *([] if whole else ["there are more lines than were read"]),
    )


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _kinds(by_pattern: Mapping[str, int]) -> str:
    """Return the most frequent kinds with their numbers."""
    order = sorted(by_pattern.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{said(kind)} {number:,}" for kind, number in order[:_NAMED])


def _by_counts(counts: ReflexCounts) -> tuple[str, ...]:
    return (
        (
            f"/debug/stats of the orchestrator: personal data was found"
            f" {some(counts.pii, 'time')} since it began, and"
            f" {some(counts.blocked, 'request')} of any kind {_were(counts.blocked)}"
            " blocked"
        ),
    )


def _finding(
    number: int, sure: Confidence, proofs: tuple[str, ...], *, lead: str = ""
) -> Finding:
    let = f"{'it' if number == 1 else 'them'} {_were(number)} let through"
    return Finding(
        rule="personal-data",
        severity=Severity.WARNING,
        confidence=sure,
        title=f"{lead}{some(number, 'task')} with personal data in {let}",
        subject=about(REFLEX),
        evidence=proofs,
        remedy="personal data alone blocks nothing here, only a critical injection"
        " does: look for pii_detected=True, delete or blank the rows of these tasks if"
        " they must not be kept, and have callers redact what they submit",
        ask="logs --search pii_detected=True",
    )
