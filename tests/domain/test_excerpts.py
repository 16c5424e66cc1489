from bot.domain.excerpts import brief, cut, end_of, first_line, with_short_ids


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


def test_ids_are_shortened_to_what_tells() -> None:
    """As buttons and tables show them, and as they can be typed."""
    text = (
        "gpu-20260131_110000-0a1b2c3d and manual-gpu-20260131_110000-0a1b2c3e hold"
        " 41345358-0000-4000-8000-000000000001; abc123def456gh and gpu-1 stay"
    )

    assert with_short_ids(text) == (
        "…0a1b2c3d and …0a1b2c3e hold 41345358; abc123def456gh and gpu-1 stay"
    )


def test_the_end_of_an_id_is_marked_as_such() -> None:
    """A short one is whole, and bears no mark."""
    assert end_of("gpu-20260131_110000-0a1b2c3d") == "…0a1b2c3d"
    assert end_of("cpu-pi1") == "cpu-pi1"
    assert end_of("x" * 17) == "…" + "x" * 8
    assert end_of("x" * 24, 12) == "x" * 24


def test_a_brief_text_says_how_long_the_whole_of_it_is() -> None:
    assert brief("out of memory", 20) == "out of memory"
    assert brief("A" * 3_000_000, 5) == "AAAAA… (cut: 3,000,000 characters)"
