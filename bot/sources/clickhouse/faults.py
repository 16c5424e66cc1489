"""What went wrong, in one calm line that quotes no row and no password."""

import re
from typing import Final

import httpx

from bot.domain.errors import OutOfTime, SourceDown

SOURCE: Final = "clickhouse"

_CODE: Final = re.compile(r"Code: (\d+)\. DB::(?:Net|NetException|Exception)")
_COLUMN: Final = re.compile(
    r"(?:[Mm]issing columns?:|[Uu]nknown (?:expression )?(?:or function )?identifier)"
    r"\W{0,3}(\w+)"
)
_REFUSED: Final = "refused the user or the password (CLICKHOUSE_USER, …_PASSWORD)"
# Numbers of its own, the same in all versions.
_EXPLANATIONS: Final = {
    47: "has no column {column} in {table}: see docs/many-logs.md for the table",
    60: "has no table {table}: see CLICKHOUSE_TABLE",
    81: "has no database of {table}: see CLICKHOUSE_TABLE",
    164: "lets this user set no limits of a question: give it readonly = 2",
    202: "works on too many questions at once",
    241: "has too little memory for the question",
    396: "answered more lines than it was asked for",
    497: "does not let this user read {table}",
    **dict.fromkeys((192, 193, 194, 516), _REFUSED),
}
_TOO_LONG: Final = (159, 160, 394)


def refused(status: int, code: str | None, text: str, *, table: str) -> SourceDown:
    """Return what an answer means that is no 200; *code* is what its header tells."""
    if code is not None and code.isdigit():
        return _explained(int(code), text, table)
    if found := _CODE.search(text):
        return _explained(int(found[1]), text, table)
    if status in (401, 403):
        return SourceDown(SOURCE, _REFUSED)
    return SourceDown(SOURCE, f"answered with HTTP status {status}")


def broken_off(text: str, *, table: str) -> SourceDown:
    """Return what stands where a row is due: an error in mid-answer, or nonsense."""
    if found := _CODE.search(text):
        return _explained(int(found[1]), text, table)
    if text.startswith("{"):
        return SourceDown(SOURCE, "broke off in the middle of its answer")
    return nonsense()


def nonsense() -> SourceDown:
    """Return that an answer holds no rows of the table that was asked."""
    return SourceDown(SOURCE, "answered what it should not: see CLICKHOUSE_URL")


def too_late(waited: str) -> OutOfTime:
    """Return that no whole answer came in the time that was *waited*, in words."""
    return OutOfTime(SOURCE, f"did not answer {waited}")


def unreachable(error: Exception) -> SourceDown:
    """Return why no whole answer came."""
    if isinstance(error, httpx.ConnectError):
        return SourceDown(SOURCE, "cannot be reached at the address in CLICKHOUSE_URL")
    return SourceDown(SOURCE, "broke the connection before its answer was whole")


def _explained(code: int, text: str, table: str) -> SourceDown:
    if code in _TOO_LONG:
        return OutOfTime(SOURCE, "gave up the question: it took too long")
    if code in _EXPLANATIONS:
        found = _COLUMN.search(text)
        column = found[1] if found else "of one of our names"
        return SourceDown(
            SOURCE, _EXPLANATIONS[code].format(table=table, column=column)
        )
    return SourceDown(SOURCE, f"refused the question (code {code})")
