"""What a rule concludes, with its proof."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters now."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Confidence(StrEnum):
    """How we know."""

    CONFIRMED = "confirmed"
    """A row says so."""
    LIKELY = "likely"
    """A pattern that has one usual cause."""
    POSSIBLE = "possible"
    """Something that should be there is absent."""


class Status(StrEnum):
    """The colour of a whole answer."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a finding is about: a kind (`task`, `worker`, `pod`, …) and its id."""

    kind: str
    id: str

    @property
    def name(self) -> str:
        """Return both as a sentence has them, once where they are the same word."""
        return self.id if self.id == self.kind else f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One conclusion.

    *rule* is the rule's id in kebab-case; *evidence* is never empty; *remedy* is
    something the reader can do; *ask* holds the next words to type, if any. *several*
    is what many findings of the rule are called, such as `crashed workers`. *begun_at*
    is when it began, where that tells what it cannot explain; None where nobody asks.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    title: str
    subject: Subject
    evidence: tuple[str, ...]
    remedy: str
    ask: str = ""
    several: str = ""
    begun_at: datetime | None = None


_WEIGHT = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_SURENESS = {Confidence.CONFIRMED: 0, Confidence.LIKELY: 1, Confidence.POSSIBLE: 2}


def _unexplained(finding: Finding) -> Iterable[Finding]:
    """Return that nothing explains it."""
    del finding
    return ()


def _alike(finding: Finding) -> int:
    """Return that all concern as many."""
    del finding
    return 0


def ranked(
    findings: Iterable[Finding],
    *,
    causes: Callable[[Finding], Iterable[Finding]] = _unexplained,
    breadth: Callable[[Finding], int] = _alike,
) -> tuple[Finding, ...]:
    """Return the findings, worst and surest first, otherwise as they came.

    Of what is as bad, that of the lower *breadth* goes first, however sure it is.
    What explains a finding stands before it, even where it weighs less: *causes*
    returns those of the findings that do. Of several the worst stands first.
    """
    order = sorted(
        findings,
        key=lambda f: (
            _WEIGHT[f.severity],
            breadth(f),
            _SURENESS[f.confidence],
        ),
    )
    places = {id(each): place for place, each in enumerate(order)}
    begun: set[int] = set()
    placed: list[Finding] = []

    def put(place: int) -> None:
        if place in begun:
            return
        begun.add(place)  # before its causes: two may explain each other
        for at in sorted(places[id(cause)] for cause in causes(order[place])):
            put(at)
        placed.append(order[place])

    for place in range(len(order)):
        put(place)
    return tuple(placed)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings by how bad they are, and of each severity as they came."""
    return tuple(sorted(findings, key=lambda each: _WEIGHT[each.severity]))


def status_of(findings: Iterable[Finding]) -> Status:
    """Return the colour that the worst finding gives an answer."""
    severities = {finding.severity for finding in findings}
    if Severity.CRITICAL in severities:
        return Status.CRITICAL
    return Status.WARNING if Severity.WARNING in severities else Status.OK
