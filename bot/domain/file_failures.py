"""Which tasks of the file queue failed, and what their error tells of the kind."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.agent_limits import ATTEMPTS
from bot.domain.agent_names import SHORT, Lane
from bot.domain.cases import Case
from bot.domain.tasks import TaskPhase

if TYPE_CHECKING:
    from bot.domain.file_queue import Configured, FileQueue, TaskFile


class ErrorKind(StrEnum):
    """What went wrong, as the last line of standard error names it."""

    GPU_MEMORY = "gpu memory"
    MODULE = "module"
    PERMISSION = "permission"
    PATH = "path"
    TIMEOUT = "timeout"
    SUBPROCESS = "subprocess"
    INPUT = "input"


# systems/agents.md, 3A, 17; the first that fits counts.
_SIGNS: Final = (
    (ErrorKind.SUBPROCESS, "Worker output parse error"),
    (ErrorKind.GPU_MEMORY, "CUDA out of memory|OutOfMemoryError"),
    (ErrorKind.MODULE, "No module named|ModuleNotFoundError"),
    (ErrorKind.PERMISSION, "Permission denied"),
    (ErrorKind.INPUT, "moov atom not found|Invalid data found when processing input"),
    (ErrorKind.PATH, "No such file or directory|can't open file"),
    (ErrorKind.TIMEOUT, "timed out|HTTPConnectionPool"),
)
_KINDS: Final = tuple((kind, re.compile(sign, re.IGNORECASE)) for kind, sign in _SIGNS)
DEFERRED: Final = "deferred_model_load"
BLOCKED: Final = "blocked"
_ALLOWED: Final = "retry_policy.allow_terminal_failed_dependencies"


def error_kind(task: "TaskFile") -> ErrorKind | None:
    """Return what kind its error names, or else its output; None if neither does.

    What was not allowed never ran, so its text tells no kind.
    """
    if task.action == BLOCKED:
        return None
    for text in (task.error or "", task.output or ""):
        for kind, sign in _KINDS:
            if sign.search(text):
                return kind
    return None


def failures(case: Case, kind: ErrorKind | None = None) -> "Iterator[TaskFile]":
    """Yield the tasks that failed in the window, or that the question is about.

    Of a *kind* alone if one is given. A plan that failed lies among the complete ones
    (systems/agents.md, 1A.9). What fell with its batch, or waits for a model, did not
    fail by itself.
    """
    queue = case.file_queue
    if queue is None:
        return
    deferred = _deferred(queue)
    for each in queue.tasks or ():
        if not _failed(each):
            continue
        late = each.ended_at is not None and each.ended_at not in queue.window
        if late and each.id not in case.tasks_by_id:
            continue
        again = deferred.get(each.id[:SHORT])
        if again is not None and (each.ended_at is None or again >= each.ended_at):
            continue
        if kind is None or error_kind(each) is kind:
            yield each


def fell_with_batch(task: "TaskFile") -> bool:
    """Tell whether it was given up because another task of its batch failed."""
    return task.phase is TaskPhase.CANCELLED


def most_attempts(configured: "Configured | None") -> int:
    """Return after how many attempts the brain gives a task up."""
    most = configured.max_attempts if configured else None
    return ATTEMPTS if most is None else most


def given_up(configured: "Configured | None", task: "TaskFile") -> bool:
    """Tell whether nobody will try it again by himself."""
    if task.status in ("blocked_cloud", "abandoned"):
        return True
    return (task.attempts or 0) >= most_attempts(configured)


def failed_for_good(configured: "Configured | None", task: "TaskFile") -> bool:
    """Tell whether it lies among the failed ones, and stays there."""
    over = fell_with_batch(task) or given_up(configured, task)
    return over and task.lane is Lane.FAILED


def lets_failures_pass(configured: "Configured | None") -> bool:
    """Tell whether what waits for one that failed for good runs all the same."""
    return configured is not None and configured.values.get(_ALLOWED) == "true"


def _failed(task: "TaskFile") -> bool:
    failed = task.phase is TaskPhase.FAILED
    return failed and task.read and DEFERRED not in (task.error or "")


def _deferred(queue: "FileQueue") -> Mapping[str, datetime]:
    """Return when the brain last put off which tasks, by their short ids.

    They only wait for a model: their subprocess ended with 75.
    """
    return {
        each.subject[:SHORT]: each.last_at
        for each in queue.told or ()
        if each.kind == "DEFERRED_MODEL_LOAD"
    }
