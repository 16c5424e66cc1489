"""Questions that lack an id: a form asks for it, where Slack lets one be opened."""

import asyncio
import contextlib
import itertools
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from bot.command import Argument, Command
from bot.dispatch import Asks
from bot.domain.access import Access, Caller, Door
from bot.domain.errors import Misread, Missing
from bot.slack.doors.answers import Answers, hook_of
from bot.slack.doors.callers import Place, Question
from bot.slack.doors.choices import KINDS, Choices
from bot.slack.doors.payloads import mapping, pressed, text
from bot.slack.doors.views import Views
from bot.slack.sending.refusals import Unsent
from bot.words import read
from formatters import forms, limits
from formatters.packing import Block

FILLING_SECONDS: Final = 6.0
"""So long a form waits for its list; then it takes what is typed."""
_WORDS: Final = 1_000  # characters of the question so far that a form can keep


class Forms:
    """Opens forms, fills them, and makes questions of what was chosen."""

    def __init__(  # noqa: PLR0913  the parts that it ties together
        self,
        commands: Mapping[str, Command],
        desk: Asks,
        answers: Answers,
        views: Views,
        choices: Choices,
        *,
        filling_seconds: float = FILLING_SECONDS,
    ) -> None:
        """Read words as *commands* say."""
        self._commands = commands
        self._desk = desk
        self._answers = answers
        self._views = views
        self._choices = choices
        self._filling = filling_seconds

    async def offered(self, question: Question) -> bool:
        """Ask for what the question lacks; tell whether it lacks anything.

        Where no form can be opened, the usage comes with a button that can.
        """
        missing = self._missing(question.words)
        if missing is None:
            return False
        if question.trigger_id and await self._opened(question, missing):
            return True
        now = datetime.now(UTC)
        report = await self._desk.answer(question.words, question.caller, now)
        keeps = _kept(question)
        label = f"Choose a {self._noun(missing)}"
        more = [] if keeps is None else [forms.openers((label, keeps))]
        with contextlib.suppress(Unsent):
            await self._answers.whisper(
                question.place, report, hook_of(question.place), more=more
            )
        return True

    async def pressed(self, body: Mapping[str, Any]) -> bool:
        """Open the form of a pressed button; False when nobody can tell which."""
        question = asked_by(text(pressed(body), "value"), body)
        missing = self._missing(question.words) if question else None
        if question is None or missing is None:
            return False
        return await self._opened(question, missing)

    def options(self, body: Mapping[str, Any]) -> list[Block]:
        """Return what fits what somebody typed; at once, from what is known."""
        kind, system = self._list_of(body)
        typed = text(body, "value")
        return forms.options(self._choices.matching(kind, system, typed))

    async def refresh(self, body: Mapping[str, Any]) -> None:
        """Look again for what an open form lists, if that is due."""
        kind, system = self._list_of(body)
        if kind in KINDS:
            await self._choices.refresh(kind, system)

    def _list_of(self, body: Mapping[str, Any]) -> tuple[str, str]:
        kept = _object(text(mapping(body, "view"), "private_metadata"))
        words = _words(kept)
        missing = self._missing(words)
        return (_kind(missing) if missing else ""), _system(words)

    def _missing(self, words: Sequence[str]) -> Missing | None:
        try:
            read(words, self._commands, datetime.now(UTC))
        except Missing as missing:
            return missing
        except Misread:
            pass
        return None

    async def _opened(self, question: Question, missing: Missing) -> bool:
        """Open the form, at first without its list; tell whether that worked."""
        keeps = _kept(question)
        if keeps is None:
            return False
        shown = await self._views.open(
            question.trigger_id, forms.loading(self._noun(missing))
        )
        if shown is None:
            return False
        await self._views.update(shown, await self._form(question, missing, keeps))
        return True

    def _argument(self, missing: Missing) -> Argument:
        """Return the argument that is missing, as it was declared."""
        every = self._commands[missing.command].arguments
        return next(each for each in every if each.name == missing.argument)

    def _noun(self, missing: Missing) -> str:
        """Return what is missing in a word: `task`, `worker`, `problem`."""
        meta = self._argument(missing).meta
        words = missing.command.removeprefix(f"{_WATCH} ").split()
        return words[0] if meta == "ID" else meta.lower()

    async def _form(self, question: Question, missing: Missing, keeps: str) -> Block:
        command, argument = self._commands[missing.command], self._argument(missing)
        plans = command.access is Access.CHANGE
        asked = forms.Form(
            noun=self._noun(missing),
            meta=argument.meta,
            help=argument.help,
            words=" ".join(question.words),
            does=f"{command.answers}{_PLANNED if plans else ''}",
            verb="Plan" if plans else _verb(command.name),
            keeps=keeps,
        )
        kind, system = _kind(missing), _system(question.words)
        if not kind:
            return forms.form(asked)
        look = self._choices.look(kind, system)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._filling):
                look = await self._choices.refresh(kind, system)
        if not look.options:
            none = f"no {_NAMES[kind]} in the last 24 hours"
            late = "the list did not come in time"
            why = look.trouble or (none if look.at else late)
            return forms.form(replace(asked, trouble=why))
        listed = f"{len(look.options)} {_NAMES[kind]}, the newest first"
        return forms.form(replace(asked, listed=listed, at=look.at))


