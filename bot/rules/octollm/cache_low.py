"""The reflex layer's cache seldom helps (systems/octollm.md, 3B, 16)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_names import REFLEX
from bot.domain.service_proofs import about, readiness_of
from bot.domain.services import Cache, ServiceScene

# systems/octollm.md, 3B.16: below so large a share, of more than so many
LOW: Final = 0.5
FEW: Final = 20


def cache_low(case: Case) -> Iterator[Finding]:
    """Yield a finding if less than half of over 20 checks were found in it."""
    scene = case.services
    cache, source = _cache(scene) if scene else (None, "")
    if scene is None or cache is None or cache.checks <= FEW:
        return
    share = cache.hits / cache.checks
    if share >= LOW:
        return
    ready = readiness_of(scene, REFLEX)
    redis = ready.checks.get("redis") if ready else None
    yield Finding(
        rule="cache-low",
        severity=Severity.INFO,
        confidence=Confidence.CONFIRMED,
        title=f"the reflex layer finds {share:.1%} of its checks in its cache",
        subject=about(REFLEX),
        evidence=(
            f"{source}: {cache.hits:,} of {cache.checks:,} were found",
            f"under {LOW:.0%} of more than {FEW} is low",
            *(("its /ready says that it has no redis",) if redis is False else ()),
        ),
        remedy="start its Redis again: without it nothing is kept"
        if redis is False
        else "mend it only if goals repeat: an entry is kept for 300 s, or 60 s if"
        " something was found in it",
        ask="logs --search cache_hit",
    )


def _cache(scene: ServiceScene) -> tuple[Cache | None, str]:
    """Return what the lines count, or else the orchestrator since it began."""
    if scene.told is not None and scene.told.cache is not None:
        return scene.told.cache, "lines of task.passed_reflex_check"
    counts = scene.reflex
    if counts is None:
        return None, ""
    checks = max(counts.requests - counts.failed, 0)
    hits = min(counts.cache_hits, checks)
    return Cache(checks=checks, hits=hits), "/debug/stats, since it began"
