"""An agent pauses for heat, or is held back for it (systems/agents.md, 3A, 18)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import agents, beats, held
from bot.domain.cases import Case
from bot.domain.file_proofs import beat_path
from bot.domain.file_proofs import held as told
from bot.domain.file_queue import Agent
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "agents held back for heat"
EXPLAINS: Final = ("not-claiming", "load-waits", "load-failing")


def thermal_pause(case: Case) -> Iterator[Finding]:
    """Yield a finding for every living agent that is paused or constrained for heat.

    Its tasks wait for it to cool down: they are not stuck.
    """
    queue = case.file_queue
    if queue is None:
        return
    for agent in agents(queue):
        if not beats(queue, agent, case.now):
            continue
        if agent.pause is None and agent.constrained is None:
            continue
        paused = agent.pause is not None
        yield Finding(
            rule="thermal-pause",
            severity=Severity.WARNING if paused else Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=_title(agent),
            subject=Subject(kind="worker", id=agent.id),
            evidence=(*_evidence(agent, case), *told(held(queue, agent))),
            remedy="cool it (fans, dust, room); it goes on by itself once it is 4 C"
            " below its limit, and each pause is 1.8 times the last, up to 300 s",
            ask=f"worker {agent.id}",
        )


def _title(agent: Agent) -> str:
    if agent.pause is None:
        return f"{agent.id} is held back for heat{_why(agent.constrained or ())}"
    until = f" until {stamp(agent.pause.until)}" if agent.pause.until else ""
    return f"{agent.id} pauses for heat{until}{_why(agent.pause.reasons)}"


def _why(reasons: tuple[str, ...]) -> str:
    return f": {', '.join(reasons)}" if reasons else ""


def _evidence(agent: Agent, case: Case) -> Iterator[str]:
    reasons = agent.pause.reasons if agent.pause else agent.constrained or ()
    yield f"{beat_path(agent)} says so" + _why(reasons)
    if agent.temperature_c is not None:
        limits = case.file_queue.configured if case.file_queue else None
        warning = limits.gpu_warning_c if limits else None
        beside = f"; the limit is {warning:g} C" if warning is not None else ""
        yield f"it is at {agent.temperature_c:g} C{beside}"
    if agent.pause is not None and agent.pause.attempts:
        yield f"it is pause number {agent.pause.attempts} in a row"
