"""The picture of the queue: how much waited when, and how much got done."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from bot.domain.charts import Series, Steps, Tone, binned, level, peak, round_step
from bot.domain.figures import some
from bot.domain.report import Chart
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import HOUR, Window, spoken, stamp

_BARS: Final = 24
_TITLE: Final = "The queue"


def queue_chart(  # noqa: PLR0913  each has its name at the call
    window: Window,
    *,
    waiting: Sequence[Task],
    waiting_whole: bool,
    made: Sequence[Task] | None,
    made_whole: bool,
    since: datetime,
) -> Chart:
    """Return how many tasks waited at each moment, and how many ended in each step.

    *waiting* are all that wait now; *made* those made after *since* (None: they were
    not read). If one is not *whole*, these are the oldest and the newest of them.
    Rows tell how a task stands now: one that was queued again has waited all the time,
    as far as they know.
    """
    if made is None:
        alt = "No picture of the queue: the tasks of the time before could not be read."
        return Chart(title=_TITLE, alt=alt, since=window.since, until=window.until)
    if not made and not waiting:
        alt = f"No picture of the queue: no task was made since {stamp(since)}."
        return Chart(title=_TITLE, alt=alt, since=window.since, until=window.until)
    known = (
        since if made_whole else min((task.created_at for task in made), default=since)
    )
    every = tuple({task.id: task for task in (*made, *waiting)}.values())
    depth = _depth(every, window)
    step = round_step(window.until - window.since, _BARS)
    done = _ended(made, TaskPhase.DONE)
    failed = _ended(made, TaskPhase.FAILED)
    now = some(len(waiting), "task") + (" waits" if len(waiting) == 1 else " wait")
    now = now if waiting_whole else f"at least {now}"
    return Chart(
        title=f"{_TITLE}: {now} now",
        alt=_alt(window, now, depth, known, (done, failed)),
        since=window.since,
        until=window.until,
        panels=(
            Steps(
                name="tasks waiting",
                series=(
                    Series(name="waiting", tone=Tone.BUSY, values=_from(known, depth)),
                ),
            ),
            Steps(
                name=f"ended per {spoken(step)}",
                series=tuple(
                    Series(
                        name=f"{sum(at in window for at in times):,} {word}",
                        tone=tone,
                        values=_from(
                            known, binned(times, window.since, window.until, step)
                        ),
                    )
                    for word, tone, times in (
                        ("failed", Tone.BAD, failed),
                        ("done", Tone.GOOD, done),
                    )
                ),
            ),
        ),
        notes=tuple(
            _notes(every, known, made_whole=made_whole, waiting_whole=waiting_whole)
        ),
    )


def _depth(tasks: Iterable[Task], window: Window) -> tuple[tuple[datetime, float], ...]:
    spans = [
        (task.created_at, None if task.phase is TaskPhase.WAITING else left)
        for task in tasks
        if (left := _left(task)) is not None or task.phase is TaskPhase.WAITING
    ]
    values = level(spans, window.since)
    return tuple(pair for pair in values if pair[0] <= window.until)


def _left(task: Task) -> datetime | None:
    """Return when it left the queue; None where no row tells."""
    return task.started_at or task.processed_at or task.updated_at


def _ended(tasks: Iterable[Task], phase: TaskPhase) -> list[datetime]:
    """Return when tasks came to that end, where their rows tell.

    Of a failed one that is when its row was last changed (systems/reigh.md, 1.2).
    """
    times = (
        task.processed_at or (task.updated_at if phase is TaskPhase.FAILED else None)
        for task in tasks
        if task.phase is phase
    )
    return [at for at in times if at is not None]


def _from(
    known: datetime, values: tuple[tuple[datetime, float], ...]
) -> tuple[tuple[datetime, float | None], ...]:
    """Return the values with what was before the first known moment left open."""
    earlier = [value for at, value in values if at <= known]
    if not values or known <= values[0][0]:
        return values
    later = tuple(pair for pair in values if pair[0] > known)
    return ((values[0][0], None), (known, earlier[-1]), *later)


def _notes(
    tasks: Sequence[Task], known: datetime, *, made_whole: bool, waiting_whole: bool
) -> Iterator[str]:
    if not made_whole:
        yield f"only the newest tasks were read, those made from {stamp(known)} on"
    if not waiting_whole:
        yield "more tasks wait than were read"
    yield f"tasks made before {stamp(known)} are counted only if they still wait"
    # Most resets leave no trace in a row (systems/reigh.md, 1.6).
    yield "one that was queued again counts as waiting until it was last begun"
    others = (task for task in tasks if task.phase is not TaskPhase.WAITING)
    if lost := sum(_left(task) is None for task in others):
        yield f"{some(lost, 'task')} left out: nothing tells when it left the queue"
    if any(_changed(task) for task in tasks):
        yield "a failed task counts when its row was last changed"


def _changed(task: Task) -> bool:
    """Tell whether it failed, and nothing tells when but its row's last change."""
    failed = task.phase is TaskPhase.FAILED and task.processed_at is None
    return failed and task.updated_at is not None


def _alt(
    window: Window,
    now: str,
    depth: Sequence[tuple[datetime, float]],
    known: datetime,
    ended: Sequence[Sequence[datetime]],
) -> str:
    span = window.until - max(window.since, known)
    words = f"{now} now"
    most = peak(pair for pair in depth if pair[0] >= known)
    if most is not None and most[1] > depth[-1][1]:
        words += f", at most {int(most[1]):,} did at {stamp(most[0])}"
    inside = [sum(at in window for at in times) for times in ended]
    rate = inside[0] / max(span / HOUR, 1 / 60)
    return (
        f"{words}. In the last {spoken(span)}: {inside[0]:,} done"
        f" ({rate:.1f} an hour), {inside[1]:,} failed."
    )
