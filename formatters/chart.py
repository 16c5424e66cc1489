"""Chart → PNG: a picture for a phone, whatever the data.

Importing this costs more than a second, so whoever draws imports it when it is needed.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Final, assert_never

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from bot.domain.charts import Lanes, Mark, Steps, Tone
from bot.domain.report import Chart
from formatters import glyphs
from formatters.clocks import spanned, ticks
from formatters.lanes import draw_lanes
from formatters.sheet import COLOURS, FAINT, MARGIN, TALLEST, WIDTH, Sheet
from formatters.steps import draw_steps, keys

TITLE: Final = 38
SMALL: Final = 28
NOTE: Final = 25
FLAG: Final = 26
MOST_FLAGS: Final = 4  # rows of words above the panels
MOST_PANELS: Final = 4
MOST_NOTES: Final = 8
TICKS: Final = 6
SCALE: Final = 100  # pixels for the numbers of a scale


def png(chart: Chart) -> bytes:
    """Return the picture.

    Raises:
        ValueError: the chart has no panels.
    """
    sheet = drawn(chart)
    sheet.canvas.draw()  # type: ignore[no-untyped-call]
    pixels = sheet.canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    image = Image.frombuffer("RGBA", (WIDTH, TALLEST), pixels, "raw", "RGBA", 0, 1)
    out = io.BytesIO()
    image.crop((0, 0, WIDTH, sheet.top)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def figure(chart: Chart) -> Figure:
    """Return what would be drawn, to be looked into."""
    return drawn(chart).figure


def drawn(chart: Chart) -> Sheet:
    """Return the sheet with everything on it."""
    if not chart.panels:
        raise ValueError(chart.alt)
    plain = {
        name: value
        for name, value in mpl.rcParamsDefault.items()
        if not name.startswith(("backend", "toolbar"))
    }
    with mpl.rc_context(plain):  # whatever style somebody may have set for themselves
        return _drawn(chart)


def _drawn(chart: Chart) -> Sheet:
    scaled = any(isinstance(panel, Steps) for panel in chart.panels)
    sheet = Sheet(chart.since, chart.until, left=MARGIN + SCALE * scaled)
    sheet.paragraph(chart.title, TITLE, most=2, bold=True)
    sheet.top += 6
    sheet.paragraph(spanned(chart.since, chart.until), SMALL, most=1, colour=FAINT)
    sheet.top += 8
    marks = [
        mark
        for mark in sorted(chart.marks, key=lambda each: each.at)
        if sheet.since <= mark.at.timestamp() <= sheet.until
    ]
    said = [*chart.notes, *_flags(sheet, marks)]
    every = list(ticks(chart.since, chart.until, TICKS))
    times = [at for at, _ in every]
    known: object = None
    for panel in chart.panels[:MOST_PANELS]:
        match panel:
            case Lanes():
                said += draw_lanes(sheet, panel, times)
            case Steps():
                keyed = keys(panel) != known
                said += draw_steps(sheet, panel, times, keyed=keyed)
                known = keys(panel)
            case _:
                assert_never(panel)
    for axes in sheet.figure.axes:
        for mark in marks:
            axes.axvline(
                mark.at.timestamp(),
                color=FAINT if mark.tone is Tone.PAST else COLOURS[mark.tone],
                linewidth=4,
                linestyle=(0, (2, 1)),
                zorder=4,
            )
    _axis(sheet, every)
    _notes(sheet, said)
    sheet.top = min(sheet.top + MARGIN // 2, TALLEST)
    return sheet


def _flags(sheet: Sheet, marks: Sequence[Mark]) -> Iterator[str]:
    """Write above the panels what each mark is, in rows in which none overlaps."""
    taken: list[list[tuple[float, float]]] = []
    begin, left_out = sheet.top, 0
    for mark in marks:
        words = glyphs.fitted(mark.label, WIDTH * 0.75, FLAG, bold=True)
        length = glyphs.width(words, FLAG, bold=True)
        x = sheet.x(mark.at.timestamp())
        if x + length > WIDTH - MARGIN:
            x = max(x - length, MARGIN)
        row = next(
            (
                number
                for number, others in enumerate(taken)
                if all(x > end + 20 or x + length < start - 20 for start, end in others)
            ),
            len(taken),
        )
        if row == MOST_FLAGS:
            left_out += 1
            continue
        if row == len(taken):
            taken.append([])
        taken[row].append((x, x + length))
        y = begin + (row + 0.6) * FLAG * 1.4
        sheet.write(x, y, words, FLAG, bold=True)
    sheet.top += int(len(taken) * FLAG * 1.4)
    if left_out:
        yield f"{left_out:,} more moments are marked without words"


def _axis(sheet: Sheet, every: Sequence[tuple[float, str]]) -> None:
    """Write the times below the last panel."""
    y = sheet.top + SMALL * 0.7
    last = 0.0
    for at, label in every:
        half = glyphs.width(label, SMALL) / 2
        x = min(max(sheet.x(at), MARGIN + half), WIDTH - MARGIN - half)
        if x - half > last + 16:
            sheet.write(x, y, label, SMALL, colour=FAINT, align="center")
            last = x + half
    sheet.top += int(SMALL * 1.5)
    middle = (sheet.left + WIDTH - MARGIN) / 2
    y = sheet.top + NOTE * 0.5
    sheet.write(middle, y, "time in UTC", NOTE, colour=FAINT, align="center")
    sheet.top += int(NOTE * 1.4)


def _notes(sheet: Sheet, said: Sequence[str]) -> None:
    shown = said[:MOST_NOTES]
    if len(said) > MOST_NOTES:
        more = len(said) - MOST_NOTES + 1
        shown = [*said[: MOST_NOTES - 1], f"and {more:,} more notes"]
    for note in shown:
        sheet.paragraph(f"· {note}", NOTE, most=2, colour=FAINT)
