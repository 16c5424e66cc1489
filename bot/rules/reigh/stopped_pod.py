"""A stopped pod still bills its volume (systems/reigh.md, F18)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.fleet import PodFate
from bot.domain.spelling import typed

SEVERAL: Final = "stopped pods that still bill"
EXPLAINS: Final = ("worker-without-pod",)


def stopped_pod(case: Case) -> Iterator[Finding]:
    """Yield a finding for pods of ours that stand still; orphans are told apart."""
    for claim in case.claims or ():
        pod = claim.pod
        if pod.running or pod.status == "TERMINATED" or claim.fate is PodFate.FOREIGN:
            continue
        if claim.fate is PodFate.ORPHANED:
            continue  # said once, by orphaned-pod
        words = f"runpod terminate {pod.id}"
        if claim.owner is not None:
            words = f"worker terminate {typed(claim.owner)}"
        yield Finding(
            rule="stopped-pod",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"pod {pod.id} ({pod.name}) is stopped and still bills its volume",
            subject=Subject(kind="pod", id=pod.id),
            evidence=(f"RunPod calls it {pod.status}", claim.why),
            remedy=f"{words} ends it, if nobody means to start it again",
            ask=words,
        )
