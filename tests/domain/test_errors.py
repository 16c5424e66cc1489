import pytest

from bot.domain.errors import (
    Ambiguous,
    Known,
    Misread,
    Missing,
    NotConfigured,
    SourceDown,
)


def test_an_error_reads_as_its_line() -> None:
    """The message is what `str` gives, the hint stands beside it."""
    error = Known("no task is called 4134", hint="tasks --hours 2")

    assert str(error) == error.message == "no task is called 4134"
    assert error.hint == "tasks --hours 2"


def test_a_hint_may_be_missing() -> None:
    """Without a hint there is an empty one."""
    assert Known("gone").hint == ""


def test_candidates_become_the_hint() -> None:
    """What an ambiguous id may mean can be typed as it is shown."""
    error = Ambiguous("41 is short", candidates=["4134", "4135"])

    assert error.candidates == ("4134", "4135")
    assert error.hint == "one of: 4134, 4135"


def test_an_ambiguous_id_is_a_misread_word() -> None:
    """It ends like any other wrong value."""
    with pytest.raises(Misread):
        raise Ambiguous("two", candidates=["a", "b"])


def test_a_missing_argument_names_what_lists_it() -> None:
    """It ends like any other wrong value, and knows its command and its name."""
    error = Missing("task wants ID", command="task", argument="id", listed_by="tasks")

    assert isinstance(error, Misread)
    assert (error.command, error.argument, error.listed_by) == ("task", "id", "tasks")
    assert error.hint == "recent ones: tasks"


def test_what_nothing_lists_is_missed_with_another_hint() -> None:
    """Such as the usage."""
    error = Missing("act wants ID", command="act", argument="id", hint="usage: act ID")

    assert (error.hint, error.listed_by) == ("usage: act ID", "")


def test_a_source_that_is_down_is_named() -> None:
    """The name is what `gaps` calls it."""
    error = SourceDown("supabase", "did not answer", hint="try again")

    assert (error.source, error.message, error.hint) == (
        "supabase",
        "did not answer",
        "try again",
    )


def test_a_source_without_a_setting_names_the_setting() -> None:
    """The reader learns what to set, and where."""
    error = NotConfigured("runpod", "RUNPOD_API_KEY")

    assert error.message == "not configured: RUNPOD_API_KEY is not set"
    assert error.hint == "set RUNPOD_API_KEY in the environment or in .env"
