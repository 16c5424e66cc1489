"""A task waits for one that will never be done (systems/agents.md, 3A, 14)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from bot.domain.agent_names import ABANDONED, Lane
from bot.domain.cases import Case
from bot.domain.file_failures import failed_for_good, lets_failures_pass
from bot.domain.file_proofs import called, path
from bot.domain.file_queue import FileQueue, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import stamp

ANSWERS: Final = ("queue",)
REPLACES: Final = ("waiting-task",)
SEVERAL: Final = "tasks that never run"
GONE: Final = "dependency gone"  # as the queue calls it
_ITEM: Final = "{ITEM"  # a dependency per item, which February 2026 cannot resolve


def blocked_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every private task whose dependency cannot be done.

    A failed one that is tried again blocks nothing, nor does one whose file may have
    been completed before the window, put away since, or lie where nobody may look.
    Where several tasks of a batch bear the name, one of them that may still be done is
    enough.
    """
    queue = case.file_queue
    if queue is None or queue.tasks is None:
        return
    known: defaultdict[tuple[str, str], list[TaskFile]] = defaultdict(list)
    for each in queue.tasks:
        if each.name:
            known[each.batch, each.name].append(each)
    for task in queue.tasks:
        if task.lane is not Lane.PRIVATE:
            continue
        wait = (case.waits or {}).get(task.id)
        gone = wait.detail if wait is not None and wait.reason == GONE else ""
        found = (
            _blocked(queue, task, name, known, gone=gone.startswith(f"{name} has no "))
            for name in task.depends_on
        )
        yield from [each for each in found if each is not None][:1]


def _blocked(
    queue: FileQueue,
    task: TaskFile,
    name: str,
    known: Mapping[tuple[str, str], list[TaskFile]],
    *,
    gone: bool,
) -> Finding | None:
    """Return that the task never runs for the one of that name.

    *gone* is whether the queue told that its file is nowhere, which was looked for
    since the task was made; else the window has to reach so far.
    """
    others, passes = known.get((task.batch, name)), lets_failures_pass(queue.configured)
    if others:
        over = all(failed_for_good(queue.configured, each) for each in others)
        if passes or not over:
            return None
        other = min(others, key=lambda each: each.id)
        why = f"{name} ({other.id[:8]}) is {other.status}"
        return _finding(task, why, f"{path(other)}: {other.status}", f"task {other.id}")
    if _ITEM in name:
        why = f"no task is ever called {name}"
        return _finding(task, why, "its brain does not resolve {ITEM…}", "queue")
    made, event = task.created_at, (queue.steps or {}).get((task.batch, name))
    if event == ABANDONED and not passes:
        proof = f"batch_events.jsonl of {task.batch}: {name} has {ABANDONED}"
        return _finding(task, f"{name} was abandoned", proof, "orchestrator")
    near = made is not None and made in queue.window
    seen = gone or (near and not queue.hides_tasks)
    if made is None or event is not None or not seen:
        return None
    return _finding(
        task,
        f"{name} has no file",
        f"no task of batch {task.batch} is called {name}, in any folder or event, since"
        f" {stamp(made)}",
        "orchestrator",
        sure=False,
    )


def _finding(
    task: TaskFile, why: str, proof: str, ask: str, *, sure: bool = True
) -> Finding:
    return Finding(
        rule="blocked-task",
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED if sure else Confidence.POSSIBLE,
        title=f"{called(task)} never runs: {why}",
        subject=Subject(kind="task", id=task.id),
        evidence=(f"{path(task)} depends on {', '.join(task.depends_on)}", proof),
        remedy="mend what it waits for and submit the plan again with RUN_MODE resume;"
        " nothing releases it otherwise",
        ask=ask,
    )
