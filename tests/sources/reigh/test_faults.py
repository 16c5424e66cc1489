"""What errors mean; as a project tells them they are looked at in test_project."""

import httpx
import pytest

from bot.domain.errors import SourceDown
from bot.sources.reigh.faults import explained, lacks_it, missing, surely_unmade


class Refused(Exception):
    """An error as the client library raises it."""

    def __init__(self, code: str | None, message: str = "words") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def caused(by: Exception) -> SourceDown:
    error = SourceDown("supabase", "something")
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("code", "lacks"),
    [("42P01", True), ("PGRST205", True), ("42703", True), ("57014", False)],
)
def test_a_source_that_lacks_something_is_told_from_one_that_is_ill(
    code: str, *, lacks: bool
) -> None:
    """The first can do without, the second cannot."""
    assert lacks_it(caused(Refused(code))) is lacks


@pytest.mark.parametrize(
    "message",
    [
        "column tasks_1.attempts does not exist",
        'column "attempts" of relation "tasks" does not exist',
        "Could not find the 'attempts' column of 'tasks' in the schema cache",
    ],
)
def test_a_column_that_is_missing_is_named_in_many_ways(message: str) -> None:
    """By the database for what is read, by PostgREST for what is written."""
    assert missing(message) == ("tasks", "attempts")


def test_another_message_names_no_column() -> None:
    """Whatever it says."""
    assert missing("relation tasks does not exist") is None


@pytest.mark.parametrize(
    ("status", "cause", "unmade"),
    [
        (400, Refused("23502"), True),
        (201, Refused(None), False),
        (503, Refused("503"), False),
        (0, httpx.ConnectError("refused"), True),
        (0, httpx.ReadError("reset"), False),
        (0, TimeoutError(), False),
    ],
)
def test_a_change_that_was_surely_not_made_is_told(
    status: int, cause: Exception, *, unmade: bool
) -> None:
    """A gateway that lost the answer proves nothing."""
    assert surely_unmade(caused(cause), status=status) is unmade


def test_a_row_is_never_quoted() -> None:
    """What the database tells of it may be a secret."""
    error = Refused("23502", "Failing row contains (SECRET)")

    told = explained(error, status=400, to="change")

    assert told.message == "refused the request (23502)"
