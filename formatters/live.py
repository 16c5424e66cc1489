"""A report as a message that keeps itself current: the verdict, and how old it is."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bot.domain.report import Ask, Report
from formatters import limits, rich
from formatters.blocks import verdict
from formatters.limits import clip, shortened
from formatters.packing import Block, Message, message, spoken
from formatters.rich import prose, text
from formatters.visible import one_line

_LABEL: Final = 30
_WORDS: Final = 60
_VALUE: Final = 200
_LINES: Final = 10
_LINE: Final = 300
_SPAN: Final = r"-?\d[\d,.]* (?:s|min|h|d)"
# What grows old by itself: spans, times of day, and the request's own id.
_AGES: Final = re.compile(
    rf"\b{_SPAN}(?: {_SPAN})*\b|\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?|\brequest \w+"
)


def live(
    report: Report, state: str, *, trouble: str = "", asks: Iterable[Ask] = ()
) -> Message:
    """Return the message; *state* says as of when, and how it goes on.

    *trouble* is why what follows is old. The *asks* stand before the report's own, of
    which none begins to watch: that was done.
    """
    own = tuple(asks)
    more = [ask for ask in report.asks if not ask.words.startswith("watch ")]
    words = f"watch {report.words.removeprefix('watch ')}"
    again = clip(one_line(words.removeprefix("watch ")).replace("`", "'"), _WORDS)
    room = limits.BUTTONS - len(own)
    drawn = verdict(
        # The line with its state says how old it is.
        replace(
            report,
            words=words,
            window=None,
            reads=(),
            asks=(*own, *more[:room]),
        ),
        short=bool(report.glance),
        rest=f"told in full by `{again}`",
    )
    headline, *others = drawn.blocks
    return message((headline, _state(state, trouble), *_glance(report), *others))


def likeness(message: Message) -> str:
    """Return what a reader would call the same if it did not change, whatever its age.

    The line with the message's own age is left out.
    """
    first, _, *others = message.blocks
    buttons = [each for each in others if each["type"] == "actions"]
    said = spoken([first, *others])
    return f"{ageless(said)}\n{buttons}"


def ageless(words: str) -> str:
    """Return the words without what grows old by itself."""
    return _AGES.sub("…", words)


def _state(state: str, trouble: str) -> Block:
    lines = [rich.section(prose(state, italic=True))]
    if trouble:
        words = shortened(one_line(trouble), _LINE)
        lines.insert(
            0, rich.section([rich.emoji("warning")], text(" "), prose(words, bold=True))
        )
    return rich.block(*lines)


def _glance(report: Report) -> tuple[Block, ...]:
    """Return a line for each label: short enough for a phone."""
    lines = [
        rich.section(
            text(shortened(one_line(label), _LABEL), bold=True),
            text("  "),
            prose(shortened(one_line(value), _VALUE)),
        )
        for label, value in report.glance[:_LINES]
    ]
    return (rich.block(*lines),) if lines else ()
