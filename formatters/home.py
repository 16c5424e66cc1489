"""The Home tab: how the system is, what one asked lately, what one may do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.report import Report
from bot.domain.times import spoken
from formatters import blocks, limits, rich
from formatters.limits import shortened
from formatters.packing import DIVIDER, Block
from formatters.parts import plain
from formatters.rich import prose, text
from formatters.visible import one_line

REFRESH: Final = "home:refresh"
_RIGHTS: Final = 20  # blocks; what the policy says of one person is short
_LINE: Final = 300
_REST: Final = "under Messages, if you ask `health` there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What one person's Home tab tells at *now*; None is not known yet."""

    now: datetime
    health: Report | None = None
    rights: Report | None = None
    recent: Sequence[str] | None = None
    asking: bool = False
    """Something newer is on its way."""
    trouble: str = ""
    """Why there is nothing newer."""
    notice: str = ""
    """What became of what was pressed here."""
    openers: Sequence[Block] = ()
    """What opens forms."""


def home(told: Home) -> Block:
    """Return the view; it never has more blocks than Slack takes."""
    shown = [
        *_health(told),
        DIVIDER,
        *_recent(told),
        *told.openers,
        DIVIDER,
        *_rights(told.rights),
    ]
    return {"type": "home", "blocks": shown[: limits.VIEW_BLOCKS]}


def _health(told: Home) -> Iterator[Block]:
    if told.notice:
        yield _line("envelope_with_arrow", told.notice)
    yield rich.block(rich.section(_age(told)))
    if told.trouble:
        yield _line("warning", told.trouble)
    if told.health is not None:
        yield from blocks.verdict(told.health, rest=_REST).blocks
    button = {
        "type": "button",
        "action_id": REFRESH,
        "text": plain("Look again", limits.BUTTON_VISIBLE),
        "value": "now",
    }
    yield {"type": "actions", "elements": [button]}


def _age(told: Home) -> rich.Inline:
    at = told.health.generated_at if told.health is not None else None
    newer = text("  looking again …", italic=True) if told.asking else []
    if at is None:
        return newer or text("nothing was looked at yet", italic=True)
    age = told.now - at
    fresh = age < timedelta(seconds=1)
    old = "just now" if fresh else f"{spoken(age)} before this was shown"
    return [*text("as of "), *rich.moment(at), *text(f", {old}"), *newer]


def _recent(told: Home) -> Iterator[Block]:
    yield _title("What you asked lately")
    if not told.recent:
        yield rich.block(rich.section(text(_no_recent(told), italic=True)))
        return
    buttons = [
        {
            "type": "button",
            "action_id": f"ask:{number}",
            "text": plain(each, limits.BUTTON_VISIBLE),
            "value": each,
        }
        for number, each in enumerate(told.recent[: limits.ACTIONS_ELEMENTS], start=1)
    ]
    yield {"type": "actions", "elements": buttons}
    yield rich.block(rich.section(text("Answers come under Messages.", italic=True)))


def _no_recent(told: Home) -> str:
    if told.recent is not None:
        return "nothing yet, as far as I remember"
    if told.rights is None:
        return "looking it up …"
    return "not known just now: the state database does not answer"


def _rights(report: Report | None) -> Iterator[Block]:
    yield _title("What you may do")
    if report is None:
        yield rich.block(rich.section(text("looking it up …", italic=True)))
        return
    shown = blocks.whole(report)[0].blocks
    yield from shown[:_RIGHTS]


def _title(words: str) -> Block:
    return {"type": "header", "text": plain(words, limits.HEADER)}


def _line(emoji: str, words: str) -> Block:
    said = prose(shortened(one_line(words), _LINE))
    return rich.block(rich.section([rich.emoji(emoji)], text(" "), said))
