"""One side of an answer about a worker: its start, its log, or its claims alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.domain import agent_telling
from bot.domain.agent_facts import AgentFacts
from bot.domain.cases import Case
from bot.domain.findings import Status, status_of
from bot.domain.logs import LogLine
from bot.domain.report import Report, Section, Timeline
from bot.domain.spelling import typed
from bot.domain.startup import came_up, started
from bot.domain.times import spoken
from bot.domain.worker_verdicts import logging_state
from bot.domain.workers import STARTUP, Worker

# What tells of a start, of lines that do not come, and of work that is not taken.
_OF_START: Final = frozenset(
    {
        *("crashed-agent", "disk-full", "failed-worker", "gpu-driver"),
        *("heartbeat-missing", "init-crash", "never-started"),
    }
)
_OF_LOGGING: Final = frozenset({"not-logging"})
# Why no line comes any more, where none does.
_OF_SILENCE: Final = frozenset(
    {
        *("crashed-worker", "failed-worker", "heartbeat-missing", "heartbeat-stale"),
        *("init-crash", "model-load-death", "never-started"),
    }
)
_OF_CLAIMS: Final = frozenset({"not-claiming", "uneven-work"})
NEWEST: Final = 10


def of_start(
    report: Report,
    worker: Worker,
    lines: Sequence[LogLine],
    now: datetime,
    agent: AgentFacts | None,
) -> Report:
    """Return how it started: well, though it died since, where a line says so.

    *lines* are those of its start.
    """
    if agent is not None:
        summary, status, up = agent_telling.of_start(worker, agent, now)
    else:
        summary, up = started(worker, lines, now), came_up(lines) is not None
        young = now - worker.created_at <= STARTUP
        # That no line of the window says so proves nothing.
        status = Status.OK if up or young else Status.UNKNOWN
    report = _about(report, frozenset() if up else _OF_START, worker)
    if report.findings:
        status = status_of(report.findings)
    return replace(report, summary=summary, status=status)


def of_logging(
    report: Report,
    worker: Worker,
    case: Case,
    logging: bool | None,
    agent: AgentFacts | None,
) -> Report:
    """Return whether its lines arrive; who lives may have nothing to write.

    *logging* is None where its lines were not read.
    """
    now, own = case.now, case.lines_by_writer.get(worker.id, ())
    last = case.last_lines.get(worker.id)
    newest = Timeline(title="Its newest lines", lines=tuple(own[-NEWEST:]))
    sections: tuple[Section, ...] = (newest,)
    summary = logging_state(worker, last, logging, now)
    if agent is not None:
        sections = (agent_telling.of_log(worker, agent, last, now), newest)
        if logging is False:
            summary = agent_telling.quiet(worker, last, now) or summary
    status = Status.UNKNOWN if logging is None else Status.OK
    if case.services is not None and logging is False:
        told = "no line of the window is its own"
        if last is not None:
            told = f"its newest line is {spoken(now - last.at)} old"
        summary = f"{worker.id}: {told}; a service writes only when it is asked"
        status = Status.OK if last else Status.UNKNOWN
    rules = _OF_LOGGING
    if logging is False and agent is None:
        rules |= _OF_SILENCE
    report = _about(report, rules, worker)
    if report.findings:
        status = status_of(report.findings)
    return replace(report, summary=summary, sections=sections, status=status)


def of_claims(
    report: Report, worker: Worker, agent: AgentFacts, lines: tuple[LogLine, ...]
) -> Report:
    """Return how it came by its work, and why it takes no more.

    *lines* are those of its claims and looks.
    """
    report = _about(report, _OF_CLAIMS, worker)
    found = agent.claims
    sections: tuple[Section, ...] = (
        *(
            ()
            if found is None
            else (agent_telling.claims_told(found, agent.louder, agent.lost_to),)
        ),
        Timeline(title="Claims and looks", lines=lines),
    )
    status = Status.UNKNOWN if found is None else status_of(report.findings)
    summary = agent_telling.of_claims(worker, agent)
    return replace(report, summary=summary, sections=sections, status=status)


def _about(report: Report, rules: frozenset[str], worker: Worker) -> Report:
    """Return the report with the findings that were asked for; others are a note."""
    kept = tuple(each for each in report.findings if each.rule in rules)
    rest = [each for each in report.findings if each not in kept]
    notes = report.notes
    if rest:
        notes += (f"not asked for here: {rest[0].title}: worker {typed(worker.id)}",)
    return replace(report, findings=kept, notes=notes)
