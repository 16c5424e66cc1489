"""What programs write is written down once."""

from collections import Counter
from pathlib import Path

from bot.domain import marks

BOT = Path(marks.__file__).parents[1]
HERE = Path(marks.__file__)


def _known() -> list[str]:
    found: list[str] = []
    for name, mark in vars(marks).items():
        if name.isupper():
            found += [mark] if isinstance(mark, str) else mark
    return found


def test_no_mark_has_two_names() -> None:
    """Nor is any of them empty, which would stand in every line."""
    assert all(_known())
    assert max(Counter(_known()).values()) == 1


def test_a_mark_is_spelt_out_nowhere_else() -> None:
    """Where lines are looked into; the demo's programs write them themselves."""
    rooms = ("domain", "rules", "queries", "sources/reigh")
    again = [
        (path.name, mark)
        for room in rooms
        for path in sorted((BOT / room).glob("*.py"))
        if path != HERE
        for mark in _known()
        if f'"{mark}"' in path.read_text()
    ]

    assert not again
