"""The orchestrator does not reach the reflex layer (systems/octollm.md, 3B, 4)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding
from bot.domain.service_names import REFLEX
from bot.domain.service_proofs import about, check_of, of_reflex, said, spread, weight
from bot.domain.services import ErrorKind, Told
from bot.domain.times import dated, stamp

EXPLAINS: Final = ("breaker-open", "not-ready", "error-rate", "slow-requests")
CHECKS: Final = ("reflex_layer", "reflex")
REFUSED: Final = "task.reflex_unavailable"
SEEN: Final = ("reflex_client.http_error", "reflex_client.request_error")


def reflex_unavailable(case: Case) -> Iterator[Finding]:
    """Yield a finding if the orchestrator's check of it fails, or submits failed so.

    Where the check is well again, that is only worth knowing.
    """
    scene = case.services
    check = check_of(scene, *CHECKS) if scene else None
    told = scene.told if scene else None
    errors = [each for each in told.errors if each.kind == REFUSED] if told else []
    if check is not False and not errors:
        return
    number = sum(each.count for each in errors)
    refused = f": {some(number, 'submit')} failed" if number else ""
    last = max((each.last_at for each in errors), default=case.now)
    evidence = []
    if check is not None:
        evidence.append(f"GET /ready: reflex_layer {'ok' if check else 'fails'}")
    evidence += [_refused(each, case) for each in errors]
    evidence += _seen(told)
    back = told.answers.newest_at if told and told.answers else None
    if check is None and back is not None and back > last:
        check = True
        evidence.append(f"it answered again, last at {dated(back, case.now)}")
    yield Finding(
        rule="reflex-unavailable",
        severity=weight(check, last, case.now),
        confidence=Confidence.LIKELY if check is None else Confidence.CONFIRMED,
        title={
            False: f"the orchestrator does not reach the reflex layer{refused}",
            True: f"the reflex layer was away until {stamp(last)}{refused}; it is back",
            None: f"the reflex layer was away, last at {stamp(last)}{refused}",
        }[check],
        subject=about(REFLEX),
        evidence=tuple(evidence),
        remedy="see why the reflex layer was away; those submits were answered 503 and"
        " not kept"
        if check
        else "start the reflex layer where it is deployed, and check its address in"
        " the orchestrator's settings: REFLEX_URL, as compose has it, is ignored",
        ask=of_reflex(scene),
    )


def _seen(told: Told | None) -> Iterator[str]:
    """Yield what the client met at each kind of try."""
    for each in told.errors if told else ():
        if each.kind in SEEN:
            yield f"{each.count} x {each.kind}: {said(each.example)}"


def _refused(error: ErrorKind, case: Case) -> str:
    """Return how many submits failed when; each is tried three times (3B, 4)."""
    when = spread(error.first_at, error.last_at, case.now)
    return (
        f"{some(error.count, 'submit')} answered 503 {when}, each after 3 tries in"
        " about 3 s"
    )
