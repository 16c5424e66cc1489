"""What somebody presses on an alert: that they care, or that they know."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bot.domain.access import Caller
from bot.slack.doors.callers import Place, of_presser
from bot.slack.doors.payloads import mapping, pressed, text

PREFIX: Final = "alert:"


class Wish(StrEnum):
    """The buttons, by what follows the prefix in their names."""

    ACKNOWLEDGE = "ack"
    MUTE = "mute"
    SILENCE = "silence"
    """Mute until fixed."""
    UNMUTE = "unmute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """One press: on which notice, in which message, and by whom."""

    id: str
    wish: Wish
    caller: Caller
    place: Place
    ts: str
    keys: tuple[str, ...]


def of_care(body: Mapping[str, Any]) -> Care | None:
    """Return what a pressed `alert:` button wishes; None when it is none of ours."""
    question, value = of_presser(body), pressed(body).get("value")
    wish = text(pressed(body), "action_id").removeprefix(PREFIX)
    if question is None or not isinstance(value, str) or wish not in [*Wish]:
        return None
    return Care(
        id=value,
        wish=Wish(wish),
        caller=question.caller,
        place=question.place,
        ts=str(mapping(body, "container").get("message_ts") or ""),
        keys=question.keys,
    )
