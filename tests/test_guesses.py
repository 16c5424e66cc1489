import shlex
from collections.abc import Sequence

import pytest

from bot.guesses import contained, guessed

NAMES = ("task", "tasks", "worker", "workers", "worker terminate", "health", "watch it")


def understood(words: Sequence[str]) -> bool:
    """Take an id after the singular, and nothing after the plural."""
    name, *rest = [word for word in words if not word.startswith("-")]
    wanted = {"task": 1, "tasks": 0, "worker": 1, "workers": 0, "health": 0}
    if name == "worker" and rest[:1] == ["terminate"]:
        return len(rest) == 2
    return wanted.get(name) == len(rest)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("taks 41345358", "task 41345358"),
        ("TAKS 41345358", "task 41345358"),
        ("taks", "tasks"),
        ("wroker gpu-1", "worker gpu-1"),
        ("helth --hours=2", "health --hours=2"),
        ("--json helth", "--json health"),
        ("tasks 41345358", "task 41345358"),
        ("worker termnate gpu-1", "worker terminate gpu-1"),
        ("wroker termnate gpu-1", "worker terminate gpu-1"),
        ("taks 'a b'", "task 'a b'"),
        ("jobs", "tasks"),
        ("--json status", "--json health"),
    ],
)
def test_the_rest_of_a_line_tells_which_command_was_meant(
    text: str, meant: str
) -> None:
    """Several may be called alike; only one takes what follows."""
    assert guessed(shlex.split(text), NAMES, understood) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "--json",
        "xyzzy",
        "taks 1 2",
        "helth 41345358",
        "worker xyzzy gpu-1",
        "watch",
    ],
)
def test_nothing_is_guessed_where_nothing_fits(text: str) -> None:
    """Nor where no word looks like it."""
    assert guessed(shlex.split(text), NAMES, understood) is None


def test_nothing_is_guessed_where_several_fit() -> None:
    """A wrong guess costs more than none."""
    assert guessed(["taks"], ("task", "tasks"), lambda words: True) is None


def test_what_was_typed_is_no_guess() -> None:
    """It was not understood."""
    assert guessed(["task"], ("task",), lambda words: True) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("why is task 41345358 slow?", "task 41345358"),
        ("show workers", "workers"),
        ("are all workers in good health?", "workers"),
        ("end worker terminate gpu-1 now", "worker terminate gpu-1"),
        ("what is this", None),
        ("tasks", None),
        ("", None),
        (f"{'well ' * 12}health", None),
    ],
)
def test_a_sentence_may_hold_a_question(text: str, meant: str | None) -> None:
    """The longest that is understood, and of these the first."""
    assert contained(text.split(), NAMES, understood) == meant


def test_a_sentence_may_hold_an_id() -> None:
    """Alone, it is a question as well."""
    words = ["why", "did", "41345358", "fail"]

    assert contained(words, NAMES, lambda part: part == ["41345358"]) == "41345358"
