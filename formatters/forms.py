"""Forms as Slack's modals: one that says to wait, and one that asks for an id."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from formatters import limits, rich
from formatters.limits import shortened
from formatters.packing import Block
from formatters.parts import plain
from formatters.rich import prose, text
from formatters.visible import one_line

CALLBACK: Final = "form:ask"
FIELD: Final = "form:field"
CHOICE: Final = "form:choice"
"""The select's action id; Slack asks for its options under it."""
TYPED: Final = "form:typed"
OPEN: Final = "form:open"
"""How the action ids of buttons begin that open forms."""

_LINE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that can be chosen; *sought* is what a search looks at."""

    value: str
    label: str
    detail: str
    sought: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A question that lacks an argument."""

    noun: str
    """What is to be chosen, such as `task`."""
    meta: str
    help: str
    words: str
    """The question as far as it goes."""
    does: str
    """What it answers, or does."""
    verb: str
    """What the button says that sends it off."""
    keeps: str
    """What comes back with the answer, at most 3,000 characters."""
    listed: str = ""
    """What the list holds, such as `100 failed tasks`; empty where there is no list."""
    at: datetime | None = None
    """When the list was read."""
    trouble: str = ""
    """Why there is no list."""


def loading(noun: str) -> Block:
    """Return what is shown until there is a list."""
    words = rich.section(
        [rich.emoji("mag")], text(" one moment: looking for the newest")
    )
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _title(noun),
        "close": plain("Cancel", limits.MODAL_TITLE),
        "blocks": [rich.block(words)],
    }


def form(asked: Form) -> Block:
    """Return what asks for the argument: a search in a list, or a field to type in."""
    help = one_line(asked.help).strip() or asked.noun
    label = help[:1].upper() + help[1:]
    element: Block = {
        "type": "external_select",
        "action_id": CHOICE,
        "min_query_length": 0,
        "placeholder": plain("type to search, by id, type or error", 150),
        "focus_on_load": True,
    }
    if not asked.listed:
        element = {
            "type": "plain_text_input",
            "action_id": TYPED,
            "max_length": 200,
            "focus_on_load": True,
        }
    field = {
        "type": "input",
        "block_id": FIELD,
        "label": plain(label, _LINE),
        "element": element,
    }
    lines = []
    if asked.trouble:
        trouble = shortened(one_line(asked.trouble), _LINE)
        lines.append(
            rich.section([rich.emoji("warning")], text(f" no list: {trouble}"))
        )
    if asked.listed:
        since = rich.moment(asked.at) if asked.at else []
        listed = f"{asked.listed}, as of " if since else asked.listed
        lines.append(rich.section(text(listed), since))
    lines.append(rich.section(prose(shortened(one_line(asked.does), _LINE))))
    typed = f"The answer comes where you asked. Typed, it is `{_asks(asked)}`."
    lines.append(rich.section(prose(typed)))
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _title(asked.noun),
        "submit": plain(asked.verb, limits.MODAL_TITLE),
        "close": plain("Cancel", limits.MODAL_TITLE),
        "private_metadata": asked.keeps,
        "blocks": [field, rich.block(*lines)],
    }


def openers(*buttons: tuple[str, str]) -> Block:
    """Return buttons that open forms, each by its label and what it keeps."""
    elements = [
        {
            "type": "button",
            "action_id": f"{OPEN}:{number}",
            "text": plain(label, limits.BUTTON_VISIBLE),
            "value": keeps,
        }
        for number, (label, keeps) in enumerate(buttons, start=1)
    ]
    return {"type": "actions", "elements": elements}


def options(found: Iterable[Option]) -> list[Block]:
    """Return the options as Slack takes them: at most a hundred, each cut to fit.

    One without a value, or whose value would have to be cut, is left out.
    """
    fitting = [it for it in found if 0 < limits.size(it.value) <= limits.OPTION_VALUE]
    return [
        {
            "text": plain(option.label, limits.OPTION_TEXT),
            "description": plain(option.detail, limits.OPTION_TEXT),
            "value": option.value,
        }
        for option in fitting[: limits.OPTIONS]
    ]


def _asks(asked: Form) -> str:
    words = one_line(asked.words).replace("`", "'")
    return f"{shortened(words, _LINE)} {asked.meta}"


def _title(noun: str) -> Block:
    return plain(f"Which {noun}?", limits.MODAL_TITLE)
