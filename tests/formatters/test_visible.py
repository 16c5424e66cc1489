"""What cannot be seen does not get through."""

import pytest

from formatters.visible import one_line, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ünicode 語", "plain ünicode 語"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;https://evil\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;title\x1b\\after", "after"),
        ("\x1b(Bcharset", "charset"),
        ("\x1b]unfinished", "\\x1b]unfinished"),
        ("bell\x07 nul\x00 del\x7f", "bell\\x07 nul\\x00 del\\x7f"),
        ("\u202eesrever\u202c", "\\u202eesrever\\u202c"),
        ("zero\u200bwidth\ufeff\u00ad", "zerowidth"),
        ("tag\U000e0041", "tag"),
        ("a\tb", "a    b"),
        ("1\r\n2\r3\u20284\x0b5", "1\n2\n3\n4\n5"),
        ("lone \ud800", "lone \ufffd"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("क्\u200cष", "क्\u200cष"),
        ("a\u200db", "ab"),
    ],
)
def test_only_what_can_be_seen_remains(text: str, expected: str) -> None:
    """Escape sequences go, control characters show, joiners stay where needed."""
    assert visible(text) == expected


def test_lines_become_one() -> None:
    """Line ends are drawn; those at the edges go."""
    assert one_line("\nfirst\nsecond\n") == "first ↵ second"
