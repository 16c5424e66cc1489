"""A signal lies unread: its agent does not loop (systems/agents.md, 3A, 19)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import SIGNAL_UNREAD
from bot.domain.agent_lives import agents, beats
from bot.domain.agent_names import SHORT
from bot.domain.cases import Case
from bot.domain.file_proofs import beat
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, spoken

ANSWERS: Final = ("queue",)
SEVERAL: Final = "unread signals"
EXPLAINS: Final = ("stuck-task",)
# Agents delete these when they read them; the others are read by other programs.
KINDS: Final = ("stop", "abort", "kill")


def unread_signal(case: Case) -> Iterator[Finding]:
    """Yield a finding for every signal to an agent that is over 30 s old."""
    queue = case.file_queue
    if queue is None:
        return
    for signal in queue.signals or ():
        age = signal.age(case.now)
        if signal.kind not in KINDS:
            continue
        if age is None or signal.at is None or age <= SIGNAL_UNREAD:
            continue
        agent = next((each for each in agents(queue) if each.id == signal.worker), None)
        alive = agent is not None and beats(queue, agent, case.now)
        of = f" for task {signal.task_id[:SHORT]}" if signal.task_id else ""
        yield Finding(
            rule="unread-signal",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{signal.worker} has not read its {signal.kind} signal{of} for"
            f" {spoken(age)}",
            subject=Subject(kind="worker", id=signal.worker),
            evidence=(
                f"signals/{signal.worker}.{signal.kind} is of"
                f" {dated(signal.at, case.now)}"
                + (f": {signal.reason}" if signal.reason else ""),
                f"agents look every 5 s; over {spoken(SIGNAL_UNREAD)} is unread",
                *((beat(agent, case.now),) if agent else ("it has no heartbeat",)),
            ),
            remedy="it beats and does not loop: see what its last line waits for"
            if alive
            else "look for the process on its host: kill -CONT wakes a frozen one; if"
            " it is gone, remove the signal before it is started again",
            ask=f"worker {signal.worker} --logs-only",
        )
