"""The parts of an answer in Slack that stand around its sections.

Each is bounded, whatever its report holds, and counts what it leaves out.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bot.domain.asks import whys as asks_of
from bot.domain.figures import some
from bot.domain.findings import Finding, Severity, Status
from bot.domain.report import Ask, Report
from formatters import limits, rich
from formatters.gist import Alike, foremost, gist
from formatters.length import long
from formatters.limits import clip, shortened
from formatters.packing import Block, Group
from formatters.rich import prose, text
from formatters.visible import one_line, visible
from formatters.wording import failures, missing, signature, sureness

_SIGN: Final = {
    Status.OK: "white_check_mark",
    Status.WARNING: "warning",
    Status.CRITICAL: "octagonal_sign",
    Status.UNKNOWN: "grey_question",
}
MARK: Final = {
    Severity.CRITICAL: "red_circle",
    Severity.WARNING: "large_orange_diamond",
    Severity.INFO: "small_blue_diamond",
}
_TITLE: Final = 150
_SENTENCE: Final = 600
_LINE: Final = 300
_BRIEF: Final = 110
_REMEDY: Final = 400
_GAPS: Final = 5
_NOTES: Final = 8


def everything(report: Report) -> str:
    """Return the sentence that says where all of the answer can be read."""
    if long(report):
        return "The attached file has all of it."
    words = one_line(retold(report)).replace("`", "'")
    if not words:
        return "The shell shows all of it."
    shell = f"in a shell: `debug-bot {shortened(words, _LINE)}`"
    return f"All of it, {shell}, or as a file with --json"


def retold(report: Report) -> str:
    """Return the words that tell it again, and have nothing done; empty without any."""
    words = report.retold or report.words
    return f"{words} --dry-run" if words and report.red_button else words


def summary(report: Report) -> str:
    """Return the sentence that answers, never empty."""
    return shortened(visible(report.summary).strip(), _SENTENCE) or "no summary"


def headline(report: Report) -> Block:
    """Return the status sign and the sentence that answers."""
    sign = [rich.emoji(_SIGN[report.status]), *text(" ")]
    return rich.block(rich.section(sign, prose(summary(report), bold=True)))


def aside(words: str) -> Block:
    """Return a remark about the answer itself."""
    return rich.block(rich.section(prose(words, italic=True)))


def gaps(report: Report) -> Iterator[Group]:
    """Yield what could not be read; what is merely absent stands in the footer."""
    failed = failures(report)
    lines = [
        rich.section(
            [rich.emoji("warning")],
            text(" "),
            prose(shortened(one_line(missing(gap)), _LINE)),
        )
        for gap in failed[:_GAPS]
    ]
    if more := len(failed) - len(lines):
        lines.append(rich.section(text(some(more, "more gap"), italic=True)))
    if lines:
        yield (rich.block(*lines),)


def brief(groups: Sequence[Alike], *, most: int) -> Iterator[Group]:
    """Yield a line for each of the worst groups; what is left is not counted."""
    lines = [
        rich.section(
            [rich.emoji(MARK[alike[0].severity])],
            text(f" {clip(gist(alike, _BRIEF), _BRIEF)}"),
        )
        for alike in foremost(groups, most)
    ]
    if lines:
        yield (rich.block(*lines),)


def finding_block(
    finding: Finding, *, evidence: int, ask: str = "", like: str = ""
) -> Block:
    """Return the finding with so much of its evidence, its remedy and what to ask.

    *like* says which others are like it.
    """
    title = shortened(one_line(finding.title), _TITLE)
    sure = sureness(finding)
    head = rich.section(
        [rich.emoji(MARK[finding.severity])],
        text(" "),
        prose(title, bold=True),
        text(f"  {sure}", italic=True) if sure else [],
    )
    shown = finding.evidence[:evidence]
    proofs = [prose(shortened(one_line(proof), _LINE)) for proof in shown]
    if more := len(finding.evidence) - len(proofs):
        proofs[-1:] = [
            [*proof, *text(f"  +{more:,} more", italic=True)] for proof in proofs[-1:]
        ]
    parts = [head]
    if proofs:
        parts.append(rich.quotation(*proofs))
    remedy = prose(shortened(one_line(finding.remedy), _REMEDY))
    if remedy:
        parts.append(rich.section(text("→ "), remedy))
    if ask:
        parts.append(
            rich.section(text("→ "), text(shortened(one_line(ask), _LINE), code=True))
        )
    if like:
        parts.append(rich.section(text(f"+ {shortened(like, _LINE)}", italic=True)))
    return rich.block(*parts)


def asks(report: Report) -> Iterator[Group]:
    """Yield the next questions as buttons; pressing one is like typing its words."""
    shown = [ask for ask in report.asks if _pressable(ask.words)][: limits.BUTTONS]
    if more := len(report.asks) - len(shown):
        yield (aside(f"{some(more, 'more question')} without a button"),)
    yield from _buttons(shown, first=1)


def whys(report: Report) -> tuple[Ask, ...]:
    """Return what the findings want to be asked, and no button asks yet."""
    known = {ask.words for ask in report.asks}
    every = (ask for ask in asks_of(report.findings) if ask.words not in known)
    return tuple(ask for ask in every if _pressable(ask.words))[: limits.BUTTONS]


def whys_buttons(report: Report) -> Iterator[Group]:
    """Yield them as buttons; their numbers go on after those of `asks`."""
    yield from _buttons(whys(report), first=limits.BUTTONS + 1)


def _buttons(asks: Sequence[Ask], *, first: int) -> Iterator[Group]:
    buttons = [
        {
            "type": "button",
            "action_id": f"ask:{number}",
            "text": {
                "type": "plain_text",
                "text": clip(one_line(ask.label).strip(), limits.BUTTON_VISIBLE)
                or clip(one_line(ask.words).strip(), limits.BUTTON_VISIBLE),
                "emoji": False,
            },
            "value": ask.words,
        }
        for number, ask in enumerate(asks, start=first)
    ]
    if buttons:
        yield ({"type": "actions", "elements": buttons},)


def red_button(report: Report) -> Iterator[Group]:
    """Yield what may be unticked, and the buttons that confirm and cancel a plan.

    The buttons hold nothing but the offer's id.
    """
    button = report.red_button
    if button is None:
        return
    choices = list(enumerate(button.choices))
    if len(choices) > limits.CHOICES:
        yield (aside(f"{len(choices)} items are too many to untick single ones"),)
        choices = []
    for start in range(0, len(choices), limits.CHECKBOXES):
        options = [
            {
                "text": plain(choice.label, limits.OPTION_TEXT),
                "description": plain(choice.description, limits.OPTION_TEXT),
                "value": str(position),
            }
            for position, choice in choices[start : start + limits.CHECKBOXES]
        ]
        ticks = {
            "type": "checkboxes",
            "action_id": f"gate:tick:{start}",
            "options": options,
            "initial_options": options,
        }
        yield (
            {"type": "actions", "block_id": f"gate:items:{start}", "elements": [ticks]},
        )
    confirm = {
        "title": _words(button.question, limits.CONFIRM_TITLE),
        "text": _words(button.warning, limits.CONFIRM_TEXT),
        "confirm": _words(button.label, limits.CONFIRM_BUTTON),
        "deny": _words("Back", limits.CONFIRM_BUTTON),
        "style": "danger",
    }
    do = {
        "type": "button",
        "action_id": "gate:confirm",
        "text": plain(button.label, limits.BUTTON_VISIBLE),
        "style": "danger",
        "value": button.offer_id,
        "confirm": confirm,
    }
    leave = {
        "type": "button",
        "action_id": "gate:cancel",
        "text": plain("Cancel", limits.BUTTON_VISIBLE),
        "value": button.offer_id,
    }
    yield ({"type": "actions", "block_id": "gate", "elements": [do, leave]},)


def _words(words: str, most: int) -> Block:
    """Return a plain text that is never empty, as Slack wants it."""
    return {"type": "plain_text", "text": clip(one_line(words).strip(), most) or "-"}


def plain(words: str, most: int) -> Block:
    """Return a plain text in which no colons become an emoji, such as a label's."""
    return {**_words(words, most), "emoji": False}


