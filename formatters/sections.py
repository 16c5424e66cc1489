"""The sections of a report for Slack, each as much of it as there is room for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias, assert_never

from bot.domain.figures import some
from bot.domain.logs import Level, LogLine
from bot.domain.report import Chart, Facts, Report, Section, Table, Text, Timeline
from formatters import limits, rich, tables
from formatters.excerpt import Leap, excerpt, question
from formatters.limits import shortened
from formatters.packing import Group, weight
from formatters.parts import aside, everything
from formatters.rich import Inline, prose, text
from formatters.visible import one_line, visible
from formatters.wording import writer

_TITLE: Final = 150
_LABEL: Final = 80
_VALUE: Final = 300
_SOURCE: Final = 60
_HALF_DAY: Final = timedelta(hours=12)

Line: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of each kind is shown; the rest is counted."""

    findings: int
    evidence: int
    facts: int
    lines: int
    rows: int
    message: int
    quoted: int
    cell: int = 120
    tables: int = 3
    sections: int = 12


def groups(section: Section, room: Room, report: Report) -> Iterator[Group]:
    """Yield the section's blocks; *report* tells where the rest can be read."""
    match section:
        case Facts():
            yield from _facts(section, room, report)
        case Timeline():
            yield from _timeline(section, room, report)
        case Table():
            yield from _table(section, room, report)
        case Text():
            yield _text(section, room, report)
        case Chart():
            yield _chart(section)
        case _:
            assert_never(section)


def _title(words: str) -> Inline:
    return text(shortened(one_line(words).strip(), _TITLE), bold=True)


def _facts(facts: Facts, room: Room, report: Report) -> Iterator[Group]:
    lines: list[Line] = []
    for label, cell in facts.rows[: room.facts]:
        held = shortened(visible(cell), _VALUE) if isinstance(cell, str) else cell
        name = text(shortened(one_line(label), _LABEL) + "  ", bold=True)
        lines.append((name, rich.value(held)))
    if more := len(facts.rows) - len(lines):
        words = f"{some(more, 'more fact')} left out. {everything(report)}"
        lines.append((prose(words, italic=True),))
    yield from _paged(_title(facts.title), lines)


def _table(table: Table, room: Room, report: Report) -> Iterator[Group]:
    form = {"rows": room.rows, "cell": room.cell}
    note = everything(report)
    if room.tables > 0:
        yield tables.gridded(table, **form, note=note, now=report.generated_at)
    else:
        title, lines = tables.listed(table, **form, note=note)
        yield from _paged(title, lines)


def _text(section: Text, room: Room, report: Report) -> Group:
    held = shortened(visible(section.text).strip("\n"), room.quoted)
    body = rich.preformatted(held) if section.quoted else rich.section(prose(held))
    title = _title(section.title)
    parts = [rich.section(title)] if title else []
    group: Group = (rich.block(*parts, body),)
    if limits.size(section.text) > room.quoted:
        return (*group, aside(everything(report)))
    return group


def _chart(chart: Chart) -> Group:
    """Return what the picture shows, in words: it is posted beside them."""
    words = rich.section(prose(shortened(one_line(chart.alt), _VALUE)))
    return (rich.block(rich.section(_title(chart.title)), words),)


def _timeline(timeline: Timeline, room: Room, report: Report) -> Iterator[Group]:
    shown = excerpt(timeline.lines, room.lines)
    leaps = [item for item in shown if isinstance(item, Leap)]
    lines: list[Line] = []
    last: LogLine | None = None
    for item in shown:
        if isinstance(item, Leap):
            lines.append((_leap(item),))
        else:
            lines.append(_line(item, last, writer(item, timeline), room))
            last = item
    title = _title(timeline.title)
    number = some(len(timeline.lines), "line")
    if leaps:
        number += f", {len(lines) - len(leaps):,} of them here"
    title += text(f"  {number}", italic=True)
    yield from _paged(title, lines)
    if leaps:
        # A search has words of its own, which narrow it further than this question.
        words = "" if report.command == "logs" else question(timeline.lines, leaps)
        more = f"More of these lines: `{words}`. " if words else ""
        yield (aside(f"{more}{everything(report)}"),)


def _leap(leap: Leap) -> Inline:
    faults = f", {some(leap.alarming, 'error')} among them" if leap.alarming else ""
    return text(f"… {some(leap.lines, 'line')} left out{faults} …", italic=True)


def _line(line: LogLine, last: LogLine | None, writer: str, room: Room) -> Line:
    same_day = last is not None and last.at.date() == line.at.date()
    near = last is not None and line.at - last.at < _HALF_DAY
    form = rich.CLOCK if same_day and near else rich.DATED
    mark: Inline = []
    if line.alarming:
        mark = [*text("  "), rich.emoji("red_circle")]
    elif line.level == Level.WARNING:
        mark = [*text("  "), rich.emoji("large_orange_diamond")]
    source = shortened(one_line(writer), _SOURCE)
    words = _message(line.message, room.message)
    return (
        rich.moment(line.at, form),
        mark,
        text(f"  {source}", italic=True),
        text(f"  {words}"),
    )


def _message(words: str, most: int) -> str:
    """Return the first and the last of several lines: a traceback ends in its cause."""
    first, *between = visible(words).strip("\n").split("\n")
    if between:
        last = between.pop().strip()
        middle = f" … {some(len(between), 'line')} … " if between else " ↵ "
        first += middle + last
    return shortened(first, most)


def _paged(title: Inline, lines: Sequence[Line]) -> Iterator[Group]:
    """Yield rich text blocks that hold the lines, each readable on a phone."""
    page = [rich.section(title)] if title or not lines else []
    count = used = 0
    for line in lines:
        paragraph = rich.section(*line)
        taken = weight([paragraph]).text
        if count == limits.PAGE_LINES or (
            page and used + taken > limits.MAX_SECTION - _TITLE
        ):
            yield (rich.block(*page),)
            page, count, used = [], 0, 0
        page.append(paragraph)
        count += 1
        used += taken
    yield (rich.block(*page),)
