"""What people wrote to the services and nobody else shall read: it ends here.

The first thing that happens to a line, a row or an answer, so that nothing inside ever
holds more (systems/octollm.md, 4).
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.domain.logs import Value
from bot.domain.redaction import HIDDEN

PRIVATE: Final = frozenset({"value", "matched_text", "examples"})
GOAL: Final = 50  # systems/octollm.md, 4: the program's own lines hold no more either
DEEPEST: Final = 4
LONGEST: Final = 2_000
"""Of one text; what is longer is a dump, and its beginning says which."""

_NAMED: Final = re.compile(
    r"""(?P<lead>(?<![\w])(?P<quote>\\?["'])?(?:value|matched_text|examples)
         (?(quote)(?P=quote)|)\s*[:=]\s*)
        (?:"(?:\\.|[^"\\])*+"?|'(?:\\.|[^'\\])*+'?|\\"[^"]*"?|\\'[^']*'?
          |\[[^\]]*\]?|[^\s,;)}\]]+)""",
    re.VERBOSE,
)
_GOAL: Final = re.compile(
    r"""(?P<lead>(?<![\w])(?P<quote>["'])?goal(?(quote)(?P=quote)|)\s*[:=]\s*)
        (?P<mark>["'])(?P<goal>(?:\\.|(?!(?P=mark))[^\\])*+)(?P<end>(?P=mark))?""",
    re.VERBOSE,
)
# What the reflex layer takes for personal, wherever people may have written it.
_ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_NUMBER: Final = re.compile(  # a card, a telephone, a number of social security
    r"(?<![\w.])\+?\(?\d(?:[ ()./-]{0,2}\d){6,18}(?![\w.])"
)
# SQLAlchemy quotes what it sent, on one line: all that a row holds.
_SENT: Final = re.compile(r"\[parameters: [^\n]*")


def discreet(text: str) -> str:
    """Return the text without addresses, and what fields of these names hold in it."""
    text = _unaddressed(text)
    if "[parameters: " in text:
        text = _SENT.sub(f"[parameters: {HIDDEN}]", text)
    if "goal" in text:
        text = _GOAL.sub(_shortened, text)
    if "value" in text or "matched_text" in text or "examples" in text:
        text = _NAMED.sub(rf"\g<lead>{HIDDEN}", text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def goal(text: str) -> str:
    """Return as much of a goal as may be shown."""
    text = _NUMBER.sub(HIDDEN, _unaddressed(text))
    return text if len(text) <= GOAL else text[:GOAL] + "…"


def _unaddressed(text: str) -> str:
    return _ADDRESS.sub(HIDDEN, text) if "@" in text else text


def _shortened(found: "re.Match[str]") -> str:
    return f"{found['lead']}{found['mark']}{goal(found['goal'])}{found['end'] or ''}"


def flat(held: Mapping[str, Any]) -> dict[str, Value]:
    """Return the fields under dotted names, with nothing private among them.

    A list of plain values becomes a text, one of anything else only its length.
    """
    return dict(_flat(held, "", 0))


def _flat(
    held: Mapping[str, Any], lead: str, depth: int
) -> Iterator[tuple[str, Value]]:
    for key, value in held.items():
        name = f"{lead}{key}"
        if key in PRIVATE:
            yield name, HIDDEN
        elif isinstance(value, str):
            yield name, goal(value) if key == "goal" else discreet(value)
        elif value is None or isinstance(value, bool | int | float):
            yield name, value
        elif isinstance(value, Mapping) and depth < DEEPEST:
            yield from _flat(value, f"{name}.", depth + 1)
        elif isinstance(value, list | tuple | set | frozenset):
            yield name, _list(list(value))
        else:
            yield name, f"{type(value).__name__} not shown"


def _list(value: list[Any]) -> Value:
    if value and all(isinstance(each, str | int | float) for each in value):
        return discreet(", ".join(map(str, value)))
    return len(value)


def summary(held: Any) -> str:
    """Return a result as one short text."""
    if isinstance(held, str):
        return discreet(held)
    if isinstance(held, Mapping):
        held = flat(held)
    return discreet(json.dumps(held, ensure_ascii=False, default=str))
