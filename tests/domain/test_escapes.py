import pytest

from bot.domain.escapes import without_colours, without_escapes


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b2Jgone", "gone"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://x\x1b\\link", "link"),
        ("\x9dtitle\x9ctext", "text"),
        ("\x1b(Btext", "text"),
    ],
)
def test_what_a_terminal_would_obey_goes(text: str, clean: str) -> None:
    """In the seven-bit and in the eight-bit form."""
    assert without_escapes(text) == clean


def test_colours_are_known_for_certain() -> None:
    """Other sequences stay: they may be no sequences at all."""
    assert without_colours("\x9b r\x1b[1;31med\x1b[0m \x1b[2J") == "\x9b red \x1b[2J"


def test_a_text_without_them_is_the_same() -> None:
    """Most lines are."""
    text = "plain [31m text"

    assert without_escapes(text) is text
    assert without_colours(text) is text
