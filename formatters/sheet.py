"""A sheet of paper that fills from the top, measured in pixels."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bot.domain.charts import Tone
from formatters import glyphs

WIDTH: Final = 1200  # a phone shows a third of it: hence the large letters
TALLEST: Final = 3000
MARGIN: Final = 36
DPI: Final = 100
INK: Final = "#1b1f24"
FAINT: Final = "#57606a"
RULE: Final = "#d0d7de"
PAPER: Final = "#ffffff"

# Okabe and Ito's colours, which people of any colour vision tell apart; what matters
# most is hatched as well.
COLOURS: Final = {
    Tone.CALM: "#a6d1ee",
    Tone.BUSY: "#0072b2",
    Tone.GOOD: "#009e73",
    Tone.DOUBT: "#e69f00",
    Tone.BAD: "#c14e00",
    Tone.PAST: "#c3c9d0",
}
ON: Final = {
    Tone.CALM: INK,
    Tone.BUSY: PAPER,
    Tone.GOOD: PAPER,
    Tone.DOUBT: INK,
    Tone.BAD: PAPER,
    Tone.PAST: INK,
}
_SWATCH: Final = 24


class Sheet:
    """A figure, how far down it is filled, and the span of time that it shows."""

    def __init__(self, since: datetime, until: datetime, *, left: int) -> None:
        """Begin at the top; times run from *left* to the right margin."""
        self.figure = Figure(
            figsize=(WIDTH / DPI, TALLEST / DPI), dpi=DPI, facecolor=PAPER
        )
        self.canvas = FigureCanvasAgg(self.figure)
        self.since = since.timestamp()
        self.until = max(until.timestamp(), self.since + 1.0)
        self.left = left
        self.top = MARGIN

    @property
    def pixel(self) -> float:
        """How many seconds a pixel is wide."""
        return (self.until - self.since) / (WIDTH - MARGIN - self.left)

    def x(self, at: float) -> float:
        """Return where a time lies."""
        return self.left + (at - self.since) / self.pixel

    def panel(self, height: int) -> Axes:
        """Return axes over the whole span, so high, and move below them."""
        share = (
            self.left / WIDTH,
            1 - (self.top + height) / TALLEST,
            (WIDTH - MARGIN - self.left) / WIDTH,
            height / TALLEST,
        )
        axes = self.figure.add_axes(share)
        axes.set_axis_off()
        axes.set_xlim(self.since, self.until)
        axes.set_autoscale_on(False)
        self.top += height
        return axes

    def write(  # noqa: PLR0913  where, what and how
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        bold: bool = False,
        colour: str = INK,
        align: str = "left",
        behind: str | None = None,
    ) -> None:
        """Write drawable words, centred on the height *y*.

        What crosses them is covered with the colour *behind*, if one is given.
        """
        box = {"facecolor": behind, "linewidth": 0, "pad": 1} if behind else None
        self.figure.text(
            x / WIDTH,
            1 - y / TALLEST,
            glyphs.leftward(words),
            fontproperties=glyphs.font(bold=bold),
            fontsize=size * 72 / DPI,
            color=colour,
            ha=align,
            va="center_baseline",
            bbox=box,
            parse_math=False,
            usetex=False,
        )

    def paragraph(
        self,
        text: str,
        size: float,
        *,
        most: int,
        colour: str = INK,
        bold: bool = False,
    ) -> None:
        """Write the text in at most so many lines, and move below it."""
        room = WIDTH - 2 * MARGIN
        every = list(glyphs.lines(text, room, size, bold=bold))
        if len(every) > most:
            every = [*every[: most - 1], f"{every[most - 1][:-1].rstrip()}…"]
        for line in every:
            self.top += int(size * 1.35)
            self.write(
                MARGIN, self.top - size * 0.6, line, size, bold=bold, colour=colour
            )

    def caption(self, name: str, keys: Iterable[tuple[Tone, str]], size: float) -> None:
        """Write a name and what its colours mean, in as many lines as that takes."""
        self.top += int(size * 1.5)
        room = WIDTH - 2 * MARGIN
        words = glyphs.fitted(name, room, size, bold=True)
        self.write(MARGIN, self.top - size * 0.7, words, size, bold=True)
        x = MARGIN + glyphs.width(words, size, bold=True) + size * 1.2
        for tone, meaning in keys:
            key = glyphs.fitted(meaning, room - _SWATCH - size, size) or "?"
            taken = _SWATCH + size * 0.35 + glyphs.width(key, size)
            if x + taken > WIDTH - MARGIN and x > MARGIN:
                x = MARGIN
                self.top += int(size * 1.4)
            self._swatch(x, self.top - size * 0.7, tone)
            self.write(x + _SWATCH + size * 0.35, self.top - size * 0.7, key, size)
            x += taken + size * 1.1
        self.top += 8

    def _swatch(self, x: float, y: float, tone: Tone) -> None:
        half = _SWATCH / 2
        self.figure.add_artist(
            Rectangle(
                (x / WIDTH, 1 - (y + half) / TALLEST),
                _SWATCH / WIDTH,
                _SWATCH / TALLEST,
                transform=self.figure.transFigure,
                **painted(tone),
            )
        )


def painted(tone: Tone) -> dict[str, Any]:
    """Return how an area of that tone is painted."""
    look: dict[str, Any] = {"facecolor": COLOURS[tone], "linewidth": 0.0}
    if tone is Tone.BAD:
        look |= {"hatch": "///", "edgecolor": "#e9a06f"}
    return look
