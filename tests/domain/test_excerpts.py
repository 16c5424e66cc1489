from bot.domain.excerpts import cut, first_line


def test_what_fits_is_left_as_it_is() -> None:
    """Up to the last character."""
    assert cut("abcd", 4) == "abcd"


def test_what_is_cut_says_so_and_fits() -> None:
    """The sign counts as well."""
    assert cut("abcde", 4) == "abc…"


def test_the_first_line_is_the_first_that_says_anything() -> None:
    """Blank lines before it are passed over."""
    assert first_line("\n  \n  one\ntwo") == "one"
    assert first_line(" \n") == ""
