"""Reigh: a Supabase task queue, its GPU workers and their orchestrator."""

from collections.abc import Sequence

from bot.domain.cases import Thresholds
from bot.settings import Setting
from bot.sources import Pods, System
from bot.sources.reigh.faults import SOURCE
from bot.sources.reigh.logs import ReighLogs
from bot.sources.reigh.project import Project
from bot.sources.reigh.tasks import ReighTasks
from bot.sources.reigh.workers import ReighWorkers

NAME = "reigh"

__all__ = ["NAME", "Project", "reigh"]


def reigh(
    project: Project,
    pods: Pods,
    *,
    thresholds: Thresholds,
    settings: Sequence[Setting],
) -> System:
    """Return the system that reads *project* and rents *pods*."""
    return System(
        name=NAME,
        source=SOURCE,
        tasks=ReighTasks(project),
        workers=ReighWorkers(project),
        logs=ReighLogs(project),
        pods=pods,
        changes=True,
        thresholds=thresholds,
        settings=settings,
    )
