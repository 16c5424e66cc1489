"""A small fleet for tests, and its lines in the order of the table."""

from datetime import timedelta

from bot.demo.fleet import Fleet
from bot.demo.rows import LogRow
from tests.demo.times import NOON


def a_fleet(*, seed: int = 3, hours: float = 3) -> Fleet:
    """Return an empty fleet of the last few hours."""
    return Fleet(NOON, seed=seed, span=timedelta(hours=hours))


def lines_of(fleet: Fleet, id: str) -> list[LogRow]:
    """Return the lines that carry an id, or name it."""
    return [
        row
        for row in fleet.lines()
        if id in (row.task_id, row.worker_id) or id in row.message
    ]


def owed(fleet: Fleet) -> set[str]:
    """Return the rules of the findings that are owed."""
    return {each.rule for each in fleet.expected}
