"""Charts for tests, and what the artists of a picture hold."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bot.domain.charts import Lane, Lanes, Mark, Panel, Series, Span, Steps, Tone
from bot.domain.report import Chart
from formatters.sheet import Sheet
from tests.world import NOW, ago

HOSTILE = (
    "$\\frac{1}{2}$ $x^2$ $",
    "\u202eevil \u2066rtl",
    "مرحبا بالعالم שלום",
    "🎉🔥👩‍👩‍👧 emoji 日本語",
    "\x1b[31mred\x1b[0m\x07\x00",
    "gpu-" + "a" * 196,
    "line\nbreak\r\nmore\u2028and more",
    "<!channel> & <https://x|y>",
    "\ud800 alone",
    "%s {0} \\ \\u",
    "",
    "  ",
)


def a_chart(*panels: Panel, **given: Any) -> Chart:
    """Return a chart of the last four hours."""
    values: dict[str, Any] = {
        "title": "a title",
        "alt": "words",
        "since": ago(hours=4),
        "until": NOW,
    }
    return Chart(panels=panels, **(values | given))


def a_sheet() -> Sheet:
    """Return an empty sheet of the last four hours."""
    return Sheet(ago(hours=4), NOW, left=36)


def a_lane(*spans: Span, **given: Any) -> Lanes:
    """Return one lane of these spans."""
    return Lanes(lanes=(Lane(name=given.pop("name", "lane"), spans=spans, **given),))


def a_span(first: float, last: float, tone: Tone = Tone.GOOD, **given: Any) -> Span:
    """Return a span between so many hours ago."""
    return Span(since=ago(hours=first), until=ago(hours=last), tone=tone, **given)


def a_mark(hours: float, label: str = "a mark") -> Mark:
    """Return a mark of so many hours ago."""
    return Mark(at=ago(hours=hours), tone=Tone.BAD, label=label)


def a_series(*values: tuple[float, float | None], **given: Any) -> Series:
    """Return a series that has each value from so many hours ago on."""
    return Series(
        name=given.get("name", "series"),
        tone=given.get("tone", Tone.BUSY),
        values=tuple((ago(hours=at), value) for at, value in values),
    )


def some_steps(*series: Series, name: str = "steps", unit: str = "") -> Steps:
    """Return a panel of these series."""
    return Steps(name=name, series=series, unit=unit)


def words(figure: Figure) -> list[str]:
    """Return every text of the picture."""
    return [each.get_text() for each in figure.texts]


def panel(figure: Figure, name: str) -> Axes:
    """Return the axes of that name."""
    [found] = [each for each in figure.axes if each.get_gid() == name]
    return found


def bars(axes: Axes) -> list[tuple[float, float, float]]:
    """Return where bars begin and end, in hours before NOW, and their row's height."""
    found = []
    for collection in axes.collections:
        for path in collection.get_paths():
            box = path.get_extents()
            first, last = ((NOW.timestamp() - each) / 3600 for each in (box.x0, box.x1))
            found.append((round(first, 3), round(last, 3), box.y0))
    return sorted(found, reverse=True)


def times(line: Line2D) -> list[float]:
    """Return where a line's points lie."""
    return [float(each) for each in np.asarray(line.get_xdata())]
