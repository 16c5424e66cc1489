"""What a model refused, from pydantic's text of it: names, and no value of anybody."""

import re
from collections.abc import Iterator
from typing import Final

from bot.domain.logs import LogLine
from bot.domain.services import Misfit

_MODEL: Final = re.compile(r"\d+ validation errors? for (?P<model>\w+)")
_PLACE: Final = re.compile(r"\n(?P<place>[^\s][^\n]*)\n  (?P<why>[^\n]*)")
_NAME: Final = re.compile(r"[a-z_]\w*", re.ASCII)
# Other messages may repeat what somebody wrote.
_SAFE: Final = re.compile(r"(?P<told>(?:Input should be|Field required)[^\n[]*?)\s*\[")
# The statuses that the reflex layer writes (systems/octollm.md, 1B.2), however spelt.
_STATUS: Final = re.compile(
    r"\nstatus\n[^\n]*input_value='(success|blocked|error|rate_?limited)'",
    re.IGNORECASE,
)


def misfit(line: LogLine) -> Misfit | None:
    """Return which model refused which fields; None where a line tells of none."""
    text = str(line.fields.get("error", line.message))
    model = _MODEL.match(text)
    if model is None:
        return None
    found = [*_PLACE.finditer(text)]
    wants = (_SAFE.match(each["why"]) for each in found)
    return Misfit(
        model=model["model"],
        fields=tuple(dict.fromkeys(_named(each["place"]) for each in found)),
        wanted=next((each["told"] for each in wants if each), ""),
        got=status[1] if (status := _STATUS.search(text)) else None,
    )


def _named(place: str) -> str:
    """Return the place without numbers, and without keys that are no plain names.

    People choose the keys of some dictionaries: below these nothing is named.
    """
    return ".".join(_plain(place))


def _plain(place: str) -> Iterator[str]:
    for part in place.split("."):
        if part.isdigit():
            continue
        if not _NAME.fullmatch(part):
            return
        yield part
