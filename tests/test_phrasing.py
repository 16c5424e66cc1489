from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot import command
from bot.command import Asked, Command
from bot.domain.pages import Border, Page
from bot.domain.report import Report
from bot.domain.times import Window
from bot.phrasing import refreshed, spelled, turned, understood
from tests.world import NOW, ago


@dataclass(frozen=True, slots=True, kw_only=True)
class FindQuery:
    id: str = command.identifier("which")
    text: str | None = command.text("what", meta="TEXT")
    loud: bool = command.switch("loudly")
    since: datetime | None = command.since()
    until: datetime | None = command.until()
    before: Border | None = command.before()
    after: Border | None = command.after()
    hours: float = command.hours()


async def answer(query: Any, asked: Asked) -> Report:
    raise NotImplementedError


FIND = Command(name="find", answers="?", query=FindQuery, handler=answer)
WINDOW = Window.before(NOW, hours=2)
ROWS = [Border(at=ago(minutes=n), id=f"{n}") for n in range(3)]


def test_what_goes_without_saying_is_not_spelled() -> None:
    """All else is, so that it reads as one word each."""
    query = FindQuery(id="abcd", text="it's -5", loud=True)

    assert spelled(FIND, FindQuery(id="abcd")) == "find abcd"
    assert spelled(FIND, query) == """find abcd --text 'it'"'"'s -5' --loud"""
    assert spelled(FIND, query, loud=False, text="-5", hours=0.5) == (
        "find abcd --text=-5 --hours 0.5"
    )
    assert understood(FIND, {"id": "abcd", "text": None}) == ("find", "abcd")


def test_a_refresh_ends_now() -> None:
    """And is the newest page."""
    border = Border(at=NOW, id="1")
    query = FindQuery(id="abcd", since=ago(hours=1), until=NOW, before=border)

    assert refreshed(FIND, query) == "find abcd --since 2026-01-31T11:00:00Z"


@pytest.mark.parametrize(
    ("newer", "older", "labels"),
    [(0, 0, []), (0, 9, ["Older"]), (9, 0, ["Newer"]), (1, 1, ["Older", "Newer"])],
)
def test_pages_are_turned_where_there_are_more(
    newer: int, older: int, labels: list[str]
) -> None:
    """An empty one leads nowhere."""
    page = Page(tuple(ROWS), newer=newer, older=older)
    empty: Page[Border] = Page((), newer=newer, older=older)
    query = FindQuery(id="abcd")

    asks = turned(FIND, query, WINDOW, page, lambda row: row)

    assert [each.label for each in asks] == labels
    assert turned(FIND, query, WINDOW, empty, lambda row: row) == ()


def test_a_turned_page_has_a_fixed_window() -> None:
    """Whatever was asked for before; its end is never before its newest row."""
    query = FindQuery(id="abcd", hours=2, after=ROWS[2])
    late = Border(at=NOW + timedelta(seconds=90), id="9")
    page = Page((late, *ROWS), newer=1, older=1)

    older, newer = turned(FIND, query, WINDOW, page, lambda row: row)

    window = "--since 2026-01-31T10:00:00Z --until 2026-01-31T12:01:30Z"
    assert older.words == f"find abcd {window} --before 2026-01-31T11:58:00Z/2"
    assert newer.words == f"find abcd {window} --after 2026-01-31T12:01:30Z/9"
