"""A service says that it lacks what it needs (systems/octollm.md, 3B, 1)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import listed
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_names import ORCHESTRATOR
from bot.domain.service_proofs import about, called, probe_of
from bot.domain.services import Readiness, ServiceScene
from bot.domain.times import stamp

REMEDIES: Final = {
    "database": "start Postgres, and check ORCHESTRATOR_DATABASE_URL",
    "reflex_layer": "start the reflex layer, and check its address in the orchestrator",
    "redis": "start Redis, and check its address in the reflex layer",
    "config": "read the first lines of its log: it refuses its configuration",
}
HEALTH: Final = "its /health says that it is well all the same: it checks nothing"


def not_ready(case: Case) -> Iterator[Finding]:
    """Yield a finding for every service that says that it is not ready.

    Also one for an orchestrator that answers /health and does not tell whether it is
    ready: /health alone proves nothing.
    """
    scene = case.services
    if scene is None:
        return
    for told in scene.readiness or ():
        if not told.ready:
            yield _finding(scene, told)
    probe = probe_of(scene, ORCHESTRATOR)
    if probe is None or not probe.well:
        return
    if not any(each.service == ORCHESTRATOR for each in scene.readiness or ()):
        yield Finding(
            rule="not-ready",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE,
            title="the orchestrator does not tell whether it is ready",
            subject=about(ORCHESTRATOR),
            evidence=(
                f"it answered /health at {stamp(probe.at)}, and /ready told nothing",
                "/health checks nothing: it is well with its database down",
            ),
            remedy="ask its /ready by hand: it hangs while a dependency does",
            ask=f"logs --source {ORCHESTRATOR} --level ERROR",
        )


def _finding(scene: ServiceScene, told: Readiness) -> Finding:
    probe = probe_of(scene, told.service)
    failing = told.failing
    known = [REMEDIES[each] for each in failing if each in REMEDIES]
    vital = told.service == ORCHESTRATOR
    names = listed(each.replace("_", " ") for each in failing)
    lacks = f"lacks its {names}" if failing else "does not say what it lacks"
    return Finding(
        rule="not-ready",
        severity=Severity.CRITICAL if vital else Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"{called(told.service)} is not ready: it {lacks}",
        subject=about(told.service),
        evidence=(
            "GET /ready: "
            + ", ".join(
                f"{name} {'ok' if well else 'fails'}"
                for name, well in told.checks.items()
            )
            if told.checks
            else "GET /ready: ready is false",
            *((HEALTH,) if vital and probe is not None and probe.well else ()),
        ),
        remedy="; ".join(known) or "start what fails, and ask again",
        ask=f"logs --source {told.service} --level ERROR",
    )
