"""The picture of the queue."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from bot.domain.charts import Steps
from bot.domain.queue_chart import queue_chart
from bot.domain.report import Chart
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import Window
from tests.world import a_task, ago

DAY = ago(hours=24)


def drawn(
    tasks: Sequence[Task] | None,
    *,
    hours: float = 6,
    made_whole: bool = True,
    waiting_whole: bool = True,
) -> Chart:
    """Return the picture at NOW; tasks that wait are known in any case."""
    every = tasks or ()
    return queue_chart(
        Window.before(ago(), hours=hours),
        waiting=[task for task in every if task.phase is TaskPhase.WAITING],
        waiting_whole=waiting_whole,
        made=None
        if tasks is None
        else [task for task in tasks if task.created_at >= DAY],
        made_whole=made_whole,
        since=DAY,
    )


def values(chart: Chart, panel: int, series: int) -> dict[datetime, float | None]:
    """Return the values of one series."""
    steps = chart.panels[panel]
    assert isinstance(steps, Steps)
    return dict(steps.series[series].values)


def done(id: str, **given: datetime) -> Task:
    """Return a task that came out well."""
    return a_task(id, status="Complete", **given)


TASKS = (
    a_task("w", status="Queued", created_at=ago(hours=1)),
    a_task("old", status="Queued", created_at=ago(hours=30)),
    done(
        "d",
        created_at=ago(hours=3),
        started_at=ago(hours=2),
        processed_at=ago(minutes=100),
    ),
    a_task(
        "f",
        status="Failed",
        created_at=ago(hours=3),
        started_at=ago(hours=2.5),
        updated_at=ago(minutes=20),
    ),
)


def test_depth_is_what_was_made_and_not_begun() -> None:
    """What has waited for longer than the picture is there from its start."""
    assert values(drawn(TASKS), 0, 0) == {
        ago(hours=6): 1.0,
        ago(hours=3): 3.0,
        ago(hours=2.5): 2.0,
        ago(hours=2): 1.0,
        ago(hours=1): 2.0,
    }


def test_what_ended_is_counted_by_steps() -> None:
    """A failed task where its row was last changed, which the picture says."""
    chart = drawn(TASKS)

    failed, good = values(chart, 1, 0), values(chart, 1, 1)
    assert {at for at, value in failed.items() if value} == {ago(minutes=30)}
    assert {at for at, value in good.items() if value} == {ago(minutes=105)}
    assert "a failed task counts when its row was last changed" in chart.notes


def test_nothing_is_said_of_rows_where_no_failure_needs_them() -> None:
    """A system without rows tells when a task failed."""
    chart = drawn(
        (a_task(status="Failed", processed_at=ago(hours=1), updated_at=ago(hours=1)),)
    )

    assert not any("row" in note for note in chart.notes)


def test_the_main_figures_are_in_words() -> None:
    """The title tells the first of them."""
    chart = drawn(TASKS)

    assert chart.title == "The queue: 2 tasks wait now"
    assert chart.alt == (
        "2 tasks wait now, at most 3 did at 2026-01-31 09:00:00Z. In the last 6 h: 1"
        " done (0.2 an hour), 1 failed."
    )


def test_what_lies_before_the_reading_is_not_known() -> None:
    """A bound kept the oldest tasks out."""
    chart = drawn(TASKS, made_whole=False)

    assert values(chart, 0, 0)[ago(hours=6)] is None
    assert values(chart, 0, 0)[ago(hours=3)] == 3.0
    assert values(chart, 1, 0)[ago(hours=6)] is None
    assert "In the last 3 h:" in chart.alt
    assert any("only the newest tasks were read" in note for note in chart.notes)


def test_more_may_wait_than_was_read() -> None:
    """It says so."""
    chart = drawn(TASKS[:1], waiting_whole=False)

    assert chart.title == "The queue: at least 1 task waits now"
    assert "more tasks wait than were read" in chart.notes


@pytest.mark.parametrize(
    "task", [a_task(status="Queued", attempts=1), a_task(), *TASKS[:1]]
)
def test_a_task_queued_again_has_lost_its_story(task: Task) -> None:
    """It counts from when it was made, and no row tells which one that was."""
    chart = drawn((task,))

    assert any("queued again" in note for note in chart.notes)


def test_a_task_that_left_at_an_unknown_time_is_left_out() -> None:
    """And counted."""
    chart = drawn((*TASKS, a_task("c", status="Cancelled")))

    assert any(note.startswith("1 task left out") for note in chart.notes)


def test_a_clock_ahead_adds_nothing_after_now() -> None:
    """The picture ends now."""
    ahead = a_task("x", status="Queued", created_at=ago(minutes=-5))

    assert max(values(drawn((*TASKS, ahead)), 0, 0)) <= ago()


def test_nothing_to_show_is_no_picture() -> None:
    """A line says why."""
    empty, unread = drawn(()), drawn(None)

    assert not empty.panels
    assert "no task was made since" in empty.alt
    assert not unread.panels
    assert "could not be read" in unread.alt


def test_only_what_waits_is_enough_for_a_picture() -> None:
    """Though nothing was made of late."""
    chart = drawn(TASKS[1:2], made_whole=False)

    assert chart.panels
