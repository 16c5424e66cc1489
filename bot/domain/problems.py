"""What somebody has to be told without asking, as one look at the system saw it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.findings import Severity
from bot.domain.report import Ask
from bot.domain.times import stamped

_RANK: Final = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
# What `stamp` and `spoken` write: it grows by itself, and tells nothing new.
_PASSING: Final = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"
    r"|\b\d+(?:\.\d)? (?:s|min|h|d)\b(?: \d+ (?:s|min|h)\b)?"
)


class Kind(StrEnum):
    """The kinds of problems, the first four by the rule that finds them."""

    ORPHANED_TASK = "orphaned-task"
    STUCK_TASK = "stuck-task"
    QUEUE = "queue-without-workers"
    SILENT = "orchestrator-silent"
    FAILING = "orchestrator-failing"
    PODS = "orphaned-pods"
    FAILURES = "failure-rate"
    BLIND = "blind"
    """The looks themselves fail, so nobody would be told of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem as it was last seen; *subject* is empty where it concerns all."""

    kind: Kind
    severity: Severity
    title: str
    subject: str = ""
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    asks: tuple[Ask, ...] = ()

    @property
    def key(self) -> str:
        """Return what makes it the same problem in another look."""
        return f"{self.kind}:{self.subject}" if self.subject else self.kind.value

    @property
    def weight(self) -> int:
        """Return how bad it is; more is worse."""
        return _RANK[self.severity]

    @property
    def substance(self) -> tuple[object, ...]:
        """Return what of it is news when it changes: no ages and no times."""
        told = (self.title, *self.evidence)
        return (self.severity, *(_PASSING.sub("", each) for each in told))

    def promised(self, at: datetime) -> datetime | None:
        """Return the first time after *at* for which its remedy announces something."""
        return min((each for each in stamped(self.remedy) if each > at), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen at one moment. Of the kinds *untold* it says nothing at all.

    A problem of such a kind may be there or not; one that was seen is there.
    """

    at: datetime
    problems: tuple[Problem, ...] = ()
    untold: frozenset[Kind] = field(default_factory=frozenset)
