"""A look at the system: what one answer to `health` says of problems, and what not.

Nothing is judged here anew: rules found it, and the answer says what it could not read.
A problem that stands in it is there; one that does not is gone only if what would show
it was read whole.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.access import Caller, Door
from bot.domain.deaths import FEWEST
from bot.domain.excerpts import end_of
from bot.domain.figures import some
from bot.domain.findings import Finding, Severity
from bot.domain.problems import Kind, Look, Problem
from bot.domain.report import Ask, Report
from bot.domain.times import HOUR, lasting, stamp
from bot.queries.health import HealthData
from bot.settings import Alerting

HOURS: Final = 6  # of which workers the failure rate tells; more would dull it
WORDS: Final = ("health", "--hours", str(HOURS))
CALLER: Final = Caller(door=Door.CLOCK)
_LISTED: Final = 5

_OF_TASKS: Final = {
    "orphaned-task": Kind.ORPHANED_TASK,
    "stuck-task": Kind.STUCK_TASK,
}
_OF_ALL: Final = {
    "queue-without-workers": Kind.QUEUE,
    "orchestrator-silent": Kind.SILENT,
    "orchestrator-failing": Kind.FAILING,
}
_PODS: Final = "orphaned-pod"


def look_of(report: Report, alerting: Alerting, at: datetime) -> Look:
    """Return what the answer to `WORDS` tells of problems."""
    data = report.data if isinstance(report.data, HealthData) else None
    problems = [*_found(report.findings, at)]
    untold = _untold(report, data)
    if data is not None:
        problems += _pods(report, data, alerting.pods_usd)
        if Kind.FAILURES not in untold:
            problems += _failures(data, alerting.failure_rate, at)
    problems += _blind(report, data)
    return Look(at=at, problems=tuple(problems), untold=untold)


def _found(findings: Sequence[Finding], at: datetime) -> Iterator[Problem]:
    """Yield what the rules found, in words that stay true in a message that stays."""
    for each in findings:
        if each.severity is Severity.INFO or each.subject.kind == "rule":
            continue
        if each.rule in _OF_TASKS:
            asks = (f"task {each.subject.id}", each.ask)
            kind, subject = _OF_TASKS[each.rule], each.subject.id
            yield _problem(kind, each, asks, at, subject=subject)
        elif each.rule in _OF_ALL:
            yield _problem(_OF_ALL[each.rule], each, (each.ask, "queue"), at)


def _problem(
    kind: Kind,
    finding: Finding,
    asks: Sequence[str],
    at: datetime,
    *,
    subject: str = "",
) -> Problem:
    return Problem(
        kind=kind,
        subject=subject,
        severity=finding.severity,
        title=lasting(finding.title, at),
        evidence=tuple(lasting(each, at) for each in finding.evidence),
        remedy=lasting(finding.remedy, at),
        asks=_asks(*asks),
    )


def _pods(report: Report, data: HealthData, bound: float) -> Iterator[Problem]:
    """Yield that orphaned pods together cost more than is worth a message."""
    found = [each for each in report.findings if each.rule == _PODS]
    hourly = data.wasted_usd_per_hour
    if not found or hourly is None or hourly < bound:
        return
    names = ", ".join(sorted(each.subject.id for each in found)[:_LISTED])
    more = len(found) - _LISTED
    yield Problem(
        kind=Kind.PODS,
        severity=Severity.WARNING,
        title=f"{some(len(found), 'orphaned pod')} burn ${hourly:.2f} an hour,"
        f" ${hourly * 24:.2f} a day",
        evidence=(names + (f" and {more} more" if more > 0 else ""),),
        remedy="`runpod terminate` ends them, after a plan and another look",
        asks=_asks("runpod"),
    )


def _failures(data: HealthData, bound: float, at: datetime) -> Iterator[Problem]:
    rate = data.failure_rate
    total = sum((data.workers.by_status or {}).values())
    if rate is None or rate < bound or total < FEWEST:
        return
    hour, since = data.last_hour, stamp(at - timedelta(hours=HOURS))
    made = ""  # nobody makes agents
    if hour.workers_made is not None:
        made = f"{some(hour.workers_made, 'worker')} made, and "
    yield Problem(
        kind=Kind.FAILURES,
        severity=Severity.CRITICAL,
        title=f"{rate:.0%} of the workers of {HOURS} h failed",
        evidence=(
            f"{some(total, 'worker')} in all since {since}",
            f"since {stamp(at - HOUR)} {made}{hour.workers_failed or 0} failed",
        ),
        remedy="see how they ended: new ones will end so, too",
        asks=_asks("workers", "orchestrator"),
    )


def _untold(report: Report, data: HealthData | None) -> frozenset[Kind]:
    """Return the kinds of which the answer can't say that they are gone."""
    if data is None:
        return frozenset(Kind) - {Kind.BLIND}
    untold = {kind for kind, _ in _broken(report)}
    if data.pods.orphaned is None or data.wasted_usd_per_hour is None:
        untold.add(Kind.PODS)
    failed = any(gap.failed and gap.source != "runpod" for gap in report.gaps)
    if failed or report.truncated:
        untold |= frozenset(Kind) - {Kind.BLIND}
    return frozenset(untold)


def _broken(report: Report) -> Iterator[tuple[Kind, Finding]]:
    """Yield the kinds whose rule failed itself: it says nothing either way."""
    kinds = {**_OF_TASKS, **_OF_ALL, _PODS: Kind.PODS}
    for each in report.findings:
        if each.subject.kind == "rule" and each.subject.id in kinds:
            yield kinds[each.subject.id], each


def _blind(report: Report, data: HealthData | None) -> Iterator[Problem]:
    """Yield that looks fail, in whole or in part: silence would pass for health."""
    why = [f"{gap.source} {gap.reason}" for gap in report.gaps if gap.failed]
    why += [finding.title for _, finding in _broken(report)]
    if report.truncated:
        why.append("there are more workers or tasks than one look reads")
    if data is None or (
        data.workers.by_status is None and data.tasks.by_status is None
    ):
        yield Problem(
            kind=Kind.BLIND,
            severity=Severity.CRITICAL,
            title="nobody can tell whether the system is well",
            evidence=tuple(dict.fromkeys(why)) or (report.summary,),
            remedy="until that is mended no alert comes, and none is closed",
            asks=_asks("health"),
        )
    elif why:
        yield Problem(
            kind=Kind.BLIND,
            severity=Severity.WARNING,
            title="alerts see only a part of the system",
            evidence=tuple(dict.fromkeys(why)),
            remedy="what they can't see neither opens an alert nor closes one",
            asks=_asks("health"),
        )


def _asks(*words: str) -> tuple[Ask, ...]:
    """Return a button for each of the words that are any, each once."""
    return tuple(
        Ask(label=_label(each), words=each) for each in dict.fromkeys(words) if each
    )


def _label(words: str) -> str:
    """Return what a button is called: the command, and the part of an id that tells."""
    name, *rest = words.split()
    if not rest or rest[0].startswith("--"):
        return name.capitalize()
    # Tasks differ at their beginning; workers begin with the time they were made.
    shown = rest[0][:8] if name == "task" else end_of(rest[0])
    return f"{name.capitalize()} {shown}"
