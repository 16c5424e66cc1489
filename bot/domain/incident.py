"""An incident in numbers, names and times: what `report` finds, typed for JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.deaths import Death
from bot.domain.findings import Confidence, Severity
from bot.domain.kinds import ErrorKind
from bot.domain.logs import LogLine
from bot.domain.moments import Moment
from bot.domain.offers import Decision, Fate
from bot.domain.pins import Pinned

NEVER_STORED: Final = "never stored"
"""The status of a task that was taken in, and that no row holds."""
UNKNOWN: Final = "not known"
"""That of a task of which only lines tell, where its row could not be read."""
FAILED_TASK: Final = frozenset({"task.failed", "task.processing.failed"})
"""The events by which lines tell that a task failed (systems/octollm.md, 1B.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCause:
    """One cause as the findings draft it; those of one rule and kind are one.

    *title* and *evidence* are of the first of *subjects*. *explains* counts by their
    rules the findings that it is the cause of. *cannot_tell* says why it is no more
    than a symptom; None for a cause.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    title: str
    kind: str
    subjects: tuple[str, ...]
    first_at: datetime | None
    explains: Mapping[str, int]
    evidence: tuple[str, ...]
    remedy: str
    cannot_tell: str | None
    begun_at: datetime | None = None
    """When it began, where its rule tells that: errors before it are others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """The errors of the window, each source by its own measure of what is one.

    *total* is exact, however many there are; *by_kind* and *by_source* sum up the
    newest *read* of them. *routine* of these only tell of a scale-down. All are None,
    or empty, where the lines could not be read.
    """

    total: int | None
    read: int
    routine: int
    whole: bool
    by_kind: tuple[ErrorKind, ...]
    by_source: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedTask:
    """A task that failed in the window, or of which a finding or an alert speaks.

    *failed_at* is as near as its row tells, None for one that did not fail.
    """

    id: str
    task_type: str
    status: str
    worker_id: str | None
    failed_at: datetime | None
    verdict: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedWorker:
    """A worker that died in the window, or of which a finding speaks.

    *way* and *died_at* are None for one that lives.
    """

    id: str
    status: str
    created_at: datetime | None
    """Of a program that is not rented, since when it runs; None where none tells."""
    came_up_at: datetime | None
    """When its program came up; None where no line that was read says so."""
    died_at: datetime | None
    way: Death | None
    reason: str | None
    tasks: tuple[str, ...]
    """The affected tasks that it held."""
    verdict: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A gated action: who wanted it, who approved it, and what came of it."""

    at: datetime
    who: str
    action: str
    target: str
    decision: Decision
    outcome: Fate | None
    reason: str
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What orphaned pods cost; all None where that is not known.

    *wasted_in_window_usd* is the most that it can be: since when a pod is an orphan
    nobody writes down, so the time that it ran within the window counts.
    """

    wasted_usd_per_hour: float | None
    wasted_in_window_usd: float | None
    orphaned_pods: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentData:
    """What `report` found."""

    first_error: LogLine | None
    """The earliest of the window, whatever it is about."""
    before_first: tuple[LogLine, ...]
    """What its writer wrote just before it, the oldest first."""
    cause_error: LogLine | None
    """The earliest that was read and belongs to what the first root cause is about."""
    errors: Errors
    timeline: tuple[Moment, ...]
    root_causes: tuple[RootCause, ...]
    tasks: tuple[AffectedTask, ...] | None
    """None where failed tasks could not be read, and no line tells of one."""
    workers: tuple[AffectedWorker, ...] | None
    """None where the workers could not be read."""
    actions: tuple[Act, ...] | None
    """None where the audit could not be read."""
    pinned: tuple[Pinned, ...] | None
    """None where marked messages could not be read."""
    money: Money
    open_questions: tuple[str, ...]
    tasks_read: bool = True
    """False where failed tasks could not be read: *tasks* are those that lines tell."""
