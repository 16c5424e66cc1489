"""Tasks wait, and nothing consumes them (systems/octollm.md, 3B, 8)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import listed, waiting
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.service_names import ORCHESTRATOR, REFLEX
from bot.domain.services import Backlog, ServiceScene
from bot.domain.times import dated

EXPLAINS: Final = ("waiting-task",)
REPLACES: Final = ("waiting-task",)
LONG: Final = timedelta(seconds=300)  # 3B, 8: the default of max_time_seconds

ANSWERS: Final = ("queue",)


def queue_without_workers(case: Case) -> Iterator[Finding]:
    """Yield a finding if tasks wait for over 300 s and none was ever taken up.

    Where nobody tells since when they wait, it is less sure.
    """
    scene = case.services
    backlog = scene.backlog if scene else None
    number = backlog.counts.get("pending", 0) if backlog else 0
    if scene is None or backlog is None or not number or backlog.consumed:
        return
    first = min(backlog.pending or (), key=lambda it: it.since, default=None)
    if first is not None and case.now - first.since <= LONG:
        return
    yield Finding(
        rule="queue-without-workers",
        severity=Severity.CRITICAL if first else Severity.WARNING,
        confidence=Confidence.CONFIRMED if first else Confidence.LIKELY,
        title=f"{waiting(number)}, and nothing consumes tasks in this deployment",
        subject=Subject(kind="queue", id="queue"),
        evidence=(
            _counted(backlog),
            *((f"the oldest is of {dated(first.since, case.now)}",) if first else ()),
            _arms(scene),
        ),
        remedy="deploy what takes tasks up: the published OctoLLM has no arms, no"
        " router and no worker, so no task leaves pending",
        ask="workers",
    )


def _counted(backlog: Backlog) -> str:
    states = ("pending", "processing", "completed", "failed")
    return ", ".join(f"{backlog.counts.get(each, 0):,} {each}" for each in states)


def _arms(scene: ServiceScene) -> str:
    """Return which arms there are, as far as settings and the registry name any."""
    others = (ORCHESTRATOR, REFLEX)
    arms = [each for each in scene.probes or () if each.service not in others]
    if not arms:
        return "neither settings nor a registry name any arm"
    well = [each.service for each in arms if each.well]
    return f"arms that answer: {listed(well) or f'none of {len(arms)}'}"
