from datetime import timedelta

from bot.domain.logs import LogLine
from bot.sources.agents.newest import Newest
from tests.sources.agents.files import NOW


def a_line(second: int) -> LogLine:
    at = NOW + timedelta(seconds=second)
    return LogLine(at=at, level="INFO", source="x", message="m", id=str(second))


def test_of_many_lines_only_the_newest_are_kept() -> None:
    """In whatever order they come; all are counted."""
    newest = Newest(2)
    for second in (*range(500), *range(1000, 500, -1)):
        newest.add(a_line(second))
    found = newest.listing(whole=True)

    assert [line.id for line in found.rows] == ["999", "1000"]
    assert (found.total, found.whole) == (1000, False)
    assert len(newest._kept) < 200


def test_or_the_oldest() -> None:
    """The oldest first all the same."""
    oldest = Newest(2, oldest=True)
    for second in range(500, -1, -1):
        oldest.add(a_line(second))

    assert [line.id for line in oldest.listing(whole=True).rows] == ["0", "1"]


def test_what_fits_is_whole_if_all_was_read() -> None:
    """And only then."""
    newest = Newest(2)
    newest.add(a_line(1))

    assert newest.listing(whole=True).whole
    assert not newest.listing(whole=False).whole
