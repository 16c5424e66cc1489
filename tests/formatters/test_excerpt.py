"""What is kept of a long timeline."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.logs import LogLine
from formatters.excerpt import Leap, excerpt, question
from tests.formatters.reports import EXAMPLES
from tests.formatters.samples import WORKER, a_line, ago


def some_lines(number: int, *faults: int) -> list[LogLine]:
    return [
        a_line(
            f"line {n}",
            at=ago(seconds=number - n),
            level="ERROR" if n in faults else "INFO",
            worker_id=WORKER,
        )
        for n in range(number)
    ]


def said(items: tuple[LogLine | Leap, ...]) -> list[str | int]:
    return [item.lines if isinstance(item, Leap) else item.message for item in items]


def test_a_short_timeline_is_shown_whole() -> None:
    """Nothing is left out that fits."""
    lines = some_lines(5)

    assert excerpt(lines, 5) == tuple(lines)


def test_the_beginning_the_faults_and_the_end_stay() -> None:
    """What lies between is counted where it is missing."""
    shown = excerpt(some_lines(100, 40, 41), 12)

    assert said(shown) == [
        *("line 0", "line 1", "line 2", 37, "line 40", "line 41", 51),
        *(f"line {n}" for n in range(93, 100)),
    ]


def test_too_many_faults_keep_the_earliest_and_the_latest() -> None:
    """And those left out are counted as faults."""
    shown = excerpt(some_lines(100, *range(20, 60)), 12)

    leaps = [item for item in shown if isinstance(item, Leap)]
    assert said(shown)[3:10] == [
        17,
        *("line 20", "line 21", "line 22", 35, "line 58", "line 59"),
    ]
    assert [leap.alarming for leap in leaps] == [0, 35, 0]


@EXAMPLES
@given(st.integers(0, 300), st.sets(st.integers(0, 300)), st.integers(1, 60))
def test_every_line_is_shown_or_counted(
    number: int, faults: set[int], most: int
) -> None:
    """In order, and never more than there is room for."""
    lines = some_lines(number, *faults)

    shown = excerpt(lines, most)

    kept = [item for item in shown if isinstance(item, LogLine)]
    leaps = [item for item in shown if isinstance(item, Leap)]
    assert len(kept) == min(number, most)
    assert len(kept) + sum(leap.lines for leap in leaps) == number
    alarming = sum(line.alarming for line in kept)
    assert alarming + sum(leap.alarming for leap in leaps) == sum(
        line.alarming for line in lines
    )
    assert kept == sorted(kept, key=lambda line: line.at)


def test_the_lines_left_out_can_be_asked_for() -> None:
    """In whole seconds, both ends included."""
    lines = some_lines(100)
    leaps = [item for item in excerpt(lines, 12) if isinstance(item, Leap)]

    assert question(lines, leaps) == (
        f"logs --worker {WORKER} "
        "--since 2026-01-31T11:58:23Z --until 2026-01-31T11:59:51Z"
    )


def test_lines_of_a_task_are_asked_for_by_task() -> None:
    """A task is narrower than its worker."""
    lines = [a_line("x", task_id="4f2a91c0", worker_id=WORKER)] * 9
    leaps = [item for item in excerpt(lines, 4) if isinstance(item, Leap)]

    assert question(lines, leaps).startswith("logs --task 4f2a91c0 --since")


def test_an_odd_owner_cannot_be_asked_for() -> None:
    """What cannot be typed is not offered."""
    lines = [a_line("x", worker_id="a `b`")] * 9
    leaps = [item for item in excerpt(lines, 4) if isinstance(item, Leap)]

    assert question(lines, leaps) == ""


def test_lines_of_many_owners_cannot_be_asked_for() -> None:
    """Nor is there anything to ask where nothing is left out."""
    lines = [*some_lines(20), a_line("x"), *some_lines(20)]
    leaps = [item for item in excerpt(lines, 4) if isinstance(item, Leap)]

    assert question(lines, leaps) == ""
    assert question(lines, []) == ""
