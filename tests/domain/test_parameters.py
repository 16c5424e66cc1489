from bot.domain.parameters import telling


def test_what_tells_nothing_is_left_out() -> None:
    """Empty values, and names that help nobody."""
    assert telling({"seed": 0, "prompt": "", "model": None, "callback": "x"}) == (
        ("seed", "0"),
    )


def test_values_fit_into_a_line() -> None:
    """Of a mapping the names are told: LoRAs by their addresses."""
    given = {"additional_loras": {"a": 1, "b": 0.5}, "prompt": "x" * 101}

    assert telling(given) == (
        ("additional_loras", "a b"),
        ("prompt", "x" * 99 + "…"),
    )
