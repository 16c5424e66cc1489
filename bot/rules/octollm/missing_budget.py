"""Clients submit tasks without a budget (systems/octollm.md, 3B, 5)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_misfits import bad_submits, proofs
from bot.domain.service_proofs import about

EXPLAINS: Final = ("error-rate",)


def missing_budget(case: Case) -> Iterator[Finding]:
    """Yield a finding if submits failed because they bore no budget."""
    told = case.services.told if case.services else None
    for each in bad_submits(told, "budget"):
        yield Finding(
            rule="missing-budget",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{some(each.count, 'submit')} without a budget answered 500",
            subject=about(each.service),
            evidence=proofs(each, case.now),
            remedy="send a budget with every submit (max_tokens, max_time_seconds,"
            " max_cost_usd): the default of the documents does not work",
            ask="logs --search ValidationError",
        )
