"""Reigh: a Supabase task queue, its GPU workers and their orchestrator."""

from bot.sources import Pods, System
from bot.sources.reigh.logs import ReighLogs
from bot.sources.reigh.project import Project
from bot.sources.reigh.tasks import ReighTasks
from bot.sources.reigh.workers import ReighWorkers

NAME = "reigh"

__all__ = ["NAME", "Project", "reigh"]


def reigh(project: Project, pods: Pods) -> System:
    """Return the system that reads *project* and rents *pods*."""
    return System(
        name=NAME,
        tasks=ReighTasks(project),
        workers=ReighWorkers(project),
        logs=ReighLogs(project),
        pods=pods,
    )
