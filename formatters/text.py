"""Report to terminal text: everything, line by line as it is made.

Nothing is cut, however long, but the list that many findings begin with; what would
move a cursor is made visible.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Final, assert_never

from bot.domain.figures import some
from bot.domain.findings import Finding, Severity, Status
from bot.domain.logs import Level, LogLine
from bot.domain.report import (
    Ask,
    Chart,
    Facts,
    Outcome,
    Report,
    Section,
    Table,
    Text,
    Timeline,
)
from formatters.columns import breadth, cut, grid, padded, wrapped
from formatters.gist import IN_FULL, MANY, Alike, foremost, gist, others, together
from formatters.visible import one_line, visible
from formatters.wording import (
    failures,
    missing,
    signature,
    sureness,
    tally,
    writer,
    written,
)

_PROGRAM: Final = "debug-bot"
_LEVELS: Final[Mapping[str, str]] = {
    Level.DEBUG: "debug",
    Level.INFO: "info ",
    Level.WARNING: "WARN ",
    Level.ERROR: "ERROR",
    Level.CRITICAL: "CRIT ",
}
_BOLD, _DIM = "1", "2"
_COLOURS: Final = {
    Status.OK: "1;32",
    Status.WARNING: "1;33",
    Status.CRITICAL: "1;31",
    Status.UNKNOWN: "1;35",
    Severity.CRITICAL: "1;31",
    Severity.WARNING: "1;33",
    Severity.INFO: "1;36",
}
_LONGEST_LABEL: Final = 28


def lines(
    report: Report, *, width: int, colour: bool, height: int = 0
) -> Iterator[str]:
    """Yield the report's lines, without line ends, verdict first.

    They are at most *width* wide where words allow, and unlimited for 0, as suits a
    pipe. With *colour* they hold the usual escape sequences, and none of the data's.
    Where they are more than a screen of that *height* holds, the verdict scrolls away,
    and stands once more at the end.
    """
    number = 0
    for line in _whole(report, width, colour):
        number += 1
        yield line
    if 0 < height <= number:
        yield ""
        yield from _verdict(report, width, colour)


def _whole(report: Report, width: int, colour: bool) -> Iterator[str]:
    yield from _verdict(report, width, colour)
    if report.findings:
        yield from _findings(report, width, colour)
    for section in report.sections:
        yield ""
        yield from _section(section, report, width, colour)
    if report.asks:
        yield ""
        yield _painted("Next", _BOLD, colour)
        yield from _next(report.asks, width)
    yield from _footer(report, width, colour)


def _painted(words: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{words}\x1b[0m" if colour and words else words


def _verdict(report: Report, width: int, colour: bool) -> Iterator[str]:
    summary = visible(report.summary).strip() or "no summary"
    if report.outcome is Outcome.ANSWERED or report.data is not None:
        lead = f"{report.status.upper()}  "
        first, *rest = wrapped(summary, width, lead, " " * len(lead))
        sign = _painted(lead.strip(), _COLOURS[report.status], colour)
        yield f"{sign}  {_painted(first[len(lead) :], _BOLD, colour)}"
        yield from (_painted(line, _BOLD, colour) for line in rest)
    else:
        yield from wrapped(summary, width)
    if report.hint:
        yield from wrapped(visible(report.hint), width)
    for gap in failures(report):
        for line in wrapped(one_line(missing(gap)), width, "! ", "  "):
            yield _painted(line, _COLOURS[Status.WARNING], colour)


def _findings(report: Report, width: int, colour: bool) -> Iterator[str]:
    yield ""
    yield _painted(f"Findings: {tally(report.findings)}", _BOLD, colour)
    groups = together(report.findings)
    many = len(report.findings) > MANY
    shown = foremost(groups, IN_FULL) if many else groups
    if len(groups) > len(shown):
        for alike in groups:
            yield _short(alike, width, colour)
        yield ""
        yield _painted(f"The {len(shown)} worst in full", _BOLD, colour)
    for alike in shown:
        yield ""
        yield from _finding(alike[0], width, colour)
        if rest := others(alike, width - 6 if width else 0):
            yield f"    + {cut(rest, width - 6 if width else 0)}"
    if more := len(report.findings) - len(shown):
        words = f"{_PROGRAM} {one_line(report.words)} --json" if report.words else ""
        yield ""
        yield from wrapped(
            f"{some(more, 'more finding')} in full{words and ': '}{words}", width
        )


def _short(alike: Alike, width: int, colour: bool) -> str:
    """Return one line that fits: how bad it is, and what."""
    severity = alike[0].severity
    lead = f"  {severity.upper():<8}  "
    room = max(width - len(lead), 1) if width else 0
    sign = _painted(severity.upper(), _COLOURS[severity], colour)
    return f"  {sign}{lead[2 + len(severity) :]}{cut(gist(alike, room), room)}"


def _finding(finding: Finding, width: int, colour: bool) -> Iterator[str]:
    lead = f"  {finding.severity.upper()}  "
    sure = f" ({sureness(finding)})" if sureness(finding) else ""
    title = one_line(finding.title) + sure
    first, *rest = wrapped(title, width, lead, " " * len(lead))
    sign = _painted(lead.strip(), _COLOURS[finding.severity], colour)
    yield f"  {sign}  {_painted(first[len(lead) :], _BOLD, colour)}"
    yield from (_painted(line, _BOLD, colour) for line in rest)
    for proof in finding.evidence:
        yield from wrapped(visible(proof).strip("\n"), width, "    - ", "      ")
    if finding.remedy:
        yield from wrapped(one_line(finding.remedy), width, "    → ", "      ")
    if finding.ask:
        yield f"    $ {_PROGRAM} {one_line(finding.ask)}"
    about = f"{finding.rule}, {finding.subject.name}"
    for line in wrapped(one_line(about), width, "      ", "      "):
        yield _painted(line, _DIM, colour)


def _section(
    section: Section, report: Report, width: int, colour: bool
) -> Iterator[str]:
    title = one_line(section.title)
    match section:
        case Facts():
            yield _painted(title, _BOLD, colour)
            yield from _facts(section, width)
        case Table():
            number = some(len(section.rows), "row")
            yield _painted(f"{title} ({number})", _BOLD, colour)
            if section.rows:
                yield from grid(section, width, report.generated_at)
        case Timeline():
            number = some(len(section.lines), "line")
            yield _painted(f"{title} ({number}, times in UTC)", _BOLD, colour)
            yield from _timeline(section, width, colour)
        case Text():
            yield _painted(title, _BOLD, colour)
            lead = "  | " if section.quoted else "  "
            yield from wrapped(visible(section.text).strip("\n"), width, lead, lead)
        case Chart():
            yield _painted(title, _BOLD, colour)
            yield from wrapped(one_line(section.alt), width, "  ", "  ")
        case _:
            assert_never(section)


def _facts(facts: Facts, width: int) -> Iterator[str]:
    labels = [one_line(label) for label, _ in facts.rows]
    column = min(max(map(breadth, labels), default=0), _LONGEST_LABEL)
    for label, (_, cell) in zip(labels, facts.rows, strict=True):
        lead = f"  {padded(label, column)}  "
        value = visible(written(cell)).strip("\n")
        yield from wrapped(value, width, lead, " " * (column + 4))


def _timeline(timeline: Timeline, width: int, colour: bool) -> Iterator[str]:
    day = None
    for line in timeline.lines:
        at = line.at.astimezone(UTC)
        if at.date() != day:
            day = at.date()
            yield _painted(f"  {day}", _DIM, colour)
        level = _LEVELS.get(line.level) or one_line(line.level)
        lead = f"  {at:%H:%M:%S} {level} "
        code = _level_colour(line)
        source = one_line(writer(line, timeline))
        words = f"{source}: {visible(line.message).strip(chr(10))}"
        for text in wrapped(words, width, lead, " " * 17):
            yield _painted(text, code, colour) if code else text


def _next(asks: Sequence[Ask], width: int) -> Iterator[str]:
    labels = [one_line(ask.label) for ask in asks]
    questions = [f"{_PROGRAM} {one_line(ask.words)}" for ask in asks]
    column = max(map(breadth, labels))
    beside = not width or column + 4 + max(map(breadth, questions)) <= width
    for label, question in zip(labels, questions, strict=True):
        if beside:
            yield f"  {padded(label, column)}  {question}"
        else:
            yield f"  {label}"
            yield f"    {question}"


def _level_colour(line: LogLine) -> str:
    if line.alarming:
        return "31"
    return "33" if line.level == Level.WARNING else ""


def _footer(report: Report, width: int, colour: bool) -> Iterator[str]:
    small = [visible(note) for note in report.notes]
    if report.truncated:
        small.append("not all of it is here: a bound or --limit cut it")
    parts = [one_line(part) for part in signature(report)]
    if report.words:
        parts[0] = f"{_PROGRAM} {parts[0]}"
    if small or parts:
        yield ""
    for line in [line for words in small for line in wrapped(words, width)]:
        yield _painted(line, _DIM, colour)
    for line in _joined(parts, width):
        yield _painted(line, _DIM, colour)


def _joined(parts: Sequence[str], width: int) -> Iterator[str]:
    """Yield the parts, as many to a line as it holds."""
    held = ""
    for part in parts:
        longer = f"{held} · {part}" if held else part
        if held and width and breadth(longer) > width:
            yield held
            longer = part
        held = longer
    yield from wrapped(held, width) if held else ()
