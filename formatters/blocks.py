"""Report to Slack messages: a compact verdict, and the investigation behind it.

All data stand in `rich_text`, in table cells or in plain text, which Slack never
reads as markup. What does not fit is counted, and said how to reach.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from bot.domain.figures import some
from bot.domain.findings import Status
from bot.domain.report import Outcome, Report, Table
from formatters import limits, rich, sections
from formatters.gist import IN_FULL, MANY, besides, foremost, others, together
from formatters.length import long
from formatters.limits import clip, shortened
from formatters.packing import DIVIDER, Group, Message, message, packed
from formatters.parts import (
    aside,
    asks,
    brief,
    everything,
    finding_block,
    footer,
    gaps,
    headline,
    notes,
    red_button,
    retold,
    summary,
    whys,
    whys_buttons,
)
from formatters.raw import raw
from formatters.rich import prose, text
from formatters.sections import Room
from formatters.visible import one_line
from formatters.wording import tally

_ENDING: Final = {
    Outcome.ANSWERED: "information_source",
    Outcome.FAILED: "warning",
    Outcome.MISREAD: "grey_question",
    Outcome.NOT_FOUND: "mag",
    Outcome.SOURCE_DOWN: "electric_plug",
    Outcome.REFUSED: "no_entry",
}
_WORST: Final = IN_FULL
_SHORT: Final = 20
_GLANCE: Final = 7  # with the fleet above them, and buttons below, on a phone
# How many findings a verdict tells in full, and in a line each; tried in turn.
_SHOWN: Final = (*((worst, _SHORT) for worst in range(_WORST, -1, -1)), (0, 0))
_HINT: Final = 600

# Tried in turn until the answer fits its messages.
_ROOMS: Final = (
    Room(
        findings=20,
        evidence=6,
        facts=40,
        lines=limits.TIMELINE_LINES,
        rows=15,
        message=300,
        quoted=2400,
    ),
    Room(
        findings=15, evidence=4, facts=25, lines=30, rows=12, message=300, quoted=1500
    ),
    Room(findings=10, evidence=3, facts=15, lines=20, rows=10, message=200, quoted=800),
    Room(
        findings=6,
        evidence=2,
        facts=8,
        lines=12,
        rows=8,
        message=160,
        quoted=400,
        cell=60,
        tables=1,
        sections=8,
    ),
    Room(
        findings=3,
        evidence=1,
        facts=4,
        lines=6,
        rows=4,
        message=120,
        quoted=200,
        cell=40,
        tables=1,
        sections=5,
    ),
)


def verdict(report: Report, *, short: bool = False, rest: str = "") -> Message:
    """Return the compact answer: the sentence, the worst findings, buttons, footer.

    A *short* one gives each finding a line. *rest* says where all of them are told, if
    that is not in the thread.
    """
    if _fruitless(report):
        return refusal(report)
    if report.as_json:
        return raw(report)
    most = _GLANCE if short else _SHORT
    # A thread with a file is short itself.
    rest = rest or ("in the thread and its file" if long(report) else "in the thread")
    pages = [
        packed(
            [
                *_compact(report, worst, min(lines, most), rest),
                *red_button(report),
                *asks(report),
                *footer(report),
            ]
        )
        for worst, lines in _SHOWN
        if not (short and worst)
    ]
    return message(min(pages, key=len)[0])


def investigation(report: Report) -> tuple[Message, ...]:
    """Return everything behind the verdict, for its thread; empty when that was all."""
    if _fruitless(report) or report.as_json or not _deep(report):
        return ()
    closing = [*whys_buttons(report), *footer(report)]
    return _fitted(report, tables=_ROOMS[0].tables, closing=closing)


def whole(report: Report) -> tuple[Message, ...]:
    """Return verdict and investigation in one sequence, for where no thread can be."""
    if _fruitless(report):
        return (refusal(report),)
    if report.as_json:
        return (raw(report),)
    opening: list[Group] = [(headline(report),)]
    if len(report.findings) > MANY:
        opening += brief(together(report.findings), most=_SHORT)
    buttons = [*whys_buttons(report), *red_button(report), *asks(report)]
    closing = [*buttons, *footer(report)]
    return _fitted(report, tables=1, opening=opening, closing=closing)


def refusal(report: Report) -> Message:
    """Return one calm block for a question that found no answer, and what may help."""
    # Who came too late did nothing wrong.
    calm = report.outcome is Outcome.REFUSED and report.status is Status.OK
    ending = _ENDING[Outcome.ANSWERED if calm else report.outcome]
    lines = [rich.section([rich.emoji(ending)], text(" "), prose(summary(report)))]
    if report.hint:
        lines.append(rich.section(prose(shortened(report.hint, _HINT))))
    groups: list[Group] = [(rich.block(*lines),)]
    blocks, *_ = packed([*groups, *gaps(report), *asks(report), *footer(report)])
    return message(blocks)


def last_resort(report: Report) -> str:
    """Return one short plain text that Slack takes when it took nothing else."""
    words = f"{summary(report)}\n(shortened: Slack did not take the whole answer)"
    if again := retold(report):
        words += f"\nall of it, in a shell: debug-bot {one_line(again)}"
    if report.request_id:
        words += f"\nrequest {one_line(report.request_id)}"
    return limits.escaped(clip(words, limits.LAST_RESORT))


def _fruitless(report: Report) -> bool:
    return report.outcome is not Outcome.ANSWERED and not (
        report.sections or report.findings
    )


def _deep(report: Report) -> bool:
    """Tell whether there is more to say than the verdict says."""
    return bool(
        report.sections
        or report.notes
        or report.truncated
        or len(report.findings) > _WORST
        or any(len(finding.evidence) > 1 or finding.ask for finding in report.findings)
    )


def _compact(report: Report, worst: int, short: int, where: str) -> Iterator[Group]:
    groups = together(report.findings)
    yield (headline(report),)
    yield from gaps(report)
    full = foremost(groups, worst)
    for alike in full:
        yield (finding_block(alike[0], evidence=1, like=others(alike)),)
    listed = besides(groups, full)
    yield from brief(listed, most=short)
    rest = [each for alike in full for each in alike[1:]]
    rest += (each for alike in listed for each in alike)
    if rest:
        more = some(len(rest), "more finding" if worst else "finding")
        yield (aside(f"{more} {where}: {tally(rest)}"),)


def _fitted(
    report: Report,
    *,
    tables: int,
    opening: Sequence[Group] = (),
    closing: Iterable[Group],
) -> tuple[Message, ...]:
    closing = tuple(closing)
    # What goes as a file as well is told in short.
    most = 1 if long(report) else limits.MAX_MESSAGES
    tables = min(tables, most)  # each needs a message of its own

    def dealt(room: Room) -> list[Group]:
        body = _body(report, replace(room, tables=min(room.tables, tables)))
        return packed([*opening, *body, *closing])

    fitting = (p for p in map(dealt, _ROOMS) if len(p) <= most)
    # A little less is better than one more message for a few lines.
    best: list[list[Group]] = [*islice(fitting, 2)] or [dealt(_ROOMS[-1])]
    fewest = min(best, key=len)
    return tuple(map(message, fewest))


def _body(report: Report, room: Room) -> Iterator[Group]:
    yield from gaps(report)
    findings = tuple((each,) for each in report.findings)
    shown = foremost(findings, room.findings)
    asked = {ask.words for ask in (*report.asks, *whys(report))}
    for (finding,) in shown:
        ask = "" if finding.ask in asked else finding.ask
        yield (finding_block(finding, evidence=room.evidence, ask=ask),)
    if rest := [each for (each,) in besides(findings, shown)]:
        left_out = f"{some(len(rest), 'more finding')} left out ({tally(rest)})"
        yield (aside(f"{left_out}. {everything(report)}"),)
    for section in report.sections[: room.sections]:
        first, *others = sections.groups(section, room, report)
        yield (DIVIDER, *first)
        yield from others
        if isinstance(section, Table):
            room = replace(room, tables=room.tables - 1)
    if rest_of_sections := report.sections[room.sections :]:
        words = f"{some(len(rest_of_sections), 'more section')} left out"
        yield (aside(f"{words}. {everything(report)}"),)
    yield from notes(report)
