"""Two services disagree on what they send each other (systems/octollm.md, 3B, 5)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_misfits import CONTRACT, Refusal, proofs, refusals
from bot.domain.service_names import ORCHESTRATOR, REFLEX
from bot.domain.service_proofs import about, called

EXPLAINS: Final = ("breaker-open", "error-rate")
ANSWER: Final = "ReflexResponse"
# What has rules of its own.
OWN: Final = frozenset({(CONTRACT, "budget"), (CONTRACT, "goal")})
MATCHES: Final = ("pii_matches", "injection_matches")


def contract_mismatch(case: Case) -> Iterator[Finding]:
    """Yield a finding for every model that refused what came, by its fields.

    As long as some answers of the reflex layer are understood it is a warning.
    """
    told = case.services.told if case.services else None
    understood = told.answers.accepted if told and told.answers else 0
    for each in refusals(told):
        if any((each.model, field) in OWN for field in each.fields):
            continue
        reflex = each.model == ANSWER
        subject = REFLEX if reflex else each.service
        yield Finding(
            rule="contract-mismatch",
            severity=Severity.CRITICAL
            if reflex and not understood
            else Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=_title(each),
            subject=about(subject),
            evidence=(
                *proofs(each, case.now),
                *((f"it understood {understood} other answers",) if understood else ())
                * reflex,
            ),
            remedy=_remedy(each),
            ask="logs --search ValidationError",
        )


def _title(each: Refusal) -> str:
    if each.model != ANSWER:
        return f"{called(each.service)} refuses what does not fit its {each.model}"
    what = [
        *([_status(each)] if "status" in each.fields else []),
        *(["match fields"] if _matches(each) else []),
    ]
    about = " and ".join(what) or "its answers"
    return f"the reflex layer and the {ORCHESTRATOR} disagree on {about}"


def _status(each: Refusal) -> str:
    """Return what of a status they disagree on: its case, or whether it exists."""
    if each.got is None:
        return "the status"
    return "the status of rate limits" if _limited(each) else "status case"


def _limited(each: Refusal) -> bool:
    return (each.got or "").lower().startswith("rate")


def _matches(each: Refusal) -> bool:
    return any(field.split(".")[0] in MATCHES for field in each.fields)


def _remedy(each: Refusal) -> str:
    """Return how both sides come to agree (systems/octollm.md, 1B.2)."""
    if each.model != ANSWER:
        return f"send what {each.model} asks for; a 422 would be the right answer"
    cures = []
    if _limited(each):
        cures.append(
            "have the orchestrator accept RateLimited: the reflex layer turned it away"
            " for its rate"
        )
    elif "status" in each.fields:
        cures.append(
            "have the orchestrator accept the status in lower case, as the reflex layer"
            " writes it (success, blocked, ratelimited, error)"
        )
    if _matches(each):
        cures.append(
            "have it read matches by start, end and matched_text, in place of"
            " position, value and context"
        )
    return "; ".join(cures) or "deploy versions of both that belong together"
