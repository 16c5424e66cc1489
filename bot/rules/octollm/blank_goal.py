"""Clients submit tasks with a blank goal (systems/octollm.md, 3B, 5)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_misfits import bad_submits, proofs
from bot.domain.service_proofs import about

EXPLAINS: Final = ("error-rate",)


def blank_goal(case: Case) -> Iterator[Finding]:
    """Yield a finding if submits failed because their goal was blank."""
    told = case.services.told if case.services else None
    for each in bad_submits(told, "goal"):
        yield Finding(
            rule="blank-goal",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{some(each.count, 'submit')} with a blank goal answered 500",
            subject=about(each.service),
            evidence=proofs(each, case.now),
            remedy="send a goal that says something; an empty one is refused with 422,"
            " one of spaces alone only after the reflex layer",
            ask="logs --search ValidationError",
        )
