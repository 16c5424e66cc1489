"""What somebody presses on an alert: that they care, or that they know."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bot.slack.doors.callers import of_press

PREFIX: Final = "alert:"
_ANY_ASK: Final = {"action_id": "ask:"}


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
    user: str
    channel: str
    ts: str
    keys: tuple[str, ...]


def of_care(body: Mapping[str, Any]) -> Care | None:
    """Return what a pressed `alert:` button wishes; None when it is none of ours."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    name = action.get("action_id") if isinstance(action, Mapping) else None
    if not isinstance(action, Mapping) or not isinstance(name, str):
        return None
    wish = name.removeprefix(PREFIX)
    question = of_press({**body, "actions": [{**action, **_ANY_ASK}]})
    if question is None or wish not in [*Wish]:
        return None
    return Care(
        id=str(action["value"]),
        wish=Wish(wish),
        user=question.place.user,
        channel=question.place.channel,
        ts=_ts(body),
        keys=question.keys,
    )


def _ts(body: Mapping[str, Any]) -> str:
    container = body.get("container")
    ts = container.get("message_ts") if isinstance(container, Mapping) else None
    return str(ts or "")
