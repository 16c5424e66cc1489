"""Kinds of lines."""

import pytest

from bot.domain.kinds import LONGEST, by_source, kind_of, kinds
from tests.world import TASK, WORKER, a_line, ago


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("out of memory", "out of memory"),
        ("Tried to allocate 2.50 GiB (GPU 0)", "Tried to allocate # GiB (GPU #)"),
        (f"task {TASK} failed on {WORKER}", "task … failed on …"),
        ("at 2026-01-31T12:00:00.123Z it ended", "at … it ended"),
        ("at 0x7f3aff in /app/x/y.py", "at … in …"),
        ("pod abc123def456gh is gone", "pod … is gone"),
        ("commit 5538fd4a1b2c is old", "commit … is old"),
        ("task 12345678, deadbeef and 1a2b3c4d", "task …, … and …"),
        ("told 20261123_084828_279e461d of", "told … of"),
        ("GET https://x.example/a?b=1 gave 502", "GET … gave #"),
        ("RTX4090 and v2 stay what they are", "RTX4090 and v2 stay what they are"),
        ("first\nsecond 7", "first"),
        ("", ""),
    ],
)
def test_what_differs_is_left_out(message: str, kind: str) -> None:
    """Ids, numbers, times and addresses, and all lines but the first."""
    assert kind_of(message) == kind


def test_a_kind_is_short_whatever_the_message() -> None:
    """Somebody logs whole documents."""
    assert len(kind_of("word " * 100_000)) == LONGEST


def test_the_most_frequent_kind_comes_first() -> None:
    """With its earliest line as it was written, and who wrote such lines."""
    lines = [
        a_line("rare", at=ago(minutes=9)),
        a_line("failed after 7 s", at=ago(minutes=2), source="edge_function"),
        a_line("failed after 9 s", at=ago(minutes=5)),
        a_line("failed after 9 s", at=ago(minutes=1)),
    ]

    often, rare = kinds(lines)

    assert (often.kind, often.total) == ("failed after # s", 3)
    assert often.first.message == "failed after 9 s"
    assert (often.first_at, often.last_at) == (ago(minutes=5), ago(minutes=1))
    assert often.sources == {"worker": 2, "edge_function": 1}
    assert rare.total == 1


def test_of_kinds_that_are_as_frequent_the_earlier_comes_first() -> None:
    """So the order says something."""
    lines = [a_line("late", at=ago(minutes=1)), a_line("early", at=ago(minutes=2))]

    assert [each.kind for each in kinds(lines)] == ["early", "late"]


def test_workers_count_as_one_source_and_functions_by_name() -> None:
    """A hundred workers would hide the function that fails."""
    lines = [
        a_line(source_id="gpu-1"),
        a_line(source_id="gpu-2"),
        a_line(source="edge_function", source_id="complete-task"),
        a_line(source="edge_function", source_id=""),
    ]

    assert by_source(lines) == {
        "worker": 2,
        "edge_function": 1,
        "edge_function complete-task": 1,
    }
