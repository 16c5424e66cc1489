"""The ids that a message names, wherever in it: text, blocks, attachments.

A message is anybody's, so it is read within bounds, and only exact forms count.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.spelling import bounded
from bot.slack.doors.payloads import text

MOST_IDS: Final = 30
MOST_TEXT: Final = 200_000  # characters; Slack itself takes 40,000 in a text
MOST_PARTS: Final = 10_000  # objects and lists of its blocks and attachments
DEEPEST: Final = 40

# What people read or may click, in reading order: a legacy field's name comes before
# its value. Ids of blocks, buttons and users are no part of what a message says.
_SAID: Final = (
    *("pretext", "author_name", "author_link", "service_name", "label", "title"),
    *("rich_text_title", "subtitle", "title_link", "text", "value", "description"),
    *("markdown_text", "caption", "alt_text", "hint", "placeholder", "fallback"),
    *("url", "from_url", "original_url", "footer"),
)
_RANK: Final = {name: place for place, name in enumerate(_SAID)}
_PARTS: Final = ("text", "blocks", "attachments")
_LINES: Final = frozenset(
    {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}
)

_LINK: Final = re.compile(r"<((?:https?|mailto)[^|<>]{1,3000})(?:\|([^<>]{0,3000}))?>")
_NAMED: Final = re.compile(r"<[#!][^|<>]{0,200}\|([^<>]{0,3000})>")
_MENTION: Final = re.compile(r"<[@#!][^<>]{0,200}>")
_UNSEEN: Final = str.maketrans(dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"))

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_WORKER: Final = r"(?:manual-)?gpu-[0-9]{8}_[0-9]{6}-[0-9a-f]{8}"
_ENDS: Final = r"(?![0-9a-z]|[-_][0-9a-z])"
# What may stand between the word and its id: blanks, a colon, quotes, marks of mrkdwn.
_BETWEEN: Final = r"""[\s:=#*_~`"'\u2018\u2019“”«»<>()\[\]{}|/→•-]{1,12}"""
# As answers cut ids: a task's to its beginning, a worker's to its end, with `…` before.
_SHORT: Final = r"[0-9a-f]{8}(?![0-9a-z_-])"
_AND: Final = r"""[\s*_`"']{0,4}(?:[,;&+/•]|\band\b)[\s*_`"'•]{0,4}"""
_ID: Final = re.compile(
    rf"""(?<![0-9a-z])(?:
      (?P<uuid>{_UUID}){_ENDS}
    | (?P<worker>{_WORKER}){_ENDS}
    | tasks?(?:[\s_-]?ids?)?{_BETWEEN}(?P<tasks>{_SHORT}(?:{_AND}{_SHORT})*)
    | workers?(?:[\s_-]?ids?)?{_BETWEEN}(?P<workers>…{_SHORT}(?:{_AND}…{_SHORT})*)
    | (?P<kind>task|worker|pod|runpod|request)(?:[\s_-]?id)?
      {_BETWEEN}(?P<token>[0-9a-z][0-9a-z_.-]{{3,79}})(?![0-9a-z_-])
    | (?P<word>[0-9a-z]{{10,20}}){_ENDS}
    | (?<![_-])(?P<short>[0-9a-f]{{8}}){_ENDS}
    )""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_EIGHT: Final = re.compile(r"[0-9a-f]{8}", re.IGNORECASE | re.ASCII)
_MIXED: Final = re.compile(r"[0-9][a-f]|[a-f][0-9]", re.IGNORECASE | re.ASCII)
_WHOLE: Final = re.compile(rf"{_UUID}|{_WORKER}", re.IGNORECASE | re.ASCII)
_BEGINS_UUID: Final = re.compile(
    r"[0-9a-f]{4,8}|[0-9a-f]{8}-(?:[0-9a-f]{0,4}-?){0,3}[0-9a-f]{0,12}", re.ASCII
)
_FORMS: Final = {
    "worker": re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z][\w.-]{3,}", re.ASCII),
    # RunPod's ids, as seen: small letters and digits, fourteen of them.
    "pod": re.compile(r"(?=.*[0-9])(?=.*[a-z])[0-9a-z]{10,20}", re.ASCII),
    "request": re.compile(r"(?=.*[0-9])[0-9A-Za-z][\w-]{7,63}", re.ASCII),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedIds:
    """What was found: each id once, in reading order; *whole* unless a bound cut it."""

    ids: tuple[str, ...]
    whole: bool = True


def named_ids(
    message: Mapping[str, Any],
    known_pods: Collection[str] = frozenset(),
    *,
    ours: bool = False,
) -> NamedIds:
    """Return the ids of tasks, workers, pods and requests that the message names.

    Whole ids of tasks and workers are known by their form, and so are ids as answers
    cut them, where they have letters and digits or stand in a list of tasks or workers.
    Another beginning counts only after the word `task` or `worker`, a request's id
    after `request`; a pod's after `pod`, or where it is one of *known_pods*. A message
    of *ours* names its own request, which is none to investigate.
    """
    reader = _Reader()
    for part in _PARTS:
        reader.read(message.get(part))
    found: dict[str, None] = {}
    whole = reader.whole
    for id in _ids("\n".join(reader.said), known_pods, ours=ours):
        if len(found) == MOST_IDS and id not in found:
            whole = False
            break
        found[id] = None
    return NamedIds(ids=_without_parts(tuple(found)), whole=whole)


def _ids(said: str, known_pods: Collection[str], *, ours: bool) -> Iterator[str]:
    """Yield the ids in reading order, each as often as it is named."""
    for match in _ID.finditer(said):
        if ours and _is_request(match):
            continue
        if listed := match["tasks"] or match["workers"]:
            each = (short.lower() for short in _EIGHT.findall(listed))
            yield from (id for id in each if any(map(str.isdigit, id)))
        elif (id := _id_of(match, known_pods)) is not None:
            yield id


def _id_of(match: "re.Match[str]", known_pods: Collection[str]) -> str | None:
    if match["uuid"]:
        return match["uuid"].lower()
    if match["worker"]:
        return match["worker"].lower()
    if match["word"]:
        return match["word"] if match["word"] in known_pods else None
    if match["short"]:
        return match["short"].lower() if _MIXED.search(match["short"]) else None
    kind, token = match["kind"].lower(), match["token"].rstrip(".-_")
    if _WHOLE.fullmatch(token):
        return token.lower()
    if kind == "task":
        begins = token.lower()
        told = any(sign.isdigit() for sign in begins) and _BEGINS_UUID.fullmatch(begins)
        return begins if told and len(begins) <= 36 else None
    form = _FORMS["pod" if kind == "runpod" else kind]
    return token if form.fullmatch(token) else None


def _is_request(match: "re.Match[str]") -> bool:
    return (match["kind"] or "").lower() == "request"


def _without_parts(ids: Sequence[str]) -> tuple[str, ...]:
    """Return the ids without those that only begin or end another one."""
    return tuple(
        id for id in ids if not any(other != id and bounded(other, id) for other in ids)
    )


class _Reader:
    """Gathers what a message says, and stops at each bound."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.whole = True
        self._text_left = MOST_TEXT
        self._parts_left = MOST_PARTS

    def read(self, value: object, depth: int = 0) -> None:
        """Read one text, object or list, and all in it."""
        if isinstance(value, str):
            self._say(value)
        elif isinstance(value, Mapping | list) and self._enter(depth):
            for item in _within(value):
                if self._parts_left <= 0:
                    self.whole = False
                    return
                if isinstance(item, Mapping) and text(item, "type") in _LINES:
                    self._line(item, depth + 1)
                else:
                    self.read(item, depth + 1)

    def _enter(self, depth: int) -> bool:
        """Count one more object or list; tell whether it may still be read."""
        inside = depth <= DEEPEST and self._parts_left > 0 and self._text_left > 0
        self._parts_left -= 1
        self.whole = self.whole and inside
        return inside

    def _line(self, value: Mapping[str, Any], depth: int) -> None:
        """Read a line of rich text: styles part it, readers see one text."""
        elements = value.get("elements")
        line = ""
        for element in elements if isinstance(elements, list) else ():
            if self._parts_left <= 0:
                self.whole = False
                break
            before = len(self.said)
            self.read(element, depth + 1)
            piece = " ".join(self.said[before:])
            del self.said[before:]
            # A link gives more than is seen: its address is a word of its own.
            linked = isinstance(element, Mapping) and element.get("type") == "link"
            line += f" {piece} " if linked else piece
        self.said.append(line)

    def _say(self, words: str) -> None:
        if len(words) > self._text_left:
            words = words[: self._text_left]
            self.whole = False
        self._text_left -= len(words)
        self.said.append(_plain(words))


def _within(value: Mapping[str, Any] | list[Any]) -> Iterator[Any]:
    """Yield what people read of an object or list, in reading order, and what holds it.

    What a button holds is read by nobody, unlike a field's value.
    """
    if isinstance(value, list):
        yield from value
        return
    last = len(_RANK)
    for name, item in sorted(value.items(), key=lambda it: _RANK.get(it[0], last)):
        if isinstance(item, Mapping | list) or (
            name in _RANK and not (name == "value" and "type" in value)
        ):
            yield item


def _plain(words: str) -> str:
    """Return the text without Slack's marks; a link gives its label and its address."""
    words = _LINK.sub(lambda link: f"{link[2] or ''} {link[1]}", words)
    words = _MENTION.sub(" ", _NAMED.sub(r"\1", words))
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return words.translate(_UNSEEN)
