"""Rows of the table, and what they mean. Extra columns are ignored."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.domain.logs import NO_FIELDS, LogLine, Value
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from bot.sources.clickhouse.conditions import ALIASES
from bot.sources.clickhouse.faults import nonsense

COLUMNS: Final = (
    "toUnixTimestamp64Micro(timestamp) AS at, id, level, source, source_id, message,"
    " task_id, worker_id, request_id, cycle, fields"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A number as JSON writes one; ids of digits and letters are none.
_NUMBER: Final = re.compile(
    r"-?(?:0|[1-9]\d{0,17})(?P<real>\.\d+)?(?P<power>[eE][-+]\d{1,3})?", re.ASCII
)
_WORDS: Final[Mapping[str, Value]] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; what its writer did not say is empty."""

    at: datetime
    id: str
    level: str
    source: str
    source_id: str
    message: str
    task_id: str
    worker_id: str
    request_id: str
    cycle: int | None
    fields: Mapping[str, str]


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore")

    at: int  # microseconds; older versions write such numbers as texts
    id: str
    level: str
    source: str
    source_id: str = ""
    message: str
    task_id: str | None = None
    worker_id: str | None = None
    request_id: str | None = None
    cycle: int | None = None
    fields: dict[str, str | None] = Field(default_factory=dict)


_ROWS: Final = TypeAdapter(list[_Read])


def rows(held: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return the rows.

    Raises:
        SourceDown: one of them is no line of a log.
    """
    try:
        return [_row(each) for each in _ROWS.validate_python(list(held))]
    except (ValidationError, OverflowError) as error:
        raise nonsense() from error


def _row(read: _Read) -> Row:
    level = read.level.upper()
    return Row(
        at=_EPOCH + timedelta(microseconds=read.at),
        id=read.id,
        level=ALIASES.get(level, level),
        source=read.source,
        source_id=read.source_id,
        message=read.message,
        task_id=read.task_id or "",
        worker_id=read.worker_id or "",
        request_id=read.request_id or "",
        cycle=read.cycle,
        fields={name: text or "" for name, text in read.fields.items()},
    )


def line(row: Row) -> LogLine:
    """Return a row as it is, its fields as numbers and words where they are such."""
    fields = {name: plain(name, text) for name, text in row.fields.items()}
    return LogLine(
        at=row.at,
        level=row.level,
        source=row.source,
        source_id=row.source_id,
        message=row.message,
        task_id=TaskId(row.task_id) if row.task_id else None,
        worker_id=WorkerId(row.worker_id) if row.worker_id else None,
        cycle=row.cycle,
        request_id=row.request_id or None,
        fields=fields or NO_FIELDS,
        id=row.id,
    )


def plain(name: str, text: str) -> Value:
    """Return what a field's text stands for: a number, a truth, nothing, or itself.

    An id of digits is no number.
    """
    if text in _WORDS:
        return _WORDS[text]
    found = _NUMBER.fullmatch(text)
    if found is None or name.endswith("id"):
        return text
    if not (found["real"] or found["power"]):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else text


def nested(name: str, text: str) -> Any:
    """Return the same, and what a list or an object in JSON holds."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return plain(name, text)
