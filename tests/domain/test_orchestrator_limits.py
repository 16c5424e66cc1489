from bot.domain.orchestrator_limits import BUILT_IN


def test_what_no_variable_sets_is_told_in_words() -> None:
    """The numbers are those of systems/reigh.md, 4."""
    assert list(BUILT_IN.values()) == [
        *("every 10th cycle", "every 20th cycle"),
        *("after 15 min", "after 7 min", "after 30 min"),
        *("with fewer than 3 attempts", "for 1 min", "every 20 s", "every 10 s"),
        *("up to 5", "for 48 h at least"),
    ]
