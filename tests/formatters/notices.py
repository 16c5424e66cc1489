"""Builders of notices."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.findings import Severity
from bot.domain.notices import Alert, Notice, Phase
from bot.domain.problems import Kind, Problem
from bot.domain.report import Ask
from tests.world import NOW, TASK, ago


def a_problem(**given: Any) -> Problem:
    """Return an orphaned task."""
    values: dict[str, Any] = {
        "kind": Kind.ORPHANED_TASK,
        "subject": TASK,
        "severity": Severity.CRITICAL,
        "title": "task 41345358 is orphaned: its worker is terminated",
        "evidence": ("it started at 2026-01-31 11:50:00Z", "it beat at 11:51"),
        "remedy": "look at what ended the worker",
        "asks": (Ask(label="Task 41345358", words=f"task {TASK}"),),
    }
    return Problem(**(values | given))


def an_alert(problem: Problem | None = None, **given: Any) -> Alert:
    """Return it open since 14 minutes."""
    values: dict[str, Any] = {
        "since": ago(minutes=14),
        "seen_at": NOW,
        "phase": Phase.OPEN,
        "contrary": 0,
    }
    return Alert(problem=problem or a_problem(), **(values | given))


def a_notice(*alerts: Alert, **given: Any) -> Notice:
    """Return a notice of these, else of an orphaned task."""
    found = alerts or (an_alert(),)
    values: dict[str, Any] = {
        "id": f"{found[0].key}@1769860800",
        "kind": found[0].problem.kind,
        "opened_at": ago(minutes=13),
        "revision": 1,
        "worst": found[0].problem.severity,
    }
    return Notice(alerts=found, **(values | given))


def a_closed(notice: Notice | None = None) -> Notice:
    """Return the notice when it is over."""
    notice = notice or a_notice()
    over = tuple(
        replace(each, phase=Phase.CLOSED, closed_at=NOW) for each in notice.alerts
    )
    return replace(notice, alerts=over, closed_at=NOW)


def a_flood(number: int, **given: Any) -> Notice:
    """Return a flood of so many orphaned tasks."""
    alerts = [
        an_alert(
            a_problem(subject=f"{each:08}", title=f"task {each:08} is orphaned"),
            since=NOW - timedelta(seconds=each),
        )
        for each in range(number)
    ]
    return a_notice(*alerts, flood=True, **given)
