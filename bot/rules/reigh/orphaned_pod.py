"""A pod that we pay for and no living worker claims (systems/reigh.md, F16)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.fleet import Claim, PodFate
from bot.domain.times import DAY, HOUR, spoken

SEVERAL: Final = "orphaned pods"


def orphaned_pod(case: Case) -> Iterator[Finding]:
    """Yield a finding for every orphan; never when the workers were not all read."""
    for claim in case.claims or ():
        if claim.fate is PodFate.ORPHANED:
            yield _finding(claim, case)


def _finding(claim: Claim, case: Case) -> Finding:
    pod = claim.pod
    age = pod.age(case.now)
    evidence = [f"RunPod calls it {pod.status}"]
    if age is not None:
        evidence.append(f"{spoken(age)} old")
    if pod.cost_per_hour_usd is not None and pod.running:
        hourly = pod.cost_per_hour_usd
        day = hourly * (DAY / HOUR)
        evidence.append(
            f"${hourly:.2f}/h, ${day:.2f} a day, ${day * 30:.0f} in 30 days"
        )
    if not pod.running:
        evidence.append("it still bills its volume, at a price that no list tells")
    return Finding(
        rule="orphaned-pod",
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"pod {pod.id} ({pod.name}) is orphaned: {claim.why}",
        subject=Subject(kind="pod", id=pod.id),
        evidence=tuple(evidence),
        remedy=f"runpod terminate {pod.id} ends it, after a plan and another look",
        ask="runpod",
    )