_WATCH: Final = "watch"
_PLANNED: Final = ": it is planned first, and nothing is done before you confirm"
_NAMES: Final = {
    "tasks": "failed tasks",
    "workers": "workers, the dead ones before all others",
}


def of_submission(body: Mapping[str, Any]) -> Question | None:
    """Return the question of a form that was sent off; None where it lacks its id."""
    view = mapping(body, "view")
    held = mapping(mapping(mapping(view, "state"), "values"), forms.FIELD)
    chosen = text(mapping(mapping(held, forms.CHOICE), "selected_option"), "value")
    id = chosen or text(mapping(held, forms.TYPED), "value").strip()
    question = asked_by(text(view, "private_metadata"), body)
    if question is None or not id:
        return None
    return replace(
        question,
        words=(*question.words, id),
        keys=(f"view:{text(view, 'id')}",),
        trigger_id="",
    )


def asked_by(keeps: str, body: Mapping[str, Any]) -> Question | None:
    """Return the question that a form or its button keeps, as its presser's own."""
    kept = _object(keeps)
    user = mapping(body, "user")
    id, channel = text(user, "id"), text(kept, "channel")
    words = _words(kept)
    if not id or not channel or not words:
        return None
    door = Door(kept["door"]) if kept.get("door") in _DOORS else Door.BUTTON
    direct = kept.get("direct") is True
    home = door is Door.HOME
    return Question(
        words=words,
        caller=Caller(
            door=door,
            user_id=id,
            team_id=text(user, "team_id") or text(mapping(body, "team"), "id") or None,
            channel_id=None if home else channel,
        ),
        place=Place(
            channel=id if home else channel,
            user=id,
            thread_ts=text(kept, "thread") or None,
            whisper_ts=text(kept, "whisper") or None,
            response_url=text(kept, "url") or None,
            direct=direct,
            ephemeral=kept.get("ephemeral") is True,
        ),
        keys=(),
        trigger_id=text(body, "trigger_id"),
    )


def home_openers(*questions: tuple[str, str]) -> Block:
    """Return the buttons that open forms in the Home tab: each its label and words."""
    about = {"door": Door.HOME.value, "channel": "home", "direct": True}
    return forms.openers(
        *((label, json.dumps({"words": words, **about})) for label, words in questions)
    )


_DOORS: Final = frozenset(door.value for door in Door if door is not Door.SHELL)


def _kept(question: Question) -> str | None:
    """Return what a form remembers of a question; None where it is too much."""
    place = question.place
    words = shlex.join(question.words)
    if len(words) > _WORDS:
        return None
    kept = {
        "words": words,
        "door": question.caller.door.value,
        "channel": place.channel,
        "thread": place.thread_ts,
        "whisper": place.whisper_ts,
        "url": place.response_url,
        "direct": place.direct,
        "ephemeral": place.ephemeral,
    }
    keeps = json.dumps({name: value for name, value in kept.items() if value})
    return keeps if len(keeps) <= limits.BUTTON_VALUE else None


def _object(keeps: str) -> Mapping[str, Any]:
    try:
        found = json.loads(keeps)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _words(kept: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text(kept, "words")))
    except ValueError:
        return ()


def _verb(name: str) -> str:
    """Return what a command does to what is chosen, in a word: most only ask."""
    first, *rest = name.split()
    verb = first if first == _WATCH else " ".join(rest)
    return verb.capitalize() or "Ask"


def _kind(missing: Missing) -> str:
    """Return which list helps; empty where none does."""
    first, *_ = (*missing.listed_by.split(), "")
    return first if first in KINDS else ""


def _system(words: Sequence[str]) -> str:
    for before, word in itertools.pairwise(words):
        if before == "--system":
            return word
    return ""
