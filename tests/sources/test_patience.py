import pytest

from bot.sources.patience import SHORTEST, answering, patience, within


def test_alone_a_source_has_its_own_time() -> None:
    """Nothing else waits for it."""
    assert patience(6.0) == 6.0


def test_an_answer_shares_its_time_among_its_questions() -> None:
    """What comes late has less; afterwards nothing remembers."""
    with answering(2.0):
        assert patience(1.0) == 1.0
        assert patience(6.0) == pytest.approx(2.0, abs=0.5)

    assert patience(6.0) == 6.0


def test_even_the_latest_question_is_asked() -> None:
    """It may be answered at once."""
    with answering(-1.0):
        assert patience(6.0) == SHORTEST


def test_what_was_waited_is_told_as_it_was() -> None:
    """A source that had what others left over kept somebody waiting for longer."""
    with answering(8.0):
        assert within(6.0, 6.0) == "within 6 s"
        assert within(7.99, 10.0) == "within 8 s"
        assert within(1.7, 6.0) == (
            "within 1.7 s, all that was left of the answer's 8 s"
        )

    assert within(0.05, 6.0) == "within 0.05 s"
    assert within(123.0, 123.0) == "within 120 s"
