"""Words that Slack and the shell share: values, ages, the footer's parts."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.findings import Confidence, Finding
from bot.domain.logs import LogLine
from bot.domain.report import Cell, Gap, Outcome, Report, Timeline
from bot.domain.times import HOUR, Window, ago, stamp

UNKNOWN: Final = "unknown"
_FRESH: Final = timedelta(seconds=5)


def written(cell: Cell) -> str:
    """Return the value for people; None is `unknown`, and a time is in UTC."""
    if isinstance(cell, datetime):
        return stamp(cell)
    if cell is None:
        return UNKNOWN
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return _number(cell)
    return cell


def _number(value: float) -> str:
    if not math.isfinite(value):
        return UNKNOWN
    if value and abs(value) < 0.01:
        return f"{value:.2g}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def writer(line: LogLine, timeline: Timeline) -> str:
    """Return who wrote the line: its kind, and which one where several may have.

    A message that begins with that name needs it no second time.
    """
    if not timeline.writers or line.source_id in ("", line.source):
        return line.source
    if line.message.startswith(f"[{line.source_id}]"):
        return line.source
    return f"{line.source} {line.source_id}"


def sureness(finding: Finding) -> str:
    """Return how sure a finding is, empty when a row says so."""
    return "" if finding.confidence is Confidence.CONFIRMED else finding.confidence


def tally(findings: Iterable[Finding]) -> str:
    """Return `2 critical, 1 warning`, worst first."""
    counts: dict[str, int] = {"critical": 0, "warning": 0, "info": 0}
    for finding in findings:
        counts[finding.severity] += 1
    return ", ".join(f"{number:,} {word}" for word, number in counts.items() if number)


def missing(gap: Gap) -> str:
    """Return one line that names what could not be read, and why."""
    if gap.failed:
        return f"could not read {gap.source}: {gap.reason}"
    return f"without {gap.source}: {gap.reason}"


def failures(report: Report) -> tuple[Gap, ...]:
    """Return the gaps that went wrong, but not the one that is the answer itself."""
    failed = tuple(gap for gap in report.gaps if gap.failed)
    told = report.outcome is Outcome.SOURCE_DOWN and report.data is None
    return () if told and len(failed) == 1 else failed


def span(window: Window) -> str:
    """Return the window in UTC, as short as it can be said.

    Seconds are told only of one so short that they matter.
    """
    since, until = window.since.astimezone(UTC), window.until.astimezone(UTC)
    exact = (since.second or until.second) and until - since < HOUR
    clock = "%H:%M:%S" if exact else "%H:%M"
    first = since.strftime(f"%Y-%m-%d {clock}")
    same_day = since.date() == until.date()
    last = until.strftime(clock if same_day else f"%Y-%m-%d {clock}")
    return f"{first} to {last} UTC"


def ages(report: Report) -> tuple[str, ...]:
    """Return each source with the age of its oldest data: `supabase 12 s ago`."""
    oldest: dict[str, datetime] = {}
    for read in report.reads:
        oldest[read.source] = min(read.at, oldest.get(read.source, read.at))
    return tuple(
        f"{source} {_age(at, report.generated_at)}" for source, at in oldest.items()
    )


def _age(at: datetime, now: datetime | None) -> str:
    if now is None:
        return f"as of {stamp(at)}"
    return "just now" if abs(now - at) < _FRESH else ago(at, now)


def signature(report: Report) -> tuple[str, ...]:
    """Return the footer's parts: command, asker, window, sources, absent, request."""
    parts = []
    if report.words:
        parts.append(report.words)
    if report.asked_by:
        parts.append(f"asked by {report.asked_by}")
    if report.window is not None:
        parts.append(span(report.window))
    if report.reads:
        parts.append(", ".join(ages(report)))
    parts += [missing(gap) for gap in report.gaps if not gap.failed]
    if report.request_id:
        parts.append(f"request {report.request_id}")
    return tuple(parts)
