"""How facts of services are put as proofs, and what their findings are about."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.excerpts import cut, first_line
from bot.domain.findings import Severity, Subject
from bot.domain.service_names import ORCHESTRATOR, REFLEX
from bot.domain.times import HOUR, dated, spoken, stamp

if TYPE_CHECKING:
    from bot.domain.services import Probe, Readiness, ServiceScene

_LONGEST: Final = 160
DATABASE: Final = Subject(kind="database", id="database")
MEGABYTE: Final = 1e6  # bytes


def about(service: str) -> Subject:
    """Return what a finding about a service or arm is about."""
    kind = "orchestrator" if service == ORCHESTRATOR else "worker"
    return Subject(kind=kind, id=service)


def called(service: str) -> str:
    """Return what a sentence calls a service or arm."""
    return {ORCHESTRATOR: "the orchestrator", REFLEX: "the reflex layer"}.get(
        service, service
    )


def fresh(at: datetime, now: datetime) -> bool:
    """Tell whether what lines tell happened in the last hour: it may well go on."""
    return now - at <= HOUR


def weight(check: bool | None, last: datetime | None, now: datetime) -> Severity:
    """Return how much it matters that something failed, *last* by what lines tell.

    *check* tells whether it is well now, None where nobody does. What is mended is a
    warning for an hour, so that it still explains what it did.
    """
    if check is False:
        return Severity.CRITICAL
    recent = last is not None and fresh(last, now)
    if check:
        return Severity.WARNING if recent else Severity.INFO
    return Severity.CRITICAL if recent else Severity.WARNING


def spread(first: datetime, last: datetime, now: datetime) -> str:
    """Return when something began and when it was last seen; once if that is one."""
    if stamp(first) == stamp(last):
        return f"at {dated(last, now)}"
    return f"from {stamp(first)} to {dated(last, now)}"


def answered(probe: "Probe") -> str:
    """Return what came of asking a service for its health, and how fast."""
    told = said(probe.said or f"answered {probe.status_code or 'well'}")
    return f"GET /health at {stamp(probe.at)}: {told}, after {brief(probe.took)}"


def brief(span: timedelta) -> str:
    """Return a span that may be short: `4 ms`, `3.01 s`, and from ten seconds whole."""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return (
        f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
        if seconds < 10
        else spoken(span)
    )


def said(text: str) -> str:
    """Return the first line of a text of others, cut to fit into a proof."""
    return cut(first_line(text), _LONGEST)


def probe_of(scene: "ServiceScene", service: str) -> "Probe | None":
    """Return how the service answered; None where it was not asked."""
    every = scene.probes or ()
    return next((each for each in every if each.service == service), None)


def of_reflex(scene: "ServiceScene | None") -> str:
    """Return what to ask about the reflex layer: itself, if its address is known."""
    if scene is not None and probe_of(scene, REFLEX) is not None:
        return f"worker {REFLEX}"
    return "logs --search reflex_client"  # as the orchestrator's lines tell of it


def readiness_of(scene: "ServiceScene", service: str) -> "Readiness | None":
    """Return what the service says of the things it needs; None where it does not."""
    every = scene.readiness or ()
    return next((each for each in every if each.service == service), None)


def check_of(scene: "ServiceScene", *names: str) -> bool | None:
    """Return whether the orchestrator has what the first such check is of.

    None where it tells of none of them.
    """
    told = readiness_of(scene, ORCHESTRATOR)
    checks = told.checks if told else {}
    return next((checks[name] for name in names if name in checks), None)
