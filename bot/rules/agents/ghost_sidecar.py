"""A subprocess runs for a task that has no file any more (3A, 13)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import ORPHANED
from bot.domain.agent_names import SHORT
from bot.domain.cases import Case
from bot.domain.file_queue import FileQueue, Sidecar
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, stamp

SEVERAL: Final = "subprocesses without a task"
CLEANUP: Final = "PLAN_CLEANUP"


def ghost_sidecar(case: Case) -> Iterator[Finding]:
    """Yield a finding for every sidecar alone; one that is still written is at work."""
    queue = case.file_queue
    if queue is None:
        return
    lanes = {each.id: each.lane for each in queue.tasks or ()}
    for each in queue.sidecars or ():
        at = each.updated_at
        runs = at is not None and case.now - at <= ORPHANED
        short = each.task_id[:SHORT]
        who = each.worker or "somebody"
        evidence = [
            f"tasks/processing/{each.task_id}.heartbeat.json by {who} is of "
            + (dated(at, case.now) if at else "an unknown time"),
            f"tasks/processing/{each.task_id}.json is not there",
        ]
        lane = lanes.get(each.task_id)
        gone = f"lies in {lane}" if lane else "is gone"
        cleaned = _cleanup(queue, each)
        if cleaned:
            evidence.append(cleaned)
        yield Finding(
            rule="ghost-sidecar",
            severity=Severity.WARNING if runs else Severity.INFO,
            confidence=Confidence.CONFIRMED if runs else Confidence.LIKELY,
            title=f"{who} still works on {short}, whose file {gone}"
            if runs
            else f"a sidecar of {short} was left behind",
            subject=Subject(kind="task", id=each.task_id),
            evidence=tuple(evidence),
            remedy=(
                "a fresh run of the same plan removed it: submit plans that still run"
                " with RUN_MODE resume"
                if cleaned
                else "it was queued again, or removed, while its subprocess went on"
            )
            + ("; what that writes belongs to nobody" if runs else ""),
            ask=f"logs --search {short}",
        )


def _cleanup(queue: FileQueue, sidecar: Sidecar) -> str | None:
    """Return the last clean-up before the sidecar was last written."""
    found = [
        each
        for each in queue.told or ()
        if each.kind == CLEANUP
        and (sidecar.updated_at is None or each.first_at <= sidecar.updated_at)
    ]
    if not found:
        return None
    return f"{stamp(found[-1].last_at)}: {found[-1].message}"
