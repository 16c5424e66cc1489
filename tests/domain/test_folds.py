from collections.abc import Iterable

from bot.domain.folds import folded, left_out
from bot.domain.logs import LogLine
from tests.world import a_line, ago

ROUTINE = ("Heartbeat sent", "Queue empty", "No suitable")


def said(lines: Iterable[LogLine], routine: tuple[str, ...] = ROUTINE) -> list[str]:
    return [line.message for line in folded(lines, routine)]


def test_what_is_no_routine_stands_as_it_was_written() -> None:
    """However often."""
    lines = [a_line("Claimed"), a_line("Claimed"), a_line("Queue empty")]

    assert folded(lines, ROUTINE) == tuple(lines)
    assert folded([a_line("Queue empty")] * 2, ()) == (a_line("Queue empty"),) * 2


def test_a_kind_is_told_once_until_something_happens() -> None:
    """Though two kinds alternate."""
    lines = [
        a_line("Heartbeat sent - status: idle, idle: 4s", at=ago(seconds=40)),
        a_line("Queue empty", at=ago(seconds=39)),
        a_line("Heartbeat sent - status: idle, idle: 64s", at=ago(seconds=20)),
        a_line("Queue empty", at=ago(seconds=19)),
        a_line("Claimed", at=ago(seconds=10)),
        a_line("Queue empty", at=ago(seconds=5)),
    ]

    assert said(lines) == [
        "Heartbeat sent - status: idle, idle: 4s -> 64s (2 times until 11:59:40)",
        "Queue empty (2 times until 11:59:41)",
        "Claimed",
        "Queue empty",
    ]


def test_what_the_last_says_instead_is_told_in_whole_words() -> None:
    """From the first word that differs to the last that does."""
    lines = [
        a_line(
            "No suitable - Queue: [script:60, llm:2], Loaded: True", at=ago(seconds=9)
        ),
        a_line(
            "No suitable - Queue: [script:10, llm:2], Loaded: True", at=ago(seconds=1)
        ),
    ]

    [told] = said(lines)
    assert told == (
        "No suitable - Queue: [script:60, llm:2], Loaded: True -> [script:10"
        " (2 times until 11:59:59)"
    )


def test_a_star_stands_for_any_word() -> None:
    """And all else for itself."""
    waits = a_line("Task sum waiting on: ['x']", at=ago(seconds=9))
    lines = [
        waits,
        a_line("Task sum done"),
        waits,
        waits,
        a_line("Task a b waiting on"),
    ]

    assert said(lines, ("Task * waiting on",)) == [
        "Task sum waiting on: ['x']",
        "Task sum done",
        "Task sum waiting on: ['x'] (2 times until 11:59:51)",
        "Task a b waiting on",
    ]


def test_writers_are_told_apart_and_so_are_days() -> None:
    """Two programs may say the same."""
    lines = [
        a_line("Queue empty", source_id="gpu-1", at=ago(hours=13)),
        a_line("Queue empty", source_id="gpu-2", at=ago(hours=13)),
        a_line("Queue empty", source_id="gpu-1", at=ago(hours=1)),
    ]

    assert said(lines) == [
        "Queue empty (2 times until 2026-01-31 11:00:00Z)",
        "Queue empty",
    ]


def test_what_is_about_another_task_or_name_is_another_kind() -> None:
    """Though they differ in numbers alone."""
    lines = [
        a_line(f"Skipping {what}: needs {need}MB", task_id=task, at=ago(seconds=9))
        for need in (5, 7)
        for what, task in (("it", "1"), ("it", "2"), ("gpu-1", "2"), ("gpu-2", "2"))
    ]

    assert said(lines, ("Skipping",)) == [
        "Skipping it: needs 5MB -> 7MB (2 times until 11:59:51)",
        "Skipping it: needs 5MB -> 7MB (2 times until 11:59:51)",
        "Skipping gpu-1: needs 5MB -> 7MB (2 times until 11:59:51)",
        "Skipping gpu-2: needs 5MB -> 7MB (2 times until 11:59:51)",
    ]


def test_a_note_tells_how_many_are_folded() -> None:
    """None where all lines are told."""
    lines = [a_line("Queue empty")] * 3

    assert left_out(lines, lines) == ()
    assert left_out(lines, lines[:2]) == (
        "1 line that says the same again is folded: see --json",
    )
    assert left_out(lines, lines[:1]) == (
        "2 lines that say the same again are folded: see --json",
    )
