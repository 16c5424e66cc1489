from bot.sources.octollm.events import event_of, said, status
from tests.sources.octollm.told import START, a_line
from tests.world import a_line as a_plain_line


def test_an_event_is_known_by_its_name() -> None:
    """A line of another system has none."""
    assert event_of(a_line(0, "http.request")) == "http.request"
    assert event_of(a_plain_line(at=START)) == ""


def test_an_error_is_told_in_its_first_line() -> None:
    """Else the line's text is."""
    assert (
        said(a_line(0, "x", error="(psycopg) no\n\tIs it running?")) == "(psycopg) no"
    )
    assert said(a_line(0, "x")) == "x"


def test_a_status_is_a_number() -> None:
    """Anything else is none."""
    assert status(a_line(0, "x", status_code=503)) == 503
    assert status(a_line(0, "x", status_code="503")) == status(a_line(0, "x")) == 0
