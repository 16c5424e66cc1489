"""No agent beats any more: nothing that waits runs (systems/agents.md, 3A, 1)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import Way, agents, beats, end, pending, running
from bot.domain.cases import Case
from bot.domain.figures import some, waiting
from bot.domain.file_proofs import beat
from bot.domain.file_queue import FileQueue
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, stamp

EXPLAINS: Final = (
    *("heartbeat-stale", "killed-agent", "orphaned-task", "stuck-task"),
    *("missing-agent", "waiting-task", "load-waits", "unread-signal"),
)
FEWEST: Final = 2  # of a single one its own finding tells as much


def no_agent_alive(case: Case) -> Iterator[Finding]:
    """Yield a finding if all agents that ever beat have fallen silent or ended.

    Where a heartbeat could not be read, its agent may live. If all were stopped and
    nothing is to do, somebody may have meant it.
    """
    queue = case.file_queue
    if queue is None or queue.agents is None or queue.unread:
        return
    known = [each for each in agents(queue) if each.beat_at is not None]
    if len(known) < FEWEST or any(beats(queue, each, case.now) for each in known):
        return
    newest = max(each.beat_at for each in known if each.beat_at is not None)
    ends = [end(queue, each) for each in known]
    stopped = sum(each is not None and each.way is Way.STOPPED for each in ends)
    idle = not pending(queue) and not running(queue)
    meant = idle and stopped == len(known)
    yield Finding(
        rule="no-agent-alive",
        severity=Severity.WARNING if meant else Severity.CRITICAL,
        confidence=Confidence.CONFIRMED,
        title=f"no agent is alive: none of {len(known)} has beaten since"
        f" {stamp(newest)}",
        subject=Subject(kind="queue", id="queue"),
        evidence=(
            f"the newest of their heartbeats is of {dated(newest, case.now)}",
            *(
                (f"{some(stopped, 'log')} of theirs tell of a shutdown",)
                * bool(stopped)
            ),
            _brain(queue, case),
            waiting(len(pending(queue))),
        ),
        remedy="start the brain and the agents again; until then nothing that is"
        " submitted runs",
        ask="workers",
    )


def _brain(queue: FileQueue, case: Case) -> str:
    if queue.brain is not None:
        return beat(queue.brain, case.now)
    if queue.monitor_at is not None:
        return f"its brain last looked at {dated(queue.monitor_at, case.now)}"
    return "no brain is known: neither a heartbeat nor a decision of one is there"
