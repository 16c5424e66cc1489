"""An agent lives and its model's runtime does not (systems/agents.md, 3A, 6)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_lives import agents, beats
from bot.domain.cases import Case
from bot.domain.file_proofs import beat_path, said
from bot.domain.findings import Confidence, Finding, Severity, Subject

ANSWERS: Final = ("queue",)
SEVERAL: Final = "agents with a broken runtime"
EXPLAINS: Final = ("not-claiming", "load-failing", "load-waits")
BROKEN: Final = ("wedged", "error_recoverable")  # systems/agents.md, 1A.4


def wedged_runtime(case: Case) -> Iterator[Finding]:
    """Yield a finding for every living agent whose runtime is wedged or in error."""
    queue = case.file_queue
    if queue is None:
        return
    for agent in agents(queue):
        state = agent.runtime_state
        if state not in BROKEN or not beats(queue, agent, case.now):
            continue
        code = f" ({agent.error_code})" if agent.error_code else ""
        evidence = [f"{beat_path(agent)} says {state}{code}"]
        if agent.error_detail:
            evidence.append(said(agent.error_detail))
        if agent.health_failures:
            evidence.append(
                f"{agent.health_failures} health checks failed in a row; 6 restart the"
                " runtime, 8 break the circuit"
            )
        wedged = state == "wedged"
        yield Finding(
            rule="wedged-runtime",
            severity=Severity.CRITICAL if wedged else Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{agent.id}'s runtime is "
            + (f"wedged{code}" if wedged else f"in error, and may recover{code}"),
            subject=Subject(kind="worker", id=agent.id),
            evidence=tuple(evidence),
            remedy="see the runtime's lines; a reset_gpu_runtime task resets it, or"
            " start the agent again through startup.py",
            ask=f"worker {agent.id} --logs-only",
        )
