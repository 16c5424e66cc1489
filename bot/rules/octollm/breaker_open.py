"""The breaker before the reflex layer turns submits away (octollm.md, 3B, 4)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.breakers import CLOSED, HALF_OPEN, OPEN, SUCCESSES, Spell, spells
from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_names import REFLEX
from bot.domain.service_proofs import about, fresh, said
from bot.domain.services import ReflexCounts, Told
from bot.domain.times import dated, spoken, stamp

EXPLAINS: Final = ("error-rate",)
RESET: Final = timedelta(seconds=60)  # systems/octollm.md, 3B, 4: then one may try
FAILURES: Final = 5  # likewise: so many in a row open it
RULES: Final = (
    f"{FAILURES} failures open it, also answers that do not validate;"
    f" {spoken(RESET)} later a submit may try, and {SUCCESSES} successes close it"
)
REFUSED: Final = "task.reflex_circuit_breaker_open"
SEVERITIES: Final = {
    OPEN: Severity.CRITICAL,
    HALF_OPEN: Severity.WARNING,
    CLOSED: Severity.INFO,
}


def breaker_open(case: Case) -> Iterator[Finding]:
    """Yield a finding if the breaker is open, tries again, or was open in the window.

    What the orchestrator says of it now counts more than its lines. A process that
    began since has a breaker of its own, which begins closed.
    """
    scene = case.services
    told = scene.told if scene else None
    known = spells(told.breaker) if told else ()
    counts = scene.reflex if scene else None
    now = counts.breaker if counts and counts.breaker in SEVERITIES else None
    last = known[-1] if known else None
    if last is None and now in (None, CLOSED):
        return
    if last is not None and last.state == CLOSED and now in (OPEN, HALF_OPEN):
        last = None  # that one was over: no line tells of this one
    begun = scene.memory.begun_at if scene and scene.memory else None
    anew = begun if last and begun and begun > last.last_at else None
    state = now or (last.state if last and not anew else CLOSED)
    yield Finding(
        rule="breaker-open",
        severity=_severity(state, last, case),
        confidence=Confidence.CONFIRMED if now else Confidence.LIKELY,
        title=_title(state, last),
        subject=about(REFLEX),
        evidence=(
            *(_spelled(last, len(known), case) if last else _untold(told)),
            *(
                (f"the orchestrator began anew at {dated(anew, case.now)}",)
                if anew
                else ()
            ),
            *_counted(counts, now),
            RULES,
        ),
        remedy=_remedy(state, last, case),
        ask="logs --search circuit_breaker",
    )


def _severity(state: str, spell: Spell | None, case: Case) -> Severity:
    """Return how much it matters; one that closed is a warning for an hour."""
    if state == CLOSED and spell is not None and fresh(spell.last_at, case.now):
        return Severity.WARNING
    return SEVERITIES[state]


def _title(state: str, spell: Spell | None) -> str:
    since = f" since {stamp(spell.opened_at)}" if spell and spell.opened_at else ""
    refused = f", {some(spell.refused, 'submit')} refused" if spell else ""
    if state == OPEN:
        return f"the reflex layer's circuit breaker is open{since}{refused}"
    if state == HALF_OPEN:
        return f"the reflex layer's circuit breaker tries again, open{since}{refused}"
    was = f" at {stamp(spell.opened_at)}" if spell and spell.opened_at else ""
    return f"the reflex layer's circuit breaker opened{was} and closed again{refused}"


def _untold(told: Told | None) -> Iterator[str]:
    """Yield what was refused where no line tells when it opened."""
    for each in told.errors if told else ():
        if each.kind == REFUSED:
            at = stamp(each.last_at)
            yield f"{some(each.count, 'submit')} refused in the window, last at {at}"


def _spelled(spell: Spell, number: int, case: Case) -> Iterator[str]:
    """Yield what the lines tell of the newest spell, and how many there were."""
    if spell.opened_at is not None:
        reason = said(spell.reason or "")
        why = f": {reason}" if reason else ""
        count = "" if spell.count is None else f", {some(spell.count, 'failure')}"
        again = f"; it opened {spell.openings} times" if spell.openings > 1 else ""
        yield f"open at {dated(spell.opened_at, case.now)}{why}{count}{again}"
    if spell.state != OPEN:
        yield f"{spell.state.replace('_', '-')} at {dated(spell.last_at, case.now)}"
    if number > 1:
        yield f"the window holds {number} such times"


def _counted(counts: ReflexCounts | None, now: str | None) -> Iterator[str]:
    """Yield what the orchestrator says of it at this moment."""
    if counts is not None and now is not None:
        failures = some(counts.breaker_failures, "failure")
        yield f"GET /debug/stats: {now}, {failures} counted"


def _remedy(state: str, spell: Spell | None, case: Case) -> str:
    if state == CLOSED:
        return "see why the reflex layer failed; what was refused was answered 503"
    if state == HALF_OPEN:
        return f"submit again: after {SUCCESSES} that go well it closes"
    mend = "mend the reflex layer"
    if spell is None:
        return f"{mend}, then submit: {spoken(RESET)} after it opened one may try"
    due = spell.last_at + RESET
    if case.now < due:
        return f"{mend}; until {stamp(due)} every submit is refused"
    return f"{mend}, then submit: the next one is let through as a trial"
