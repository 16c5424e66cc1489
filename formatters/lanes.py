"""Lanes of a chart: bars along the time, joined where they are too many."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.charts import Lane, Lanes, Span, Tone
from formatters import glyphs
from formatters.sheet import COLOURS, ON, PAPER, RULE, Sheet, painted

BAR: Final = 50
GAP: Final = 6
CAPTION: Final = 28
LABEL: Final = 26
MOST_LANES: Final = 12
MOST_SPANS: Final = 120  # of one lane; more are joined
MOST_ROWS: Final = 4
COLUMNS: Final = 200  # what is closer than one of these is joined
_LEAST: Final = 4  # pixels: a shorter bar would not be seen


def draw_lanes(sheet: Sheet, lanes: Lanes, ticks: Sequence[float]) -> tuple[str, ...]:
    """Draw the lanes under each other; return what has to be said of them."""
    notes = []
    for lane in lanes.lanes[:MOST_LANES]:
        shown = tuple(
            span
            for span in lane.spans
            if span.until.timestamp() >= sheet.since
            and span.since.timestamp() <= sheet.until
        )
        spans = shown if len(shown) <= MOST_SPANS else joined(shown, sheet)
        if len(spans) < len(shown):
            notes.append(
                f"{glyphs.drawable(lane.name)}: {len(shown):,} drawn as {len(spans):,}"
                " bars, neighbours joined"
            )
        _draw(sheet, replace(lane, spans=spans), ticks)
    if (more := len(lanes.lanes) - MOST_LANES) > 0:
        notes.append(f"{more:,} more lanes are not drawn")
    return tuple(notes)


def joined(spans: Iterable[Span], sheet: Sheet) -> tuple[Span, ...]:
    """Return fewer spans: those of one tone that overlap or nearly touch become one."""
    near = (sheet.until - sheet.since) / COLUMNS
    found: list[Span] = []
    for tone in Tone:
        last: Span | None = None
        alike = (span for span in spans if span.tone is tone)
        for span in sorted(alike, key=lambda each: each.since):
            if last and (span.since - last.until).total_seconds() <= near:
                until = max(last.until, span.until)
                last = replace(last, until=until, label="", brief="", open=False)
                continue
            if last:
                found.append(last)
            last = span
        if last:
            found.append(last)
    return tuple(sorted(found, key=lambda each: each.since))


def rows(spans: Iterable[Span], sheet: Sheet) -> tuple[tuple[Span, ...], ...]:
    """Return the spans in rows in which none overlaps, but for the last row."""
    found: list[list[Span]] = []
    for span in spans:
        begin = span.since.timestamp() + sheet.pixel
        free = next((row for row in found if row[-1].until.timestamp() <= begin), None)
        if free is not None:
            free.append(span)
        elif len(found) < MOST_ROWS:
            found.append([span])
        else:
            found[-1].append(span)
    return tuple(map(tuple, found))


def _draw(sheet: Sheet, lane: Lane, ticks: Sequence[float]) -> None:
    sheet.caption(lane.name, lane.keys, CAPTION)
    packed = rows(lane.spans, sheet) or ((),)
    height = len(packed) * (BAR + GAP)
    top = sheet.top
    axes = sheet.panel(height)
    axes.set_ylim(height, 0)
    axes.set_gid(lane.name)
    for at in ticks:
        axes.axvline(at, color=RULE, linewidth=1.5, zorder=0)
    for number, row in enumerate(packed):
        y = number * (BAR + GAP)
        for tone in dict.fromkeys(span.tone for span in row):
            alike = [span for span in row if span.tone is tone]
            axes.broken_barh(
                [_extent(span, sheet) for span in alike],
                (y, BAR),
                zorder=2 if tone in (Tone.BAD, Tone.DOUBT) else 1,
                **painted(tone),
            )
        for span in row:
            _label(sheet, span, top + y + BAR / 2)
    for tone in dict.fromkeys(mark.tone for mark in lane.marks):
        times = [mark.at.timestamp() for mark in lane.marks if mark.tone is tone]
        axes.plot(
            times,
            [BAR * 0.5] * len(times),
            linestyle="none",
            marker="D",
            markersize=12,
            color=COLOURS[tone],
            markeredgecolor=PAPER,
            markeredgewidth=1.5,
            zorder=3,
        )
    sheet.top += 4


def _extent(span: Span, sheet: Sheet) -> tuple[float, float]:
    """Return beginning and length in seconds, long enough to be seen."""
    since = max(span.since.timestamp(), sheet.since)
    until = min(span.until.timestamp(), sheet.until)
    least = _LEAST * sheet.pixel
    if until - since < least:
        since = min(since, sheet.until - least)
        until = since + least
    return since, until - since


def _label(sheet: Sheet, span: Span, y: float) -> None:
    """Write into the bar what it is, as far as there is room."""
    since, length = _extent(span, sheet)
    room = length / sheet.pixel - 16
    words = _fitting(span, room)
    if words:
        x, behind = sheet.x(since) + 8, COLOURS[span.tone]
        sheet.write(x, y, words, LABEL, colour=ON[span.tone], behind=behind)


def _fitting(span: Span, room: float) -> str:
    """Return the label, else the brief one whole, else as much as there is room for."""
    if not span.label:
        return ""
    on = " →" if span.open else ""
    for words in (f"{span.label}{on}", f"{span.brief}{on}", span.brief):
        told = glyphs.drawable(words)
        if span.brief and glyphs.width(told, LABEL) <= room:
            return told
    return "" if span.brief else glyphs.fitted(f"{span.label}{on}", room, LABEL)
