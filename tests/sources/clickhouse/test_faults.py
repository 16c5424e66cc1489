import httpx
import pytest

from bot.domain.errors import OutOfTime
from bot.sources.clickhouse import faults


def refused(code: int, text: str = "", *, status: int = 500) -> str:
    return faults.refused(status, str(code), text, table="logs").message


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (516, "refused the user or the password (CLICKHOUSE_USER, …_PASSWORD)"),
        (60, "has no table logs: see CLICKHOUSE_TABLE"),
        (81, "has no database of logs: see CLICKHOUSE_TABLE"),
        (164, "lets this user set no limits of a question: give it readonly = 2"),
        (202, "works on too many questions at once"),
        (241, "has too little memory for the question"),
        (497, "does not let this user read logs"),
        (999, "refused the question (code 999)"),
    ],
)
def test_each_code_is_one_line(code: int, said: str) -> None:
    """And nothing of the engine's own text, which quotes the question."""
    text = f"Code: {code}. DB::Exception: secret: SELECT * FROM secrets"

    assert refused(code, text).startswith(said)
    assert "secret" not in refused(code, text)


@pytest.mark.parametrize(
    "text",
    [
        "Unknown expression identifier `task_id` in scope SELECT task_id FROM logs.",
        "Unknown expression or function identifier 'task_id' in scope SELECT",
        "Missing columns: 'task_id' while processing query: 'SELECT task_id'",
        "Unknown identifier: task_id; there are columns: a, b",
    ],
)
def test_a_missing_column_is_named(text: str) -> None:
    """As each generation of the engine words it."""
    said = "has no column task_id in logs: see docs/many-logs.md for the table"

    assert refused(47, f"Code: 47. DB::Exception: {text}") == said


def test_a_column_that_is_not_named_is_not_invented() -> None:
    """The table is known at least."""
    assert refused(47, "odd") == (
        "has no column of one of our names in logs: see docs/many-logs.md for the table"
    )


@pytest.mark.parametrize("code", [159, 160, 394])
def test_what_took_too_long_is_known_as_such(code: int) -> None:
    """So that an answer says what to do about it."""
    found = faults.refused(500, None, f"Code: {code}. DB::Exception: x", table="logs")

    assert isinstance(found, OutOfTime)


def test_without_a_code_the_status_tells() -> None:
    """A proxy knows no codes."""
    said = [
        faults.refused(it, None, "", table="logs").message for it in (401, 403, 500)
    ]

    assert said[0] == said[1] == refused(516)
    assert said[2] == "answered with HTTP status 500"


def test_a_code_in_the_text_is_enough() -> None:
    """Some proxies drop headers."""
    text = "Code: 60. DB::Exception: Table default.logs does not exist."

    assert faults.refused(404, None, text, table="logs").message == refused(60)


def test_what_breaks_off_is_told_from_nonsense() -> None:
    """A row's beginning is none."""
    assert faults.broken_off('{"id', table="logs").message == (
        "broke off in the middle of its answer"
    )
    assert faults.broken_off("<html>", table="logs").message == (
        faults.nonsense().message
    )


def test_an_address_that_nobody_answers_at_is_told_from_a_broken_connection() -> None:
    """The setting is named where it may be wrong."""
    assert "CLICKHOUSE_URL" in faults.unreachable(httpx.ConnectError("x")).message
    assert "CLICKHOUSE" not in faults.unreachable(httpx.ReadError("x")).message


def test_seconds_are_told() -> None:
    """As elsewhere."""
    assert faults.too_late("within 1.2 s").message == "did not answer within 1.2 s"
