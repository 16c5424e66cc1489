"""Payload to question: who asks, which words, where the answer goes.

A payload is Any until here. What is no question for us (a bot's message, an edit, a
button of somebody else) gives None.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain.access import Caller, Door
from bot.domain.offers import Press, Where
from bot.keyboard import unmarked, words_of
from bot.slack.doors.payloads import actions, mapping, pressed, text

_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
# A dash that is followed by a space parts words; one that is not begins a flag.
_LEADING: Final = re.compile(r"^(?:[\s:,.;!?*_~]|[-\u2013\u2014](?=\s))+")
# What a sentence puts behind words in quotes is no part of them.
_TRAILING: Final = re.compile(r"""(?<=["'\u201d\u2019\u00bb`])[\s:,.;!?*_~]+$""")
_SLASH: Final = re.compile(r"/[a-z0-9_-]+")
# Everything else with a subtype is an edit, a join, a bot's message and the like.
_SPOKEN: Final = frozenset({None, "file_share", "thread_broadcast"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an answer goes."""

    channel: str
    user: str
    thread_ts: str | None = None
    """The thread to answer in; None answers in the channel itself."""
    whisper_ts: str | None = None
    """The thread for private answers: only one that has replies shows them."""
    response_url: str | None = None
    direct: bool = False
    """Between the asker and the bot alone."""
    ephemeral: bool = False
    """What was pressed is shown to the asker alone, and so is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question from Slack, and the keys by which it would come a second time."""

    words: tuple[str, ...]
    caller: Caller
    place: Place
    keys: tuple[str, ...]
    twice: str = ""
    """What a double click has in common; the same within seconds is one question."""
    trigger_id: str = ""
    """Opens a form, within three seconds."""


def of_command(body: Mapping[str, Any]) -> Question | None:
    """Return what a slash command asks."""
    channel, user = text(body, "channel_id"), text(body, "user_id")
    if not channel or not user:
        return None
    return Question(
        words=unmarked(words_of(text(body, "text"))),
        caller=Caller(
            door=Door.SLASH,
            user_id=user,
            team_id=text(body, "team_id") or None,
            channel_id=channel,
        ),
        place=Place(
            channel=channel,
            user=user,
            response_url=text(body, "response_url") or None,
        ),
        keys=_keys(trigger=text(body, "trigger_id")),
        trigger_id=text(body, "trigger_id"),
    )


def of_event(body: Mapping[str, Any], *, bot_user_id: str | None) -> Question | None:
    """Return what a mention or a direct message asks."""
    event = mapping(body, "event")
    kind, channel = text(event, "type"), text(event, "channel")
    user, ts = text(event, "user"), text(event, "ts")
    direct = text(event, "channel_type") == "im" or channel.startswith("D")
    if not (kind == "app_mention" or (kind == "message" and direct)):
        return None
    if not channel or not ts or not _a_person(event, user, bot_user_id):
        return None
    thread = text(event, "thread_ts") or None
    said = _after_mention(text(event, "text"), bot_user_id, anywhere=not direct)
    team = text(body, "team_id")
    words = unmarked(words_of(said), sentence=True)
    if words and _SLASH.fullmatch(words[0]):  # typed where it is no command
        words = words[1:]
    return Question(
        words=words,
        caller=Caller(
            door=Door.DIRECT if direct else Door.MENTION,
            user_id=user,
            # In a shared channel the asker's team may be another than ours.
            team_id=text(event, "user_team") or text(event, "team") or team or None,
            channel_id=channel,
        ),
        place=Place(
            channel=channel,
            user=user,
            thread_ts=thread if direct else thread or ts,
            whisper_ts=thread,
            direct=direct,
        ),
        keys=_keys(event=text(body, "event_id"), message=f"{team}/{channel}/{ts}"),
    )


def of_press(body: Mapping[str, Any]) -> Question | None:
    """Return what a pressed `ask:` button asks: its value holds the words."""
    action, question = pressed(body), of_presser(body)
    value = action.get("value")
    if not isinstance(value, str) or question is None:
        return None
    if not text(action, "action_id").startswith("ask:"):
        return None
    return replace(question, words=_split(value), twice=question.twice + value)


def of_presser(body: Mapping[str, Any]) -> Question | None:
    """Return who pressed something, and where an answer goes; it has no words yet.

    What is pressed in a view, such as the Home tab, is answered in a direct message.
    """
    message, container = mapping(body, "message"), mapping(body, "container")
    user = text(mapping(body, "user"), "id")
    channel = text(mapping(body, "channel"), "id") or text(container, "channel_id")
    in_view = text(container, "type") == "view"
    channel = channel or (user if in_view else "")
    if not user or not channel:
        return None
    team = text(mapping(body, "user"), "team_id")
    team = team or text(mapping(body, "team"), "id")
    thread = text(message, "thread_ts") or text(container, "thread_ts") or None
    direct = channel.startswith("D") or in_view
    head = thread or text(message, "ts") or None
    shown_in = text(container, "message_ts") or text(container, "view_id")
    return Question(
        words=(),
        caller=Caller(
            door=Door.HOME if in_view else Door.BUTTON,
            user_id=user,
            team_id=team or None,
            channel_id=None if in_view else channel,
        ),
        place=Place(
            channel=channel,
            user=user,
            thread_ts=thread if direct else head,
            whisper_ts=thread,
            response_url=text(body, "response_url") or None,
            direct=direct,
            ephemeral=not in_view
            and (container.get("is_ephemeral") is True or not message),
        ),
        keys=_keys(trigger=text(body, "trigger_id")),
        twice=f"{user}/{channel}/{shown_in}/",
        trigger_id=text(body, "trigger_id"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A pressed button of an offer, and where its answer goes."""

    press: Press
    cancels: bool
    place: Place
    keys: tuple[str, ...]


def names_gate(body: Mapping[str, Any]) -> bool:
    """Tell whether anything in it bears the name of a button or box of an offer."""
    names = [text(body, "callback_id")]
    names += [text(action, "action_id") for action in actions(body)]
    return any(name.startswith("gate:") for name in names)


def of_gate(body: Mapping[str, Any]) -> Pressed | None:
    """Return what a pressed `gate:` button wants, however odd the payload is.

    None: a box was ticked or unticked, which counts only when a button is pressed.
    An offer that the payload does not name rightly is none: the gate refuses it, and
    writes that down.
    """
    action, *more = actions(body) or [{}]
    name = text(action, "action_id")
    if _TICK.fullmatch(name) and not more:
        return None
    question = of_presser(body)
    message, container = mapping(body, "message"), mapping(body, "container")
    place = question.place if question else Place(channel="", user="")
    lawful = question is not None and name in _BUTTONS and _as_slack_sends(body)
    return Pressed(
        press=Press(
            offer_id=text(action, "value") if lawful else "",
            caller=question.caller if question else Caller(door=Door.BUTTON),
            ticked=_ticked(body),
            # Of a message that one person sees nothing is to be said to others later.
            where=None
            if place.ephemeral
            else Where(
                channel=place.channel,
                message_ts=text(message, "ts") or text(container, "message_ts"),
                thread_ts=text(message, "thread_ts"),
            ),
        ),
        cancels=name == "gate:cancel",
        place=place,
        keys=question.keys if question else (),
    )


_BUTTONS: Final = frozenset({"gate:confirm", "gate:cancel"})
_BOXES: Final = "gate:items:"
_TICK: Final = re.compile(r"gate:tick:[0-9]{1,3}")


def _as_slack_sends(body: Mapping[str, Any]) -> bool:
    """Tell whether the payload is one press of one button in one message.

    Slack sends the message along, unless it was shown to one person alone.
    """
    container, presses = mapping(body, "container"), body.get("actions")
    channel = text(mapping(body, "channel"), "id")
    held_in = text(container, "channel_id")
    return (
        text(body, "type") == "block_actions"
        and isinstance(presses, list)
        and len(presses) == 1
        and bool(mapping(body, "message") or container.get("is_ephemeral") is True)
        and (not channel or not held_in or channel == held_in)
    )


def _ticked(body: Mapping[str, Any]) -> frozenset[int] | None:
    """Return the positions that are ticked; None where there is nothing to tick.

    Where nobody tells which boxes are ticked, none is.
    """
    values = mapping(body, "state").get("values")
    if not isinstance(values, Mapping):
        return None if mapping(body, "message") and not _boxes(body) else frozenset()
    found: set[int] = set()
    told = _boxes(body)
    for block, held in values.items():
        if not str(block).startswith(_BOXES):
            continue
        told = True
        for state in held.values() if isinstance(held, Mapping) else ():
            options = state.get("selected_options") if isinstance(state, Mapping) else 0
            for option in options if isinstance(options, list) else []:
                value = text(option, "value") if isinstance(option, Mapping) else ""
                if re.fullmatch(r"[0-9]{1,3}", value):
                    found.add(int(value))
    return frozenset(found) if told else None


def _boxes(body: Mapping[str, Any]) -> bool:
    """Tell whether the message has boxes to tick."""
    blocks = mapping(body, "message").get("blocks")
    return any(
        text(block, "block_id").startswith(_BOXES)
        for block in (blocks if isinstance(blocks, list) else ())
        if isinstance(block, Mapping)
    )


def _a_person(event: Mapping[str, Any], user: str, bot_user_id: str | None) -> bool:
    if event.get("bot_id") or event.get("subtype") not in _SPOKEN:
        return False
    return bool(user) and user not in (bot_user_id, "USLACKBOT")


def _after_mention(said: str, bot_user_id: str | None, *, anywhere: bool) -> str:
    """Return what follows the mention of us, or stands before one at the end.

    In a direct message only a mention at its beginning is taken off.
    """
    for found in _MENTION.finditer(said):
        if bot_user_id is None or found[1] == bot_user_id:
            if not anywhere and said[: found.start()].strip():
                return said
            after = _bare(said[found.end() :])
            return after or _bare(said[: found.start()])
    return said


def _bare(sentence: str) -> str:
    """Return what is asked, without the signs that a sentence puts around it."""
    return _TRAILING.sub("", _LEADING.sub("", sentence))


def _split(value: str) -> tuple[str, ...]:
    """Return the words of a button as they were quoted for a shell."""
    try:
        return tuple(shlex.split(value))
    except ValueError:
        return tuple(value.split())


def _keys(**parts: str) -> tuple[str, ...]:
    return tuple(f"{kind}:{part}" for kind, part in parts.items() if part.strip("/"))
