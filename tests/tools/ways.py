"""What `trace` says of made-up requests, claim by claim, for the truth to judge."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

from bot.demo.octo import Octo, Way
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.report import Report
from bot.queries.trace import ClockOff, SlowestHop, TraceData


def claims(octo: Octo, request: str, report: Report) -> Iterator[Finding]:
    """Yield what the answer says of the request, named as the truth is owed.

    What lines can't tell of it is left out.
    """
    data, way = report.data, octo.ways[request]
    if not isinstance(data, TraceData):
        return
    if way.services:
        order = " > ".join(it for it, _ in groupby(it.source for it in data.timeline))
        yield _claim("trace-order", f"{request}: {order}")
    if way.slowest and data.slowest_hop:
        yield _claim("trace-slowest", f"{request}: {_place(data.slowest_hop)}")
    for clock in data.clocks:
        if any(f"the clock of {clock.service} was off" in it for it in report.notes):
            yield _claim("trace-clock", f"{request}: {_moved(clock, way)}")
    if data.cut_off and "cut off" in report.summary:
        yield _claim("trace-cut", request)


def _place(hop: SlowestHop) -> str:
    here, there = hop.from_service, hop.to_service
    return f"within {here}" if here == there else f"from {here} to {there}"


def _moved(clock: ClockOff, way: Way) -> str:
    """Return whose clock was off; by how much as well if that isn't true."""
    moved = timedelta(seconds=clock.moved_seconds)
    ahead, exactly = way.off.get(clock.service, (timedelta(0), timedelta(0)))
    true = clock.service in way.off and abs(moved + ahead) <= exactly
    return clock.service if true else f"{clock.service} by {clock.moved_seconds} s"


def _claim(rule: str, subject: str) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title="told by trace",
        subject=Subject(kind="request", id=subject),
        evidence=(),
        remedy="",
    )
