"""What people wrote to the services and nobody else shall read: it ends here.

The first thing that happens to a line, a row or an answer, so that nothing inside ever
holds more (systems/octollm.md, 4).
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.domain.excerpts import cut
from bot.domain.logs import Value
from bot.domain.redaction import HIDDEN

PRIVATE: Final = frozenset(
    {"value", "pii_value", "matched_text", "examples", "context", "text"}
)
"""Names of fields, in whatever case, of which nothing is shown."""
GOAL: Final = 50  # systems/octollm.md, 4: the program's own lines hold no more either
DEEPEST: Final = 4
LONGEST: Final = 2_000
"""Of one text; what is longer is a dump, and its beginning says which."""

_NAMED: Final = re.compile(
    r"""(?P<lead>(?<![\w])(?P<quote>\\?["'])?(?:(?:pii_)?value|matched_text|examples)
         (?(quote)(?P=quote)|)\s*[:=]\s*)
        (?:"(?:\\.|[^"\\])*+"?|'(?:\\.|[^'\\])*+'?|\\"[^"]*"?|\\'[^']*'?
          |\[[^\]]*\]?|[^\s,;)}\]]+)""",
    re.VERBOSE | re.IGNORECASE,
)
# What surrounds a match, and what was sent: words of ours as well, unless quoted.
_QUOTED: Final = re.compile(
    r"""(?P<lead>(?<![\w])(?P<quote>["'])?(?:context|text)(?(quote)(?P=quote)|)
         \s*[:=]\s*)(?:"(?:\\.|[^"\\])*+"?|'(?:\\.|[^'\\])*+'?)""",
    re.VERBOSE | re.IGNORECASE,
)
# What a validation refused; a bare word may be one of ours, which rules read.
_REFUSED: Final = re.compile(
    r"""(?P<lead>input_value=)(?!'\s*'|'[A-Za-z_]{1,16}')
        (?:"(?:\\.|[^"\\])*+"?|'(?:\\.|[^'\\])*+'?)""",
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
# The same in other texts, where numbers are ids, times and sizes as well: only what is
# written as people write it. The first sign stands apart: so they are found faster.
_PERSONAL: Final = re.compile(
    r"""[\d(+](?<![\w.+-].)(?:
          (?<=\d)\d\d-\d\d-\d{4}
        | (?<=\d)\d\d(?P<dot>[-.])\d{3}(?P=dot)\d{4}
        | (?<=\()\d{3}\)[ -]?\d{3}[-. ]\d{4}
        | (?<=\+)[1-9](?:
              \d{9,14} | \d{0,2}[ (-]{1,2}\d(?:[ ().-]{0,2}\d){5,12}
            | \d{0,2}(?:\.\d{2,4}){3} )
        | (?<=[2-6])(?P<card>\d{12,18} | \d{3}[ -]\d{6}[ -]\d{5}
            | \d{3}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,7} )
        )(?![\w-]|\.\d)""",
    re.VERBOSE,
)
_IDS: Final = frozenset(
    {
        *("id", "request_id", "task_id", "parent_task_id", "trace_id", "span_id"),
        *("correlation_id", "arm_id"),
    }
)
"""Fields whose numbers are nobody's."""
_MANY: Final = 10**12  # a card has thirteen digits at least
# SQLAlchemy quotes what it sent, on one line: all that a row holds.
_SENT: Final = re.compile(r"\[parameters: [^\n]*")


def discreet(text: str) -> str:
    """Return the text without what is personal, as far as its form or name tells."""
    return _discreet(_PERSONAL.sub(_hidden, text))


def _discreet(text: str) -> str:
    text = _unaddressed(text)
    if "[parameters: " in text:
        text = _SENT.sub(f"[parameters: {HIDDEN}]", text)
    if "goal" in text:
        text = _GOAL.sub(_shortened, text)
    lowered = text.lower()
    if "value" in lowered or "matched_text" in lowered or "examples" in lowered:
        text = _REFUSED.sub(rf"\g<lead>{HIDDEN}", text)
        text = _NAMED.sub(rf"\g<lead>{HIDDEN}", text)
    if "text" in lowered:
        text = _QUOTED.sub(rf"\g<lead>{HIDDEN}", text)
    return cut(text, LONGEST + 1)


def goal(text: str) -> str:
    """Return as much of a goal as may be shown."""
    text = _NUMBER.sub(HIDDEN, _unaddressed(text))
    return cut(text, GOAL + 1)


def _unaddressed(text: str) -> str:
    return _ADDRESS.sub(HIDDEN, text) if "@" in text else text


def _hidden(found: "re.Match[str]") -> str:
    """Return what is shown of a number; of a card's length many are none."""
    return found[0] if found["card"] and not _of_a_card(found[0]) else HIDDEN


def _of_a_card(text: str) -> bool:
    """Tell whether the digits sum up as those of every card do (Luhn)."""
    digits = [int(each) for each in text if each.isdigit()][::-1]
    doubled = (sum(divmod(2 * each, 10)) for each in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


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
        if key.lower() in PRIVATE:
            yield name, HIDDEN
        elif isinstance(value, str):
            yield name, _told(key, value)
        elif value is None or isinstance(value, bool | int | float):
            yield name, _number(key, value)
        elif isinstance(value, Mapping) and depth < DEEPEST:
            yield from _flat(value, f"{name}.", depth + 1)
        elif isinstance(value, list | tuple | set | frozenset):
            yield name, _list(list(value))
        else:
            yield name, f"{type(value).__name__} not shown"


def _told(key: str, text: str) -> str:
    if key == "goal":
        return goal(text)
    return _discreet(text) if key in _IDS else discreet(text)


def _number(key: str, value: Value) -> Value:
    """Return the number, unless a card bears it."""
    if type(value) is not int or value < _MANY or key in _IDS:
        return value
    return HIDDEN if discreet(str(value)) == HIDDEN else value


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
