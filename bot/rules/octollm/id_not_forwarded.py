"""The reflex layer does not get the request's id (systems/octollm.md, 3B, 7)."""

from collections.abc import Iterator

from bot.domain.asks import tracing
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_names import REFLEX
from bot.domain.service_proofs import about, of_reflex, said


def id_not_forwarded(case: Case) -> Iterator[Finding]:
    """Yield a finding if no answer of the reflex layer bore its request's id.

    A trace then follows a request by its tasks and by the time.
    """
    told = case.services.told if case.services else None
    answers = told.answers if told else None
    if answers is None or answers.forwarded or not answers.newest_request:
        return
    number = answers.accepted
    yield Finding(
        rule="id-not-forwarded",
        severity=Severity.INFO,
        confidence=Confidence.CONFIRMED if number > 1 else Confidence.LIKELY,
        title="the request's id is not forwarded to the reflex layer by this version",
        subject=about(REFLEX),
        evidence=(
            f"{number} of {number} answers of the reflex layer bore an id of its own",
            f"the last request that was checked bore {said(answers.newest_request)}",
        ),
        remedy="have the orchestrator's client send X-Request-ID; until then a trace"
        " joins the reflex layer's lines by the id in its answers",
        ask=tracing(answers.newest_request) or of_reflex(case.services),
    )
