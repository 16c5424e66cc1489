"""A table for Slack: its own block, or lines where a second block may not stand."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.figures import some
from bot.domain.report import Cell, Table
from formatters import limits, rich
from formatters.limits import shortened
from formatters.packing import Block, Group, weight
from formatters.rich import Inline, prose, text
from formatters.visible import one_line
from formatters.wording import written

_HEAD: Final = 40
_NOTHING: Final = "—"  # a cell is never empty
_LARGE: Final = 5_000  # characters of JSON, a third of a message
_WIDE: Final = 24
_RECENT: Final = timedelta(hours=12)
_UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_SHORT: Final = 8  # characters of an id: enough to type, and to tell tasks apart


def gridded(
    table: Table, *, rows: int, cell: int, note: str, now: datetime | None
) -> Group:
    """Return the table block under its title.

    At most *rows* rows are shown, *cell* characters of a cell and the columns that a
    phone can show; *note* says where the rest can be read. Times near *now* go without
    their date, and task ids without their end where no two of them would look alike.
    """
    header = table.header[: limits.COLUMNS_READABLE]
    if not header or not table.rows:
        return (rich.block(rich.section(_title(table))),)
    forms = [_form(table, index, now) for index in range(len(header))]
    settings = [_setting(table, index) for index in range(len(header))]
    shown = [
        [
            _cell(held, cell, form)
            for held, form in zip(row[: len(header)], forms, strict=True)
        ]
        for row in _with_short_ids(table.rows[:rows])
    ]
    grid: Block = {
        "type": "table",
        "column_settings": settings,
        "rows": [[_raw(name, _HEAD) for name in header], *shown],
    }
    while weight([grid]).payload > _LARGE:
        grid["rows"].pop()
    blocks = [rich.block(rich.section(_title(table))), grid]
    if rest := _left_out(table, len(grid["rows"]) - 1, note):
        blocks.append(rich.block(rich.section(rest)))
    return tuple(blocks)


def listed(
    table: Table, *, rows: int, cell: int, note: str
) -> tuple[Inline, tuple[tuple[Inline, ...], ...]]:
    """Return the title and the lines that say the same as the table block."""
    lines = [
        tuple(_line(table.header, row[: limits.COLUMNS_READABLE], cell))
        for row in table.rows[:rows]
    ]
    if rest := _left_out(table, len(lines), note):
        lines.append((rest,))
    return _title(table), tuple(lines)


def _title(table: Table) -> Inline:
    title = shortened(one_line(table.title).strip(), 150)
    number = some(len(table.rows), "row")
    return [*text(title, bold=True), *text(f"  {number}", italic=True)]


def _left_out(table: Table, shown: int, note: str) -> Inline:
    parts = []
    if more := len(table.rows) - shown:
        parts.append(f"{some(more, 'more row')} left out")
    if hidden := table.header[limits.COLUMNS_READABLE :]:
        names = shortened(one_line(", ".join(hidden)), 200)
        parts.append(f"{some(len(hidden), 'more column')} left out: {names}")
    return prose(f"{'; '.join(parts)}. {note}", italic=True) if parts else []


def _line(names: Sequence[str], row: Sequence[Cell], most: int) -> Iterator[Inline]:
    for name, held in zip(names, row, strict=False):
        first = held is row[0]
        label = shortened(one_line(name), _HEAD)
        yield text("" if first else f"  {label} ", italic=True)
        if isinstance(held, datetime):
            yield rich.moment(held)
        else:
            yield text(_words(held, most), bold=first)


def _with_short_ids(rows: Sequence[Sequence[Cell]]) -> Sequence[Sequence[Cell]]:
    texts = [cell for row in rows for cell in row if isinstance(cell, str)]
    ids = {id for cell in texts for id in _UUID.findall(cell)}
    if len({id[:_SHORT] for id in ids}) < len(ids):
        return rows

    def short(cell: Cell) -> Cell:
        if not isinstance(cell, str):
            return cell
        return _UUID.sub(lambda found: found[0][:_SHORT], cell)

    return [[short(cell) for cell in row] for row in rows]


def _form(table: Table, index: int, now: datetime | None) -> str:
    cells = (row[index] for row in table.rows)
    times = [cell for cell in cells if isinstance(cell, datetime)]
    near = now and all(timedelta(0) <= now - at < _RECENT for at in times)
    return rich.CLOCK if near else rich.DATED


def _cell(held: Cell, most: int, form: str) -> Block:
    if isinstance(held, datetime):
        return rich.block(rich.section(rich.moment(held, form)))
    return _raw(_words(held, most), most)


def _words(held: Cell, most: int) -> str:
    words = _NOTHING if held is None else written(held)
    return shortened(one_line(words).strip(), most) or _NOTHING


def _raw(words: str, most: int) -> Block:
    return {"type": "raw_text", "text": _words(words, most)}


def _setting(table: Table, index: int) -> Block:
    held = [row[index] for row in table.rows if row[index] is not None]
    if held and all(isinstance(cell, int | float) for cell in held):
        return {"align": "right"}
    prose = (cell for cell in held if isinstance(cell, str) and " " in cell)
    return {"is_wrapped": max(map(len, prose), default=0) > _WIDE}
