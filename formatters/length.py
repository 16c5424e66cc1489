"""How long an answer is, in pages of a phone, and whether it goes as a file as well."""

from typing import Final, assert_never

from bot.domain.findings import Finding
from bot.domain.report import Chart, Facts, Report, Section, Table, Text, Timeline
from formatters import limits

_LINE: Final = 120  # characters of prose that count as a line


def long(report: Report) -> bool:
    """Tell whether the answer is posted short, and the whole of it attached.

    That is beyond three pages, of which nobody reads the third on a phone, or more
    lines than are ever shown, or what is to be kept anyway; and JSON is for programs.
    """
    if report.as_json or report.attachment:
        return True
    return pages(report) > limits.MAX_MESSAGES or any(
        isinstance(section, Timeline) and len(section.lines) > limits.TIMELINE_LINES
        for section in report.sections
    )


def pages(report: Report) -> float:
    """Return how many pages the report would fill if nothing were left out."""
    findings = sum(map(_lines, report.findings)) / limits.PAGE_LINES
    return findings + sum(map(_pages, report.sections))


def _lines(finding: Finding) -> int:
    return 2 + len(finding.evidence)  # its title and its remedy


def _pages(section: Section) -> float:
    match section:
        case Facts():
            return len(section.rows) / limits.PAGE_LINES
        case Timeline():
            return len(section.lines) / limits.PAGE_LINES
        case Table():
            return len(section.rows) / limits.PAGE_ROWS
        case Text():
            lines = section.text.splitlines()
            return sum(1 + len(line) // _LINE for line in lines) / limits.PAGE_LINES
        case Chart():
            return 2 / limits.PAGE_LINES  # its title and its words
        case _:
            assert_never(section)
