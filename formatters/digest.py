"""Report to Markdown: a document to keep, to hand on, and to write a post-mortem from.

The template holds the form and no text of others reaches it but through
`formatters.markdown`: whatever it is given that was not made there is made harmless.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, assert_never

from markupsafe import Markup

from bot.domain.figures import some
from bot.domain.findings import Finding
from bot.domain.report import Cell, Chart, Facts, Report, Section, Table, Text, Timeline
from bot.domain.times import spoken
from formatters.excerpt import Leap, excerpt
from formatters.gist import besides, foremost, gist, together
from formatters.limits import shortened
from formatters.markdown import cell, code, fenced, inline
from formatters.wording import (
    ages,
    failures,
    missing,
    span,
    sureness,
    tally,
    writer,
    written,
)

LINES: Final = 200
"""Of a timeline; how it began, how it ended and its errors stay."""
ROWS: Final = 100
IN_FULL: Final = 30
"""Findings told with their evidence: alike ones count as one."""
GAP: Final = timedelta(minutes=1)
"""A longer time without anything is told."""
_MESSAGE: Final = 600
_CELL: Final = 300
_QUOTED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """One section, ready for the template."""

    title: str
    kind: str
    note: str = ""
    text: Markup = Markup()
    items: Sequence[Markup | str] = ()
    header: Sequence[Markup] = ()
    right: frozenset[int] = frozenset()
    """The columns of numbers."""
    rows: Sequence[Sequence[Markup]] = ()


def digest(report: Report) -> str:
    """Return the report as Markdown, which ends with a line end."""
    groups = together(report.findings)
    shown = foremost(groups, IN_FULL)
    more = [f"{it[0].severity}: {gist(it)}" for it in besides(groups, shown)]
    only = f"; the {len(shown)} worst in full" if more else ""
    told: dict[str, Any] = {
        "title": report.attachment or "Answer",
        "status": Markup(f"**{report.status}**"),
        "summary": report.summary,
        "facts": tuple(_facts_of(report)),
        "gaps": [missing(gap) for gap in failures(report)],
        "sections": [_drawn(each) for each in report.sections],
        "tally": tally(report.findings) + only,
        "findings": [_finding(alike[0], len(alike) - 1) for alike in shown],
        "more": more,
        "notes": _notes(report),
        "signature": f"request {report.request_id}" if report.request_id else "",
    }
    return str(_template().render(told)).rstrip() + "\n"


@cache
def _template() -> Any:
    # Imported here: most answers need none, and it costs a tenth of a second.
    from jinja2 import (  # noqa: PLC0415
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,  # for HTML, should anything slip past the line below
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    return environment.get_template("report.md.j2")


def _harmless(value: object) -> object:
    """Return what may stand in Markdown: a text that nobody made so is made so."""
    return _said(value) if type(value) is str else value


def _said(text: str) -> Markup:
    """Return the text; a dash where nothing of it can be seen."""
    return inline(text) or Markup("—")


def _facts_of(report: Report) -> Iterator[tuple[str, Markup]]:
    if report.words:
        yield "asked", code(f"debug-bot {report.words}")
    if report.window is not None:
        yield "window", inline(span(report.window))
    if report.system:
        yield "system", inline(report.system)
    if report.generated_at is not None:
        yield "as of", inline(written(report.generated_at))
    if report.reads:
        yield "read from", inline(", ".join(ages(report)))


def _notes(report: Report) -> Sequence[str]:
    absent = [missing(gap) for gap in report.gaps if not gap.failed]
    cut = ["not all of it is here: a bound cut it"] if report.truncated else []
    return [*report.notes, *absent, *cut]


def _finding(finding: Finding, more: int) -> dict[str, object]:
    rest = f" (and {more:,} more alike)" if more else ""
    return {
        "severity": finding.severity.value,
        "title": finding.title + rest,
        "sure": sureness(finding),
        "evidence": [shortened(each, _CELL) for each in finding.evidence],
        "remedy": finding.remedy,
    }


def _drawn(section: Section) -> _Drawn:
    match section:
        case Facts():
            return _Drawn(
                title=section.title,
                kind="list",
                items=[
                    Markup("{}: {}").format(
                        inline(label), inline(shortened(written(value), _MESSAGE))
                    )
                    for label, value in section.rows
                ],
            )
        case Table():
            return _table(section)
        case Timeline():
            return _timeline(section)
        case Text():
            return _text(section)
        case Chart():
            return _text(Text(title=section.title, text=section.alt))
        case _:
            assert_never(section)


def _text(section: Text) -> _Drawn:
    held = shortened(section.text.strip("\n"), _QUOTED)
    if section.quoted:
        return _Drawn(title=section.title, kind="quoted", text=fenced(held))
    lines = [line for line in map(inline, held.split("\n")) if line]
    if len(lines) < 2 and not held.startswith("- "):
        text = lines[0] if lines else _said("")
        return _Drawn(title=section.title, kind="paragraph", text=text)
    # A list has marks of its own.
    items = [inline(line.removeprefix("- ")) for line in held.split("\n")]
    return _Drawn(title=section.title, kind="list", items=[it for it in items if it])


def _table(table: Table) -> _Drawn:
    shown = table.rows[:ROWS]
    left = len(table.rows) - len(shown)
    note = f"The first {len(shown):,} of {len(table.rows):,} rows; --json has them all."
    numbers = (
        index
        for index in range(len(table.header))
        if shown and all(isinstance(row[index], int | float) for row in shown)
    )
    return _Drawn(
        title=table.title,
        kind="table",
        note=note if left else "",
        header=[cell(name) for name in table.header],
        right=frozenset(numbers),
        rows=[[_cell(held) for held in row] for row in shown],
    )


def _cell(held: Cell) -> Markup:
    return cell(shortened(written(held), _CELL))


def _timeline(timeline: Timeline) -> _Drawn:
    if not timeline.lines:
        text = inline("nothing")
        return _Drawn(title=timeline.title, kind="paragraph", text=text)
    items: list[Markup] = []
    last: datetime | None = None
    for item in excerpt(timeline.lines, LINES):
        if isinstance(item, Leap):
            items.append(_leap(item))
            last = item.until
            continue
        at = item.at.astimezone(UTC)
        new_day = last is None or last.date() != at.date()
        form = "%Y-%m-%d %H:%M:%S" if new_day else "%H:%M:%S"
        later = f" *+{spoken(at - last)}*" if last and at - last > GAP else ""
        words = inline(shortened(item.message.strip("\n"), _MESSAGE))
        items.append(
            Markup("{}{} **{}** {}").format(
                code(at.strftime(form)),
                Markup(later),
                _said(writer(item, timeline)),
                words,
            )
        )
        last = at
    number = some(len(timeline.lines), "moment")
    note = f"{number}, times in UTC; + is the time since the one before."
    return _Drawn(title=timeline.title, kind="list", items=items, note=note)


def _leap(leap: Leap) -> Markup:
    faults = f", {some(leap.alarming, 'error')} among them" if leap.alarming else ""
    words = f"… {some(leap.lines, 'moment')} left out here{faults}; `--json` has all"
    return Markup("*{}*").format(Markup(words))
