import pytest

from bot.domain.errors import Misread
from bot.domain.spelling import bounded, choice, clipped, did_you_mean, nearest

STATUSES = ["Queued", "In Progress", "Complete", "Failed", "Cancelled"]


@pytest.mark.parametrize("typed", ["In Progress", "in-progress", "IN_PROGRESS"])
def test_a_word_may_be_spelled_with_any_case_and_dashes(typed: str) -> None:
    """What the system writes is what is asked for."""
    assert choice(typed, STATUSES, what="status") == "In Progress"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Faild", "Failed"), ("running", "In Progress"), ("completed", "Complete")],
)
def test_a_mistyped_value_gets_the_nearest_word(typed: str, meant: str) -> None:
    """Or the one that other tools call so."""
    with pytest.raises(Misread, match=f"no status is called '{typed}'") as caught:
        choice(typed, STATUSES, what="status")

    assert caught.value.hint.startswith(f"did you mean '{meant}'? known: Queued,")


def test_a_value_that_is_near_to_nothing() -> None:
    """Gets all that there are."""
    with pytest.raises(Misread) as caught:
        choice("xyzzy", STATUSES, what="status")

    assert caught.value.hint == f"known: {', '.join(STATUSES)}"


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("helth", ["health", "help"], "health"),
        ("HELTH", ["Health"], "Health"),
        ("failed", ["active", "error"], "error"),
        ("failed", ["active"], None),
        ("xyzzy", ["health"], None),
        ("", ["health"], None),
    ],
)
def test_the_nearest_word(word: str, known: list[str], found: str | None) -> None:
    """A synonym counts only where its meaning is known."""
    assert nearest(word, known) == found


def test_a_question_is_asked_only_where_something_is_near() -> None:
    """A hint begins with it."""
    assert did_you_mean("helth", ["health"]) == "did you mean 'health'? "
    assert did_you_mean("xyzzy", ["health"]) == ""


def test_how_near_a_word_must_be_can_be_told() -> None:
    """A synonym needs not look alike."""
    assert nearest("restart", ["orchestrator"]) == "orchestrator"
    assert nearest("restart", ["orchestrator"], least=0.65) is None
    assert nearest("done", ["Complete"], least=0.9) == "Complete"
    assert did_you_mean("restart", ["orchestrator"], least=0.65) == ""


def test_a_long_word_is_clipped() -> None:
    """So that an error stays one line."""
    assert clipped("a" * 61) == "a" * 59 + "…"
    assert clipped("a" * 60) == "a" * 60


@pytest.mark.parametrize(
    ("part", "found"),
    [("gpu-", True), ("D281BC", True), ("gpu-90d281bc", True), ("90d2", False)],
)
def test_an_id_is_known_by_its_beginning_and_by_its_end(
    part: str, *, found: bool
) -> None:
    """Not by what stands in between."""
    assert bounded("gpu-90d281bc", part) is found
