import json
from pathlib import Path

import pytest

from bot.domain.logs import Level, LogLine
from bot.domain.pages import Border
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import Logs, LogSearch
from bot.sources.agents import logs as module
from bot.sources.agents.logs import AgentsLogs
from bot.sources.asking import Gaps
from tests.sources.agents.files import (
    NOW,
    a_decision,
    a_folder,
    a_log,
    ago,
    naive,
    running,
    the_decisions,
    write,
)

RENDER = TaskId("3a333f8c-8470-4efc-81da-07a9419aa14b")
HOUR = Window.before(NOW, hours=1)


def told(lines: tuple[LogLine, ...]) -> list[tuple[str, str, str]]:
    """Return the lines as a person would tell them, without what repeats."""
    return [
        (f"{line.at:%H:%M:%S}", line.source_id, line.message.split(" (")[0][:45])
        for line in lines
        if "Skipping" not in line.message and "No-progress" not in line.message
    ]


async def test_a_tasks_whole_story_is_told(tmp_path: Path) -> None:
    """Two attempts, a frozen agent, a forced requeue, heat, and a double run."""
    folder, now = running(tmp_path)
    found = await AgentsLogs(folder).of_task(RENDER, Window.before(now, hours=1))

    assert found.whole
    assert {line.task_id for line in found.rows} == {RENDER}
    assert told(found.rows) == [
        ("08:50:13", "TASK_CREATED", "[TASK_CREATED] Created task: render_long"),
        ("08:50:13", "TASK_RELEASED", "[TASK_RELEASED] Released task to queue: rende"),
        ("08:50:15", "gpu-4", "Claimed script task: 3a333f8c..."),
        ("08:50:15", "gpu-4", "Spawned worker gpu-4-w0-3a333f8c"),
        ("08:52:06", "gpu-4", "Worker gpu-4-w0-3a333f8c finished: FAIL"),
        ("08:52:06", "gpu-4", "Task 3a333f8c... failed"),
        ("08:52:09", "RETRY_RESET", "[RETRY_RESET] Hard-reset worker gpu-4 after t"),
        ("08:52:09", "TASK_RELEASED", "[TASK_RELEASED] Released task to queue: rende"),
        ("08:52:09", "RETRY", "[RETRY] Retrying task"),
        ("08:52:40", "gpu-1", "Claimed script task: 3a333f8c..."),
        ("08:52:40", "gpu-1", "Spawned worker gpu-1-w0-3a333f8c"),
        (
            "09:04:11",
            "TASK_ABORT_SIGNAL",
            "[TASK_ABORT_SIGNAL] Sent graceful abort to gp",
        ),
        (
            "09:04:41",
            "TASK_ABORT_SIGNAL",
            "[TASK_ABORT_SIGNAL] Sent graceful abort to gp",
        ),
        (
            "09:05:11",
            "TASK_FORCE_KILL_SIGNAL",
            "[TASK_FORCE_KILL_SIGNAL] Sent force kill to g",
        ),
        ("09:06:12", "TASK_RELEASED", "[TASK_RELEASED] Released task to queue: rende"),
        (
            "09:06:12",
            "TASK_REQUEUED_TIMEOUT",
            "[TASK_REQUEUED_TIMEOUT] Requeued stuck task 3",
        ),
        ("09:07:38", "gpu-1", "THERMAL_PAUSE_WORKER: paused gpu-1-w0-3a333f8"),
        ("09:07:38", "gpu-1", "THERMAL_PAUSE_ENTER: reasons=['GPU temp 82C >"),
        ("09:08:08", "gpu-1", "THERMAL_PAUSE_EXTEND: reasons=['GPU temp 82C "),
        ("09:09:04", "gpu-1", "THERMAL_PAUSE_EXTEND: reasons=['GPU temp 82C "),
        ("09:10:43", "gpu-4", "Claimed script task: 3a333f8c..."),
        ("09:10:43", "gpu-4", "Spawned worker gpu-4-w0-3a333f8c"),
        ("09:10:45", "gpu-1", "THERMAL_RESUME_WORKER: resumed gpu-1-w0-3a333"),
        ("09:10:45", "gpu-1", "THERMAL_PAUSE_EXIT: resumed_workers=1 active_"),
        ("09:10:50", "gpu-1", "Worker gpu-1-w0-3a333f8c finished: OK"),
        ("09:10:50", "gpu-1", "Task 3a333f8c... completed"),
    ]


