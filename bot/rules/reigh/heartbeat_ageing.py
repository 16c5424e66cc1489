"""An active worker's heartbeat is late, not yet lost (systems/reigh.md, F1)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestrator_limits import BEAT
from bot.domain.proofs import last_beat
from bot.domain.spelling import typed
from bot.domain.times import spoken
from bot.domain.workers import AGEING, Pulse

SEVERAL: Final = "workers with a late heartbeat"


def heartbeat_ageing(case: Case) -> Iterator[Finding]:
    """Yield a finding for every active worker silent for over 60 s and up to 300 s."""
    for worker in case.workers or ():
        silence = worker.silence(case.now)
        if worker.pulse(case.now) is not Pulse.AGEING or silence is None:
            continue
        yield Finding(
            rule="heartbeat-ageing",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{worker.id} has been silent for {spoken(silence)}",
            subject=Subject(kind="worker", id=worker.id),
            evidence=(
                last_beat(worker, case.now),
                f"one is due every {spoken(BEAT)}, and {spoken(AGEING)} is late",
            ),
            remedy="look again in a minute: beyond 5 min it counts as dead"
            if case.needed(worker) is not False
            else "the orchestrator ends it now, for it holds nothing and nothing waits",
            ask=f"worker {typed(worker.id)}",
        )
