"""Series of a chart: steps stacked on each other, thinned where they are too many."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, TypeAlias

from matplotlib.axes import Axes

from bot.domain.charts import Series, Steps, Tone
from formatters import glyphs
from formatters.sheet import FAINT, RULE, Sheet, painted

HEIGHT: Final = 270
CAPTION: Final = 28
LABEL: Final = 26
MOST_SERIES: Final = 8
COLUMNS: Final = 1000  # moments drawn; of more, each column keeps its peak
_LINES: Final = 3  # steps of the scale at most

Stack: TypeAlias = tuple[tuple[float, ...], tuple[tuple[float | None, ...], ...]]
"""Moments, and for each of them the value of every series."""


def keys(steps: Steps) -> tuple[tuple[Tone, str], ...]:
    """Return what the colours mean; a series alone needs no key."""
    found = tuple((each.tone, each.name) for each in steps.series[:MOST_SERIES])
    return found if len(found) > 1 else ()


def draw_steps(
    sheet: Sheet, steps: Steps, ticks: Sequence[float], *, keyed: bool = True
) -> tuple[str, ...]:
    """Draw the series, *keyed* with their names; return what has to be said of them."""
    series = steps.series[:MOST_SERIES]
    sheet.caption(steps.name, keys(steps) if keyed else (), CAPTION)
    whole = stacked(series, sheet)
    times, values = thinned(whole, sheet)
    sheet.top += LABEL // 2
    top = sheet.top
    axes = sheet.panel(HEIGHT)
    axes.set_gid(steps.name)
    sums = [sum(each or 0.0 for each in row) for row in values]
    every, highest = scale(max(sums, default=0.0), whole=not steps.unit)
    axes.set_ylim(0, highest * 1.04)
    for at in ticks:
        axes.axvline(at, color=RULE, linewidth=1.5, zorder=0)
    for number in range(round(highest / every) + 1):
        height = number * every
        axes.axhline(height, color=RULE, linewidth=1.5, zorder=0)
        words = f"{steps.unit}{_number(height)}"
        y = top + HEIGHT * (1 - height / (highest * 1.04))
        x = sheet.left - 12
        words = glyphs.fitted(words, x - 4, LABEL)
        sheet.write(x, y, words, LABEL, colour=FAINT, align="right")
    ends = (*times, sheet.until)
    below = [0.0] * (len(times) + 1)
    for index, each in enumerate(series):
        column = [row[index] or 0.0 for row in values]
        above = [
            low + own for low, own in zip(below, [*column, column[-1]], strict=True)
        ]
        axes.fill_between(
            ends,
            below,
            above,
            step="post",
            zorder=1,
            label=each.name,
            **painted(each.tone),
        )
        below = above
    _unknown(sheet, axes, (times, values), top)
    sheet.top += 10
    notes = []
    if len(times) < len(whole[0]):
        notes.append(
            f"{glyphs.drawable(steps.name)}: {len(whole[0]):,} changes drawn as the"
            f" peaks of {len(times):,} columns"
        )
    if len(steps.series) > MOST_SERIES:
        more = len(steps.series) - MOST_SERIES
        notes.append(f"{more:,} more series are not drawn")
    return tuple(notes)


def stacked(series: Sequence[Series], sheet: Sheet) -> Stack:
    """Return all moments inside the sheet at which anything changes, with values."""
    points = [
        ([at.timestamp() for at, _ in each.values], [value for _, value in each.values])
        for each in series
    ]
    inside = {
        at for times, _ in points for at in times if sheet.since < at < sheet.until
    }
    moments = (sheet.since, *sorted(inside))
    rows = tuple(
        tuple(_at(times, values, moment) for times, values in points)
        for moment in moments
    )
    return moments, rows


def _at(
    times: Sequence[float], values: Sequence[float | None], moment: float
) -> float | None:
    """Return the value that holds at the moment; 0 before the first one."""
    index = bisect_right(times, moment) - 1
    value = values[index] if index >= 0 else 0.0
    return value if value is None or math.isfinite(value) else None


def thinned(stack: Stack, sheet: Sheet) -> Stack:
    """Return at most a moment for each column: that of its highest stack."""
    moments, rows = stack
    if len(moments) <= COLUMNS:
        return stack
    width = (sheet.until - sheet.since) / COLUMNS
    best: dict[int, int] = {}
    for index, at in enumerate(moments):
        column = int((at - sheet.since) / width)
        known = best.get(column)
        if known is None or _sum(rows[index]) > _sum(rows[known]):
            best[column] = index
    kept = [best[column] for column in sorted(best)]
    starts = [sheet.since + column * width for column in sorted(best)]
    return tuple(starts), tuple(rows[index] for index in kept)


def _sum(row: Sequence[float | None]) -> float:
    return sum(value or 0.0 for value in row)


def scale(most: float, *, whole: bool) -> tuple[float, float]:
    """Return a round step and the multiple of it that *most* fits under."""
    if most <= 0:
        return 1.0, 1.0
    rough = most / _LINES
    power = 10.0 ** math.floor(math.log10(rough))
    every = next(
        factor * power
        for factor in (1, 2, 5, 10)
        if factor * power >= rough * (1 - 1e-9)
    )
    every = max(every, 1.0) if whole else every
    return every, every * math.ceil(most / every - 1e-9)


def _number(value: float) -> str:
    """Return the number, a large one in thousands or more."""
    for size, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            return f"{value / (1e3 if sign == 'k' else size):,.6g}{sign}"
    return f"{value:,.6g}"


def _unknown(sheet: Sheet, axes: Axes, stack: Stack, top: int) -> None:
    """Hatch what is not known."""
    moments, rows = stack
    for begin, end, row in zip(moments, (*moments[1:], sheet.until), rows, strict=True):
        if None not in row:
            continue
        axes.axvspan(
            begin,
            end,
            facecolor="#f3f4f6",
            edgecolor="#9aa2ab",
            hatch="xx",
            linewidth=0,
            zorder=3,
            label="not known",
        )
        words = glyphs.fitted("not known", (end - begin) / sheet.pixel - 16, LABEL)
        x = sheet.x((begin + end) / 2)
        if words:
            sheet.write(x, top + HEIGHT / 2, words, LABEL, bold=True, align="center")