async def test_a_crash_is_one_line_with_its_traceback(tmp_path: Path) -> None:
    """And it is the worker's own; the brain's lines only name it."""
    folder, now = running(tmp_path)
    logs, window = AgentsLogs(folder), Window.before(now, hours=1)
    own = await logs.of_worker(WorkerId("gpu-2"), window)
    naming = await logs.naming(WorkerId("gpu-4-w0-3a333f8c"), window)

    [crash] = [line for line in own.rows if "GPU agent crashed" in line.message]
    assert crash.writer == "gpu-2"
    assert crash.message.splitlines()[-1].startswith("FileNotFoundError: [Errno 2]")
    assert {line.writer for line in own.rows} == {"gpu-2", "brain"}
    assert {line.source for line in naming.rows} == {"brain", "decision"}
    assert not set(naming.rows) & set(own.rows)


async def test_faults_are_counted_and_the_first_is_found(tmp_path: Path) -> None:
    """By what decisions mean, for their levels are not written."""
    folder, now = running(tmp_path)
    logs, window = AgentsLogs(folder), Window.before(now, hours=1)
    found = await logs.alarms(window, limit=2)
    first = await logs.first_alarm(window)

    assert (found.total, len(found.rows), found.whole) == (18, 2, False)
    assert found.rows[-1].message.startswith("GPU agent crashed")
    assert first is not None
    assert first.message.startswith("Failed to read foreach source")
    assert await logs.first_alarm(Window(since=NOW, until=NOW)) is None


async def test_what_is_given_up_again_on_every_loop_is_one_fault(
    tmp_path: Path,
) -> None:
    """As it was first; what fails twice failed twice."""
    decided = [
        a_decision(kind, "x", ago(seconds=30 - 2 * loop), task_id=task)
        for loop in range(3)
        for kind in ("ABANDON", "SHELL_FAILED")
        for task in ("1c1a09da", "22d25838")
    ]
    the_decisions(tmp_path, *decided, a_decision("ABANDON", "x", NOW))
    found = await AgentsLogs(a_folder(tmp_path)).alarms(HOUR, limit=20)
    given_up = [line for line in found.rows if line.source_id == "ABANDON"]

    assert found.total == 9
    assert [(line.task_id, line.at) for line in given_up] == [
        ("1c1a09da", ago(seconds=30)),
        ("22d25838", ago(seconds=30)),
        (None, NOW),
    ]


async def test_all_writers_are_named(tmp_path: Path) -> None:
    """Programs, and kinds of decisions."""
    folder, now = running(tmp_path)
    found = await AgentsLogs(folder).writers(Window.before(now, hours=1))

    assert found.whole
    assert {name for kind, name in found.rows if kind == "worker"} == {
        *("cpu-pi1", "gpu-1", "gpu-2", "gpu-4")
    }
    assert ("decision", "ABANDON") in found.rows


