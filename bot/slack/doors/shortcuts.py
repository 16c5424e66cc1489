"""The message shortcut "Debug this": what it was used on, and what is asked then."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain.access import Caller, Door
from bot.domain.findings import Status
from bot.domain.report import Ask, Outcome, Report
from bot.slack.doors.callers import Place, Question
from bot.slack.doors.named_ids import NamedIds, named_ids
from bot.slack.doors.payloads import mapping, text
from formatters.limits import BUTTONS

CALLBACK: Final = "debug_this"
NOTHING: Final = (
    "no task, worker, pod or request id is named in that message, so there is nothing"
    " to look for. The whole of an id counts anywhere, and eight letters and digits as"
    " answers cut it to; another beginning counts after `task` or `worker`"
)
UNREAD: Final = (
    "that message is too long to be read to its end: more may be named there"
)
_LISTED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message that somebody wants explained."""

    question: Question
    """Who asks, and where the answer goes; it has no words yet."""
    message: Mapping[str, Any]
    ours: bool

    def named(self, known_pods: Collection[str]) -> NamedIds:
        """Return the ids that the message names."""
        return named_ids(self.message, known_pods, ours=self.ours)

    def about(self, id: str) -> Question:
        """Return the question about one of the ids."""
        return replace(self.question, words=(id,))


def of_shortcut(body: Mapping[str, Any], bot_user_id: str | None) -> Alert | None:
    """Return what the shortcut was used on; None where nobody can tell."""
    message, user = mapping(body, "message"), mapping(body, "user")
    id, channel = text(user, "id"), text(mapping(body, "channel"), "id")
    ts = text(message, "ts") or text(body, "message_ts")
    if not id or not channel or not ts:
        return None
    thread = text(message, "thread_ts")
    team = text(user, "team_id") or text(mapping(body, "team"), "id")
    question = Question(
        words=(),
        caller=Caller(
            door=Door.SHORTCUT,
            user_id=id,
            team_id=team or None,
            channel_id=channel,
        ),
        place=Place(
            channel=channel,
            user=id,
            thread_ts=thread or ts,
            # A private line in a thread that has no replies is seen by nobody.
            whisper_ts=thread or None,
            response_url=text(body, "response_url") or None,
        ),
        keys=(f"trigger:{text(body, 'trigger_id')}",),
        twice=f"{id}/{channel}/{ts}/shortcut",
    )
    ours = bot_user_id is not None and text(message, "user") == bot_user_id
    return Alert(question=question, message=message, ours=ours)


def others(named: NamedIds) -> Report | None:
    """Return what else the message names, as buttons; None where that was all."""
    rest = named.ids[1:]
    if not rest:
        return None
    listed = ", ".join(f"`{id}`" for id in rest[BUTTONS : BUTTONS + _LISTED])
    hints = [f"without a button, to be typed: {listed}"] if listed else []
    if not named.whole:
        hints.append(UNREAD)
    return Report(
        summary=f"that message names {len(rest)} more:",
        hint="; ".join(hints),
        status=Status.UNKNOWN,
        outcome=Outcome.NOT_FOUND,  # as far as anybody looked for them
        asks=tuple(Ask(label=_label(id), words=id) for id in rest[:BUTTONS]),
    )


def _label(id: str) -> str:
    """Return the id as far as a button shows it: what is not its beginning repeats."""
    return id[:8] if len(id) == 36 else id
