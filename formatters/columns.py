"""Text measured as a terminal shows it: wrapped, aligned, in columns.

Only `cut` leaves anything out, and says so.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import accumulate, takewhile

from bot.domain.report import Cell, Table
from formatters.visible import one_line
from formatters.wording import written

_NOTHING = "—"
_GAP = 2
_NARROWEST = 12  # what a column of prose may shrink to


def breadth(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_breadth, text))


@lru_cache(maxsize=4096)
def _breadth(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def padded(text: str, to: int, *, right: bool = False) -> str:
    """Return the text with spaces up to that breadth, never shorter than it is."""
    space = " " * (to - breadth(text))
    return space + text if right else text + space


def cut(text: str, width: int) -> str:
    """Return the text as one line of at most *width* columns; a cut one ends in `…`.

    A *width* of 0 cuts nothing.
    """
    if not width or breadth(text) <= width:
        return text
    used = accumulate(map(breadth, text))
    return text[: sum(1 for _ in takewhile(lambda size: size < width, used))] + "…"


def wrapped(text: str, width: int, lead: str = "", rest: str = "") -> Iterator[str]:
    """Yield the text in lines of at most *width*, led by *lead*, then by *rest*.

    A word that is longer stands alone and whole, so that it can be copied. Lines of
    the text stay lines, and keep their indentation; a *width* of 0 wraps nothing.
    """
    for line in text.split("\n"):
        if not width or breadth(lead) + breadth(line) <= width:
            yield (lead + line).rstrip()
            lead = rest
            continue
        words = line.lstrip(" ")
        indent = " " * (len(line) - len(words))
        lead, onward = lead + indent, rest + indent
        held, used, empty = lead, breadth(lead), True
        for word in words.split(" "):
            size = breadth(word)
            if not empty and used + 1 + size > width:
                yield held.rstrip()
                held, used, empty = onward, breadth(onward), True
            held += word if empty else f" {word}"
            used += size if empty else size + 1
            empty = False
        yield held.rstrip()
        lead = rest


def grid(table: Table, width: int, now: datetime | None) -> Iterator[str]:
    """Yield the table in aligned columns; as one record a row where it is too wide.

    Only columns of prose are narrowed, and none below its longest word: an id broken in
    two cannot be copied, and one that sticks out moves all beside it. Times of the day
    of *now* go without their date, where all of a column are.
    """
    names = [one_line(name) for name in table.header]
    today = now.astimezone(UTC).date() if now else None
    days = [_same_day(table, index, today) for index in range(len(names))]
    rows = [
        [_shown(cell, day) for cell, day in zip(row, days, strict=True)]
        for row in table.rows
    ]
    widths = [max(map(breadth, column)) for column in zip(names, *rows, strict=True)]
    loose = [any(" " in row[index] for row in rows) for index in range(len(names))]
    least = [
        max(_NARROWEST, _longest_word(column)) for column in zip(*rows, strict=True)
    ]
    while width and sum(widths) + _GAP * len(widths) > width:
        wide = [
            index
            for index, prose in enumerate(loose)
            if prose and widths[index] > least[index]
        ]
        widest = max(wide, key=widths.__getitem__, default=None)
        if widest is None:
            yield from _records(names, rows, width)
            return
        widths[widest] -= 1
    right = [_numeric(table, index) for index in range(len(names))]
    for row in (names, *rows):
        yield from _row(row, widths, right)


def _longest_word(column: Sequence[str]) -> int:
    return max(breadth(word) for cell in column for word in cell.split())


def _same_day(table: Table, index: int, today: date | None) -> bool:
    cells = (row[index] for row in table.rows)
    times = [cell for cell in cells if isinstance(cell, datetime)]
    return all(at.astimezone(UTC).date() == today for at in times)


def _numeric(table: Table, index: int) -> bool:
    held = [row[index] for row in table.rows if row[index] is not None]
    return bool(held) and all(isinstance(cell, int | float) for cell in held)


def _shown(cell: Cell, same_day: bool) -> str:
    if isinstance(cell, datetime):
        form = "%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S"
        return cell.astimezone(UTC).strftime(form)
    return (one_line(written(cell)).strip() if cell is not None else "") or _NOTHING


def _row(
    cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]
) -> Iterator[str]:
    columns = [
        list(wrapped(cell, width)) for cell, width in zip(cells, widths, strict=True)
    ]
    for number in range(max(map(len, columns), default=0)):
        parts = [column[number] if number < len(column) else "" for column in columns]
        yield "".join(
            " " * _GAP + padded(part, width, right=numeric)
            for part, width, numeric in zip(parts, widths, right, strict=True)
        ).rstrip()


def _records(
    names: Sequence[str], rows: Sequence[Sequence[str]], width: int
) -> Iterator[str]:
    label = max(map(breadth, names[1:]), default=0)
    for first, *others in rows:
        yield f"  {first}"
        for name, cell in zip(names[1:], others, strict=True):
            lead = f"    {padded(name, label)}  "
            yield from wrapped(cell, width, lead, " " * breadth(lead))
