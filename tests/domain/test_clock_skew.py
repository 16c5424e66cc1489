from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.clock_skew import Skew, skews
from bot.domain.logs import LogLine

START = datetime(2026, 11, 23, 8, 0, 0, 500, tzinfo=UTC)


def a_line(ms: float, service: str = "orchestrator", **given: Any) -> LogLine:
    """Return a line of so many milliseconds after the start."""
    known = {"request_id"}
    fields = {key: each for key, each in given.items() if key not in known}
    return LogLine(
        at=START + timedelta(milliseconds=ms), level="INFO", source=service,
        message="", fields=fields, request_id=given.get("request_id"),
    )  # fmt: skip


def answered(ms: float, *, took: float = 0.010, id: str | None = "r") -> LogLine:
    event = "reflex_client.request_success"
    return a_line(ms, event=event, duration_seconds=took, reflex_request_id=id)


def reflex(ms: float) -> LogLine:
    return a_line(ms, "reflex-layer", request_id="r")


def test_a_clock_that_is_right_is_left_alone() -> None:
    """Its lines lie between question and answer."""
    assert skews([reflex(92), reflex(98), answered(100)], "orchestrator") == ()


def test_a_clock_that_is_off_is_moved_between_question_and_answer() -> None:
    """To the middle of what is possible."""
    expected = Skew(
        service="reflex-layer",
        moved=timedelta(milliseconds=-500),
        by="question and answer",
    )

    assert skews([reflex(593), reflex(597), answered(100)], "orchestrator") == (
        expected,
    )


def test_a_few_milliseconds_are_no_word_worth() -> None:
    """Clocks are never quite alike."""
    assert skews([reflex(97), reflex(102), answered(100)], "orchestrator") == ()


def test_an_arm_s_lines_lie_between_call_and_return() -> None:
    """One pair tells that; several of one request do not."""
    start = a_line(0, event="arm.call.start", arm="coder")
    end = a_line(100, event="arm.call.complete", arm="coder")
    work = [a_line(-1000, "coder"), a_line(-920, "coder")]

    [found] = skews([*work, start, end], "orchestrator")

    assert found.moved == timedelta(milliseconds=1010)
    assert skews([*work, start, start, end], "orchestrator")[0].by == "order"


def test_without_a_pair_nothing_lies_before_the_first_line() -> None:
    """What came after may have come later still."""
    before, after = a_line(-70, "coder"), a_line(30, "judge")

    assert skews([before, a_line(0), after], "orchestrator") == (
        Skew(service="coder", moved=timedelta(milliseconds=70), by="order"),
    )


def test_times_without_fractions_prove_nothing_below_a_second() -> None:
    """A console's."""
    base = -START.microsecond / 1000
    lines = [a_line(base - 900, "coder"), a_line(base)]
    early = [a_line(base - 2000, "coder"), a_line(base)]
    whole = [a_line(base - 1000, "coder"), a_line(base)]

    assert len(skews(lines, "orchestrator")) == 1
    assert len(skews(early, "orchestrator")) == 1
    assert skews(whole, "orchestrator")[0].moved == timedelta(seconds=1)


def test_an_answer_that_names_nobody_is_no_pair() -> None:
    """Nor one that does not tell how long it took."""
    untimed = a_line(100, event="reflex_client.request_success", reflex_request_id="r")

    for answer in (answered(100, id=None), untimed):
        assert skews([reflex(593), a_line(0), answer], "orchestrator") == ()


def test_a_call_without_an_answer_tells_what_came_after_it() -> None:
    """An arm's clock can't be behind it; how far it is ahead nobody knows."""
    start = a_line(0, event="arm.call.start", arm="coder")
    behind, ahead = a_line(-1000, "coder"), a_line(900, "coder")

    [found] = skews([behind, a_line(-2000), start], "orchestrator")

    assert found.by == "order"
    assert found.moved == timedelta(seconds=1, microseconds=1)
    assert skews([a_line(-2000), start, ahead], "orchestrator") == ()


def test_an_answer_without_fractions_may_be_as_late_as_the_next_second() -> None:
    """So may what lies between; only what is beyond it proves a clock wrong."""
    base = -START.microsecond / 1000
    late, early = reflex(base + 999), reflex(base + 1400)
    start = a_line(0.1, event="arm.call.start", arm="coder")
    end = a_line(100, event="arm.call.complete", arm="coder")

    assert skews([late, answered(base)], "orchestrator") == ()
    assert skews([a_line(base, "coder"), start, end], "orchestrator") == ()
    [found] = skews([early, answered(base)], "orchestrator")
    assert found.moved == timedelta(milliseconds=-905)
