from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pages import Border, Page, paged
from tests.world import NOW

ROWS = [Border(at=NOW, id=f"{n}") for n in range(5)]


def _page(
    rows: list[Border],
    *,
    limit: int = 2,
    before: Border | None = None,
    after: Border | None = None,
) -> Page[Border]:
    return paged(rows, lambda row: row, limit=limit, before=before, after=after)


def test_a_border_is_typed_as_a_time_and_an_id() -> None:
    """With all of the time that a database keeps."""
    at = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)

    assert str(Border(at=at, id="a-b")) == "2026-01-31T12:00:00.123456Z/a-b"
    assert Border(at=at, id="a").order == (at, "a")


def test_without_a_border_the_newest_are_shown() -> None:
    """Ties are broken by the id."""
    page = _page(ROWS)

    assert [row.id for row in page.rows] == ["4", "3"]
    assert (page.newer, page.older) == (0, 3)


@pytest.mark.parametrize(
    ("borders", "ids", "newer", "older"),
    [
        ({"before": ROWS[3]}, ["2", "1"], 2, 1),
        ({"before": ROWS[1]}, ["0"], 4, 0),
        ({"before": ROWS[0]}, [], 5, 0),
        ({"after": ROWS[0]}, ["2", "1"], 2, 1),
        ({"after": ROWS[2]}, ["4", "3"], 0, 3),
        ({"after": ROWS[3]}, ["4"], 0, 4),
        ({"after": ROWS[4]}, [], 0, 5),
    ],
)
def test_a_border_is_in_neither_page(
    borders: dict[str, Any], ids: list[str], newer: int, older: int
) -> None:
    """Nor is a row lost beside it."""
    page = _page(ROWS, **borders)

    assert [row.id for row in page.rows] == ids
    assert (page.newer, page.older) == (newer, older)


@given(
    st.lists(st.integers(0, 3), unique_by=lambda _: object(), max_size=30),
    st.integers(1, 7),
)
def test_walking_to_the_end_and_back_meets_each_row_once(
    times: list[int], limit: int
) -> None:
    """Whatever times rows share."""
    rows = [
        Border(at=NOW + timedelta(seconds=at), id=f"{n:02}")
        for n, at in enumerate(times)
    ]
    there: list[Border] = []
    page = last = _page(rows, limit=limit)
    while page.rows:
        there += page.rows
        last = page
        page = _page(rows, limit=limit, before=page.rows[-1])
    back = [*last.rows]
    while back and (page := _page(rows, limit=limit, after=back[0])).rows:
        back = [*page.rows, *back]

    newest_first = sorted(rows, key=lambda row: row.order, reverse=True)
    assert there == back == newest_first