def _pressable(words: str) -> bool:
    """Tell whether a button can hold the words; cut ones would ask something else."""
    seen = words.strip() and one_line(words).strip()
    return bool(seen) and limits.size(words) <= limits.BUTTON_WORDS


def notes(report: Report) -> Iterator[Group]:
    """Yield what the reader should know about how the answer was made."""
    lines = [
        prose(shortened(visible(n), _LINE), italic=True) for n in report.notes[:_NOTES]
    ]
    if more := len(report.notes) - len(lines):
        lines.append(text(some(more, "more note"), italic=True))
    if report.truncated:
        lines.append(
            text("Not all of it is here: a bound or --limit cut it.", italic=True)
        )
    if lines:
        yield (rich.block(*map(rich.section, lines)),)


def footer(report: Report) -> Iterator[Group]:
    """Yield the small print that every answer ends with."""
    words = [one_line(part).strip() for part in signature(report)]
    parts = [shortened(part, _LINE) for part in words if part]
    shown = parts[: limits.CONTEXT_ELEMENTS - 1]
    if more := len(parts) - len(shown):
        shown.append(f"{more:,} more")
    if shown:
        yield (small_print(shown),)


def small_print(parts: Iterable[str]) -> Block:
    """Return a line of short texts beside each other."""
    elements = [{"type": "plain_text", "text": each, "emoji": False} for each in parts]
    return {"type": "context", "elements": elements}
