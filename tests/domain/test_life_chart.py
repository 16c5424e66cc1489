"""The picture of a worker's life."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.charts import Lane, Lanes, Span, Tone
from bot.domain.life_chart import life_chart
from bot.domain.logs import LogLine
from bot.domain.report import Chart
from bot.domain.tasks import Task, TaskId
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from tests.world import NOW, WORKER, a_line, a_task, a_worker, ago

OTHER = TaskId("99999999-0000-4000-8000-000000000009")


def drawn(
    worker: Worker,
    *,
    tasks: tuple[Task, ...] = (),
    lines: tuple[LogLine, ...] | None = (),
    hours: float = 24,
) -> Chart:
    """Return the picture at NOW."""
    window = Window.before(NOW, hours=hours)
    if lines is not None:
        lines = tuple(sorted(lines, key=lambda line: line.order))
    return life_chart(worker, tasks, lines, window)


def lanes(chart: Chart) -> dict[str, Lane]:
    """Return its lanes by the first word of their names."""
    [panel] = chart.panels
    assert isinstance(panel, Lanes)
    return {lane.name.split(":")[0]: lane for lane in panel.lanes}


def shown(lane: Lane) -> list[tuple[datetime, datetime, Tone]]:
    """Return what the spans say without their words."""
    return [(span.since, span.until, span.tone) for span in lane.spans]


def named(lane: Lane) -> dict[str, Span]:
    """Return the spans by their words."""
    return {span.label: span for span in lane.spans}


def up(at: datetime, **given: Any) -> LogLine:
    """Return the line of a worker that came up."""
    return a_line("HEADLESS: Worker x started. Polling every 10s", at=at, **given)


def test_a_worker_at_work_starts_and_lives() -> None:
    """Until now, and nothing else is marked."""
    chart = drawn(a_worker(), lines=(up(ago(minutes=50)),))

    assert shown(lanes(chart)["state"]) == [
        (ago(hours=1), ago(minutes=50), Tone.CALM),
        (ago(minutes=50), NOW, Tone.BUSY),
    ]
    assert lanes(chart)["state"].keys == ((Tone.CALM, "starting"),)
    assert chart.marks == ()
    assert (chart.since, chart.until) == (ago(hours=1), NOW)


def test_a_long_id_keeps_its_beginning_and_its_end() -> None:
    """One as workers have it stands whole in the title."""
    long = WorkerId("manual-gpu-" + "x" * 60 + "-0a1b2c3d4e5f")

    assert drawn(a_worker()).title == f"The life of {WORKER}"
    title = drawn(a_worker(long)).title
    assert title == f"The life of manual-gpu-{'x' * 20}…0a1b2c3d4e5f"


def test_the_orchestrators_line_tells_of_a_start_as_well() -> None:
    """Or else the time in the row."""
    line = a_line(
        "🚀 Worker x detected as active via logging",
        at=ago(minutes=40),
        source="orchestrator_gpu",
        source_id="o",
        worker_id=None,
    )
    by_line = drawn(a_worker(), lines=(line,))
    by_row = drawn(a_worker(promoted_at=ago(minutes=30)))

    assert shown(lanes(by_line)["state"])[0][1] == ago(minutes=40)
    assert shown(lanes(by_row)["state"])[0][1] == ago(minutes=30)


def test_one_whose_start_is_not_on_record_is_alive_from_the_beginning() -> None:
    """It has beaten, so it came up at some time."""
    assert shown(lanes(drawn(a_worker()))["state"]) == [(ago(hours=1), NOW, Tone.BUSY)]


def test_a_lost_heartbeat_ends_a_life_that_the_row_knows_nothing_of() -> None:
    """The time since is worth a look, and the last beat is marked."""
    chart = drawn(a_worker(last_heartbeat_at=ago(minutes=8)))

    assert shown(lanes(chart)["state"]) == [
        (ago(hours=1), ago(minutes=8), Tone.BUSY),
        (ago(minutes=8), NOW, Tone.DOUBT),
    ]
    assert [mark.label for mark in chart.marks] == ["last heartbeat"]
    assert "8 min without a beat" in named(lanes(chart)["state"])


def test_a_young_worker_that_is_not_up_is_calm() -> None:
    """After ten minutes it is worth a look."""
    young = a_worker(
        status="spawning", created_at=ago(minutes=5), last_heartbeat_at=None
    )
    old = replace(young, created_at=ago(minutes=11))

    assert [tone for _, _, tone in shown(lanes(drawn(young))["state"])] == [Tone.CALM]
    assert [tone for _, _, tone in shown(lanes(drawn(old))["state"])] == [Tone.DOUBT]
    assert "it never beat" in drawn(young).notes


def test_one_that_was_given_up_and_ended() -> None:
    """Each stage, and the reason above."""
    chart = drawn(
        a_worker(
            status="terminated",
            last_heartbeat_at=ago(minutes=40),
            error_at=ago(minutes=30),
            error_reason="Stale heartbeat with active tasks",
            terminated_at=ago(minutes=20),
        )
    )

    assert shown(lanes(chart)["state"]) == [
        (ago(hours=1), ago(minutes=40), Tone.BUSY),
        (ago(minutes=40), ago(minutes=30), Tone.DOUBT),
        (ago(minutes=30), ago(minutes=20), Tone.BAD),
    ]
    assert [mark.label for mark in chart.marks] == [
        "last heartbeat",
        "given up: Stale heartbeat with active tasks",
        "terminated",
    ]
    assert ago(minutes=20) < chart.until < NOW


def test_a_scale_down_is_nothing_bad() -> None:
    """Though its row calls it an error."""
    chart = drawn(
        a_worker(
            status="terminated",
            last_heartbeat_at=ago(minutes=10),
            error_at=ago(minutes=10),
            error_reason="Idle timeout (600s) with no work available",
            terminated_at=ago(minutes=5),
        )
    )

    assert named(lanes(chart)["state"])["scaled down"].tone is Tone.PAST


def test_one_that_came_back_is_alive_again() -> None:
    """A heartbeat rewrites the status of one that was ended."""
    chart = drawn(a_worker(error_at=ago(minutes=30), terminated_at=ago(minutes=20)))

    state = named(lanes(chart)["state"])
    assert (state["given up"].since, state["given up"].until) == (
        ago(minutes=30),
        ago(minutes=20),
    )
    assert (state["alive again"].since, state["alive again"].until) == (
        ago(minutes=20),
        NOW,
    )


def test_one_that_never_came_up_is_told_so_when_it_is_over() -> None:
    """Until it was given up."""
    chart = drawn(
        a_worker(status="error", last_heartbeat_at=None, error_at=ago(minutes=30))
    )

    assert named(lanes(chart)["state"])["never came up"].until == ago(minutes=30)


def test_no_picture_shows_what_is_to_come() -> None:
    """One that crashed a moment ago ends now."""
    chart = drawn(a_worker(status="crashed", last_heartbeat_at=ago(minutes=4)))

    assert chart.until == NOW


def test_when_a_worker_crashed_is_not_on_record() -> None:
    """The picture goes on for a while, but not for days."""
    worker = a_worker(
        status="crashed",
        created_at=ago(hours=22),
        last_heartbeat_at=ago(hours=19),
    )
    chart = drawn(worker)

    assert "when it became crashed is not on record" in chart.notes
    assert ago(hours=19) < chart.until < ago(hours=17)


def test_an_idle_worker_may_be_quiet() -> None:
    """Its silence is grey."""
    times = [*range(60, 50, -1), *range(20, 0, -1)]
    lines = tuple(a_line(at=ago(minutes=each)) for each in times)
    lane = lanes(drawn(a_worker(), lines=lines))["its lines"]

    assert shown(lane) == [
        (ago(minutes=60), ago(minutes=51), Tone.CALM),
        (ago(minutes=51), ago(minutes=20), Tone.PAST),
        (ago(minutes=20), ago(minutes=1), Tone.CALM),
    ]
    assert dict(lane.keys) == {Tone.CALM: "30 lines", Tone.PAST: "quiet, idle"}


def test_silence_at_work_is_worth_a_look() -> None:
    """One that lasts until now as well; the words tell the longest."""
    task = a_task(started_at=ago(minutes=25))
    lines = tuple(a_line(at=ago(minutes=each)) for each in (25, 22, 18))
    chart = drawn(a_worker(), tasks=(task,), lines=lines)

    assert shown(lanes(chart)["its lines"])[-1] == (ago(minutes=18), NOW, Tone.DOUBT)
    assert lanes(chart)["its lines"].spans[-1].label == "18 min"


def test_the_longest_silence_is_told_in_words() -> None:
    """For whoever does not see the picture; an idle one is none."""
    lines = tuple(a_line(at=ago(minutes=each)) for each in (50, 40, 30, 1))
    task = a_task(started_at=ago(minutes=45))
    idle = drawn(a_worker(), lines=lines).alt
    busy = drawn(a_worker(), lines=lines, tasks=(task,)).alt

    assert "silent" not in idle
    assert "silent at work for 29 min from 2026-01-31 11:30:00Z on" in busy


def test_errors_are_marked_among_the_lines() -> None:
    """Those at once are one mark, and counted."""
    lines = (
        a_line(at=ago(minutes=50)),
        *(a_line(at=ago(minutes=20), level="ERROR", id=str(n)) for n in range(9)),
        a_line(at=ago(minutes=10), level="ERROR"),
    )
    lane = lanes(drawn(a_worker(), lines=lines))["its lines"]

    assert [mark.at for mark in lane.marks] == [ago(minutes=20), ago(minutes=10)]
    assert dict(lane.keys)[Tone.BAD] == "10 errors"


def switch(model: str, at: datetime) -> LogLine:
    """Return the line with which a load begins."""
    words = f"MODEL: 🔄 MODEL SWITCH: x switching from (current: None), to {model}"
    return a_line(words, at=at)


def test_models_are_loaded_held_and_unloaded() -> None:
    """Until the next load, an unloading, or now."""
    lines = (
        switch("one", ago(minutes=50)),
        a_line("MODEL Loaded model: one", at=ago(minutes=48)),
        a_line("MODEL Loaded model: one", at=ago(minutes=47)),
        switch("two", ago(minutes=30)),
        a_line("Loaded model: two", at=ago(minutes=28)),
        a_line("MODEL UNLOAD: two", at=ago(minutes=20)),
        a_line("MODEL UNLOAD: two", at=ago(minutes=19)),
        switch("three", ago(minutes=2)),
        a_line("Loaded model: three", at=ago(minutes=1)),
    )
    lane = lanes(drawn(a_worker(), lines=lines))["models"]

    assert [(span.label, span.until) for span in lane.spans] == [
        ("load", ago(minutes=48)),
        ("one", ago(minutes=30)),
        ("load", ago(minutes=28)),
        ("two", ago(minutes=20)),
        ("load", ago(minutes=1)),
        ("three", NOW),
    ]
    assert dict(lane.keys)[Tone.BUSY] == "3 loads"


def test_a_load_that_did_not_end_stands_out() -> None:
    """It is open: nobody knows how long it would have taken."""
    lane = lanes(drawn(a_worker(), lines=(switch("big", ago(minutes=9)),)))["models"]

    [load] = lane.spans
    assert (load.label, load.tone, load.open) == ("big: load not ended", Tone.BAD, True)
    assert dict(lane.keys)[Tone.BAD] == "1 without an end"


def test_a_load_without_an_end_lasted_no_longer_than_its_worker() -> None:
    """As long as it last beat, or wrote; one that lives may still load."""
    begun = switch("big", ago(minutes=30))
    crashed = a_worker(status="crashed", last_heartbeat_at=ago(minutes=25))

    def until(worker: Worker) -> datetime:
        [span] = lanes(drawn(worker, lines=(begun,)))["models"].spans
        return span.until

    assert until(crashed) == ago(minutes=25)
    assert until(replace(crashed, last_heartbeat_at=None)) == ago(minutes=30)
    assert until(a_worker()) == NOW


def test_a_load_that_failed_is_told_so() -> None:
    """What follows it is no load."""
    lines = (
        switch("big", ago(minutes=9)),
        a_line("QUEUE: Model switch failed: no memory", at=ago(minutes=5)),
        a_line("QUEUE: Model switch failed: no memory", at=ago(minutes=4)),
    )
    [load] = lanes(drawn(a_worker(), lines=lines))["models"].spans

    assert (load.label, load.until) == ("big: load failed", ago(minutes=5))


def test_the_queue_tells_of_the_end_of_a_load_as_well() -> None:
    """One line of both is enough."""
    lines = (
        switch("big", ago(minutes=9)),
        a_line("QUEUE: Model switch completed in 104.2s", at=ago(minutes=7)),
    )
    lane = lanes(drawn(a_worker(), lines=lines))["models"]

    assert [span.until for span in lane.spans] == [ago(minutes=7), NOW]


def test_tasks_are_bars_by_how_they_ended() -> None:
    """A failed one ends where its row was last changed."""
    tasks = (
        a_task("aaaaaaaa-1", started_at=ago(minutes=5)),
        a_task(
            "bbbbbbbb-2",
            status="Failed",
            started_at=ago(minutes=15),
            updated_at=ago(minutes=10),
        ),
        a_task(
            "cccccccc-3",
            status="Complete",
            started_at=ago(minutes=30),
            processed_at=ago(minutes=20),
        ),
        a_task("dddddddd-4", status="Cancelled", started_at=ago(minutes=33)),
        a_task("eeeeeeee-5", status="Queued"),
    )
    lane = lanes(drawn(a_worker(), tasks=tasks))["tasks"]

    assert shown(lane) == [
        (ago(minutes=33), NOW, Tone.PAST),
        (ago(minutes=30), ago(minutes=20), Tone.GOOD),
        (ago(minutes=15), ago(minutes=10), Tone.BAD),
        (ago(minutes=5), NOW, Tone.BUSY),
    ]
    assert dict(lane.keys) == {
        Tone.GOOD: "1 done",
        Tone.BAD: "1 failed",
        Tone.BUSY: "1 in progress",
        Tone.PAST: "1 other",
    }


def test_a_task_that_was_taken_away_is_known_by_its_lines() -> None:
    """Its row no longer names the worker."""
    lines = (
        a_line(at=ago(minutes=30), task_id=OTHER),
        a_line(at=ago(minutes=20), task_id=OTHER),
    )
    lane = lanes(drawn(a_worker(), lines=lines))["tasks"]

    assert shown(lane) == [(ago(minutes=30), ago(minutes=20), Tone.DOUBT)]
    assert dict(lane.keys) == {Tone.DOUBT: "1 no longer its own"}


def test_a_task_that_it_only_passed_over_is_none_of_its_own() -> None:
    """Nor is one of its own drawn twice, though its lines cut the id."""
    own = a_task(status="Complete", started_at=ago(minutes=9), processed_at=ago())
    lines = (
        a_line(
            "Skipping 8c64b95c: needs 4800MB", at=ago(minutes=30), task_id="8c64b95c"
        ),
        a_line("Claimed script task", at=ago(minutes=9), task_id=own.id[:8]),
        a_line(
            "Skipping 8c64b95c: needs 4800MB", at=ago(minutes=5), task_id="8c64b95c"
        ),
    )

    lane = lanes(drawn(a_worker(), tasks=(own,), lines=lines))["tasks"]

    assert shown(lane) == [(ago(minutes=9), ago(), Tone.GOOD)]


def test_what_was_not_read_is_said() -> None:
    """It is not drawn as silence."""
    chart = drawn(a_worker(), lines=None)

    assert list(lanes(chart)) == ["state"]
    assert "its lines were not read" in chart.notes[0]


def test_an_old_worker_is_shown_from_the_window_on() -> None:
    """Tasks that ended before are left out, and the picture says when it was made."""
    task = a_task(
        status="Complete",
        started_at=ago(hours=30),
        processed_at=ago(hours=29),
    )
    chart = drawn(a_worker(created_at=ago(hours=40)), tasks=(task,))

    assert chart.since == ago(hours=24)
    assert lanes(chart)["tasks"].spans == ()
    assert any("before this picture begins" in note for note in chart.notes)


def test_a_life_that_ended_before_the_window_is_shown_whole() -> None:
    """Its lines are another matter."""
    chart = drawn(
        a_worker(
            status="terminated",
            created_at=ago(hours=40),
            last_heartbeat_at=ago(hours=31),
            terminated_at=ago(hours=30),
        )
    )

    assert chart.since == ago(hours=40)
    assert any("its lines are shown from" in note for note in chart.notes)


def test_vram_is_as_of_the_last_heartbeat() -> None:
    """Rows hold no other."""
    chart = drawn(a_worker(vram_used_mb=12_288, vram_total_mb=24_576))

    assert "VRAM, when it last beat: 12.0 of 24.0 GB" in chart.notes


def test_the_main_figures_are_in_words() -> None:
    """For whoever can't see it."""
    tasks = (a_task(), a_task("b", status="Failed"))
    alt = drawn(a_worker(), tasks=tasks).alt

    assert alt == (
        "gpu-20260131_110000-0a1b2c3d has lived 1 h and is active; tasks: 1 failed,"
        " 1 in progress; last heartbeat 2026-01-31 11:59:50Z."
    )


def test_a_worker_of_the_future_is_drawn_all_the_same() -> None:
    """Its clock is ahead, and some time is left to draw in."""
    worker = a_worker(created_at=ago(minutes=-5), last_heartbeat_at=None)
    chart = drawn(worker, tasks=(a_task(started_at=ago(minutes=-9)),))

    assert chart.since < chart.until
    assert lanes(chart)["state"].spans == ()