async def test_of_very_many_lines_the_newest_name_the_writers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it says so."""
    monkeypatch.setattr(module, "WRITERS_BOUND", 2)
    a_log(tmp_path, "a.log", *(f"09:00:00 [gpu-{n}] INFO: x" for n in range(5)))
    found = await AgentsLogs(a_folder(tmp_path)).writers(HOUR)

    assert found.rows == (("worker", "gpu-3"), ("worker", "gpu-4"))
    assert not found.whole


async def test_the_brains_life_is_asked_in_a_thread_as_well(tmp_path: Path) -> None:
    """It is tested beside it."""
    the_decisions(tmp_path, a_decision("MONITOR", "x", NOW))
    found = await AgentsLogs(a_folder(tmp_path)).orchestration(HOUR)

    assert len(found.cycles) == 1


def some_logs(root: Path) -> Logs:
    """Write some lines of each kind."""
    the_decisions(
        root,
        a_decision("RETRY", "Retrying it", ago(minutes=50), task_id="3a333f8c"),
        a_decision("ABANDON", "Given up", ago(minutes=40), worker="gpu-1"),
    )
    event = {
        "event": "task_failed",
        "recorded_at": naive(ago(minutes=30)),
        "task_id": RENDER,
        "worker": "gpu-1",
        "batch_id": "b1",
    }
    write(root / "plans/p/history/b1/logs/batch_events.jsonl", json.dumps(event))
    a_log(
        root,
        "gpu-1.log",
        "08:40:00 [gpu-1] INFO: CUDA out of MEMORY",
        "08:50:00 [gpu-1] ERROR: größer",
        at=ago(minutes=10),
    )
    return AgentsLogs(a_folder(root))


@pytest.mark.parametrize(
    ("wanted", "minutes"),
    [
        (LogSearch(window=HOUR), [50, 40, 30, 20, 10]),
        (LogSearch(window=HOUR, level="ERROR"), [40, 30, 10]),
        (LogSearch(window=HOUR, text="out of memory"), [20]),
        (LogSearch(window=HOUR, text="GRÖSSER"), [10]),
        (LogSearch(window=HOUR, text="[retry]"), [50]),
        (LogSearch(window=HOUR, text='"'), []),
        (LogSearch(window=HOUR, source="worker"), [20, 10]),
        (LogSearch(window=HOUR, source="Gpu-1"), [20, 10]),
        (LogSearch(window=HOUR, source="abandon"), [40]),
        (LogSearch(window=HOUR, source="b1"), [30]),
        (LogSearch(window=HOUR, task_id=RENDER), [50, 30]),
        (LogSearch(window=HOUR, worker_id=WorkerId("gpu-1")), [40, 30, 20, 10]),
        (
            LogSearch(
                window=HOUR, worker_id=WorkerId("gpu-1"), text="given", level="ERROR"
            ),
            [40],
        ),
        (LogSearch(window=Window.before(ago(minutes=25), hours=1)), [50, 40, 30, 20]),
        (
            LogSearch(window=Window(since=ago(minutes=45), until=ago(minutes=25))),
            [40, 30],
        ),
    ],
)
async def test_a_search_finds_what_matches(
    tmp_path: Path, wanted: LogSearch, minutes: list[int]
) -> None:
    """By text, level, writer, task, worker and window, together."""
    found = await some_logs(tmp_path).search(wanted, limit=9)

    assert [
        round((NOW - line.at).total_seconds() / 60) for line in found.rows
    ] == minutes
    assert (found.total, found.whole) == (len(minutes), True)


async def test_pages_are_turned_both_ways(tmp_path: Path) -> None:
    """A border's own line is in neither."""
    logs = some_logs(tmp_path)
    every = (await logs.search(LogSearch(window=HOUR), limit=9)).rows
    middle = Border(at=every[2].at, id=every[2].id)
    before = await logs.search(LogSearch(window=HOUR, before=middle), limit=1)
    after = await logs.search(LogSearch(window=HOUR, after=middle), limit=1)

    assert (before.rows, before.total) == (every[1:2], 2)
    assert (after.rows, after.total) == (every[3:4], 2)
    assert not before.whole


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[RETRY] Retrying", 1),
        ("retrying (task 3a333f8c", 1),
        ("(", 1),
        ("task 3a333f8c-8470", 0),
    ],
)
async def test_a_text_is_found_as_it_is_told(
    tmp_path: Path, text: str, found: int
) -> None:
    """Though no line of the file holds it in one piece."""
    line = a_decision("RETRY", "Retrying", ago(minutes=2), task_id="3a333f8c")
    the_decisions(tmp_path, line)
    logs = AgentsLogs(a_folder(tmp_path))

    assert (await logs.search(LogSearch(window=HOUR, text=text), limit=5)).total == (
        found
    )


async def test_repeated_decisions_are_not_hidden(tmp_path: Path) -> None:
    """An older brain says the same each turn of its loop."""
    lines = [
        a_decision("ABANDON", "again", ago(seconds=n), task_id="3a333f8c")
        for n in range(120, 0, -1)
    ]
    the_decisions(tmp_path, *lines)
    found = await AgentsLogs(a_folder(tmp_path)).search(
        LogSearch(window=HOUR, source="ABANDON"), limit=5
    )

    assert (found.total, len(found.rows)) == (120, 5)


def test_all_levels_are_known(tmp_path: Path) -> None:
    """Those that programs write."""
    assert tuple(AgentsLogs(a_folder(tmp_path)).levels) == tuple(Level)


async def test_what_the_brain_decided_is_its_own(tmp_path: Path) -> None:
    """Whoever it is about; what agents wrote is not."""
    folder, now = running(tmp_path)
    logs, window = AgentsLogs(folder), Window.before(now, hours=24)
    brain = WorkerId("brain")
    own = await logs.of_worker(brain, window)
    naming = await logs.naming(brain, window)
    found = await logs.search(
        LogSearch(window=window, worker_id=brain, level="ERROR"), limit=100
    )

    assert {line.source for line in own.rows} == {"brain", "decision"}
    assert {line.writer for line in own.rows} == {"brain"}
    assert "GPU_MISSING" in {line.source_id for line in own.rows}
    assert not [line for line in naming.rows if line.source in ("brain", "decision")]
    assert {line.source for line in found.rows} == {"brain", "decision"}
    assert found.total == len(found.rows)


async def test_lines_that_tell_nothing_are_counted(tmp_path: Path) -> None:
    """Whatever is searched for, in the decisions and in the events of batches."""
    the_decisions(tmp_path, a_decision("RETRY", "m", NOW), "x", '{"timestamp": null}')
    write(tmp_path / "plans/p/history/b/logs/batch_events.jsonl", "{\n")
    gaps = Gaps()
    with gaps.hearing():
        found = await AgentsLogs(a_folder(tmp_path)).search(
            LogSearch(window=HOUR, text="nothing of these"), limit=9
        )

    assert (found.rows, found.whole) == ((), True)
    assert [gap.reason for gap in gaps.all] == [
        "logs/brain_decisions.log holds 2 lines that can't be read",
        "plans/p/history/b/logs/batch_events.jsonl holds 1 line that can't be read",
    ]
