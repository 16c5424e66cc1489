"""What is asked of the fields of log lines: `status_code=503`, `duration_seconds>1`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from bot.domain.errors import Misread
from bot.domain.logs import LogLine, Value
from bot.domain.spelling import clipped

Sign = Literal["=", ">", "<"]

_FORM: Final = re.compile(
    r"(?P<name>[A-Za-z_@][\w.@-]{0,99})(?P<sign>[=<>])(?P<value>[^\n]{1,400})"
)
_HINT: Final = "such as --field status_code=503 or --field 'duration_seconds>1'"
# What every line has, under the names that fields have elsewhere.
_OWN: Final[dict[str, Callable[[LogLine], Value]]] = {
    "level": lambda line: line.level,
    "source": lambda line: line.source,
    "service": lambda line: line.source,
    "logger": lambda line: line.source_id,
    "task_id": lambda line: line.task_id,
    "worker_id": lambda line: line.worker_id,
    "request_id": lambda line: line.request_id,
    "message": lambda line: line.message,
}


@dataclass(frozen=True, slots=True)
class LineField:
    """A field's name, how it is compared, and with what."""

    name: str
    sign: Sign
    value: str

    def __str__(self) -> str:
        """Return it as it is typed."""
        return f"{self.name}{self.sign}{self.value}"

    @property
    def number(self) -> float | None:
        """The value as a number; None where it is none."""
        return _number(self.value)

    def fits(self, line: LogLine) -> bool:
        """Tell whether the line has such a field; case makes no difference."""
        held = line.fields.get(self.name)
        if held is None and self.name in _OWN:
            held = _OWN[self.name](line)
        if held is None and self.name not in line.fields:
            return False
        mine, theirs = self.number, _number(held)
        if self.sign == "=":
            equal = mine is not None and mine == theirs
            return equal or _shown(held) == self.value.lower()
        if mine is None or theirs is None:
            return False
        return theirs > mine if self.sign == ">" else theirs < mine


def line_field(text: str) -> LineField:
    """Return what is asked of a field.

    Raises:
        Misread: it has another form, or something that is no number is to be compared.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        msg = f"'{clipped(text)}' is not a field and its value"
        raise Misread(msg, hint=_HINT)
    sign: Sign = "=" if found["sign"] == "=" else ">" if found["sign"] == ">" else "<"
    asked = LineField(found["name"], sign, found["value"].strip())
    if sign != "=" and asked.number is None:
        msg = f"'{clipped(asked.value)}' is no number to compare {asked.name} with"
        raise Misread(msg, hint=_HINT)
    return asked


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _shown(value: Value) -> str:
    return "null" if value is None else str(value).lower()
