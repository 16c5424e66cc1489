import asyncio
import threading
import time
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.dispatch import ANSWER_SECONDS, ASKING_SECONDS
from bot.domain.errors import Misread, NotConfigured, OutOfTime, SourceDown
from bot.domain.line_fields import line_field
from bot.domain.pages import Border
from bot.domain.service_names import ORCHESTRATOR
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import Gaps, LogSearch
from bot.sources.octollm import logs as module
from bot.sources.octollm.logs import OctoLogs
from bot.sources.patience import answering
from bot.sources.stretches import LONGEST
from bot.tracing import given_up, request
from tests.sources.octollm.samples import CONSOLE, JSON, LOST, RUN, at, logs

EVENING = Window(since=at("09:10"), until=at("10:00"))


async def test_all_lines_of_the_run_are_found() -> None:
    """165 of them, oldest first, and their number is told."""
    found = await logs().search(LogSearch(window=RUN), limit=1000)

    assert (len(found.rows), found.total, found.whole) == (165, 165, True)
    assert list(found.rows) == sorted(found.rows, key=lambda line: line.order)
    assert (found.rows[0].at, found.rows[-1].at) == (
        at("08:54:51.886623"),
        at("09:00:31.434019"),
    )


async def test_a_page_holds_the_newest_and_tells_how_many_there_are() -> None:
    """The next one begins at its border."""
    every = await logs().search(LogSearch(window=RUN), limit=1000)
    first = await logs().search(LogSearch(window=RUN), limit=10)
    edge = first.rows[0]
    border = Border(at=edge.at, id=edge.id)
    older = await logs().search(LogSearch(window=RUN, before=border), limit=10)
    newer = await logs().search(
        LogSearch(window=RUN, after=Border(at=older.rows[0].at, id=older.rows[0].id)),
        limit=3,
    )

    assert (first.rows, first.total, first.whole) == (every.rows[-10:], 165, False)
    assert (older.rows, older.total) == (every.rows[-20:-10], 155)
    assert newer.rows == every.rows[-19:-16]


async def test_a_border_that_is_no_line_s_id_is_refused() -> None:
    """Before any file is read."""
    wanted = LogSearch(window=RUN, before=Border(at=at("09:00"), id="x"))

    with pytest.raises(Misread, match="'x' is not the id of a line"):
        await OctoLogs([], UTC).search(wanted, limit=1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"level": "ERROR"}, 32),
        ({"level": "WARNING"}, 18),
        ({"text": "CIRCUIT_BREAKER.half"}, 1),
        ({"text": "path=/submit"}, 23),
        ({"text": "status_code=503"}, 29),
        ({"text": "cache_hit=false"}, 8),
        ({"text": "none"}, 2),
        ({"text": "nothing such"}, 0),
        ({"source": "Orchestrator"}, 165),
        ({"source": "app.database"}, 19),
        ({"source": "reflex"}, 0),
        ({"task_id": TaskId(LOST)}, 1),
        ({"task_id": TaskId(LOST), "text": "reflex_check"}, 1),
        ({"worker_id": WorkerId("orchestrator")}, 165),
        ({"worker_id": WorkerId("coder")}, 0),
        ({"level": "ERROR", "text": "connection refused"}, 3),
    ],
)
async def test_lines_are_found_by_what_they_say(
    given: dict[str, str], expected: int
) -> None:
    """Each that matches all that is asked for, and no other."""
    every = await logs().search(LogSearch(window=RUN), limit=1000)
    found = await logs().search(LogSearch(window=RUN, **given), limit=1000)  # type: ignore[arg-type]

    plain = [
        line
        for line in every.rows
        if ("text" not in given or given["text"].lower() in line.message.lower())
        and ("level" not in given or given["level"] == line.level)
        and given.get("task_id") in (None, line.task_id)
        and (
            "source" not in given
            or given["source"].lower() in (line.source, line.source_id)
        )
        and given.get("worker_id") in (None, line.source)
    ]
    assert found.rows == tuple(plain)
    assert found.total == expected


async def test_a_traceback_is_searched_too() -> None:
    """It is not in the message."""
    wanted = LogSearch(window=EVENING, text="in submit_task")

    assert (await logs(CONSOLE).search(wanted, limit=10)).total == 3


async def test_lines_of_one_second_stay_in_their_order() -> None:
    """The console tells no fractions."""
    found = await logs(CONSOLE).search(LogSearch(window=EVENING), limit=1000)

    ids = [line.id for line in found.rows]
    assert len(ids) == 146
    assert ids == sorted(ids)


async def test_lines_of_a_task_are_found() -> None:
    """Those that carry its id."""
    id = TaskId("0110ab7c-f94c-4133-bcf6-c4797bf3e2b9")

    found = await logs().of_task(id, RUN)

    assert [line.fields["event"] for line in found.rows] == [
        "task.passed_reflex_check",
        "database.task_created",
        "task.submitted",
    ]
    assert found.whole


async def test_lines_of_a_service_are_its_own_and_those_about_it(
    tmp_path: Path,
) -> None:
    """By the file they stand in, or by the arm they name."""
    (tmp_path / "o.jsonl").write_text(
        '{"timestamp": "2026-11-23T08:00:00Z", "event": "arm.call", "arm": "coder"}\n'
        '{"timestamp": "2026-11-23T08:00:02Z", "event": "gave up on coder"}\n'
        '{"timestamp": "2026-11-23T08:00:03Z", "event": "gave up on coder-2"}\n'
    )
    (tmp_path / "c.jsonl").write_text(
        '{"timestamp": "2026-11-23T08:00:01Z", "event": "hi"}\n'
    )
    source = OctoLogs(
        [("orchestrator", f"{tmp_path}/o.jsonl"), ("coder", f"{tmp_path}/c.jsonl")], UTC
    )
    window = Window(since=at("07:00"), until=at("09:00"))

    own = await source.of_worker(WorkerId("coder"), window)
    naming = await source.naming(WorkerId("coder"), window)

    assert [line.message for line in own.rows] == ["arm.call arm=coder", "hi"]
    assert [line.message for line in naming.rows] == ["gave up on coder"]
    assert source.services == ("orchestrator", "coder")
    assert source.place == "the log files of orchestrator and coder"


async def test_alarms_are_counted_and_the_first_is_known() -> None:
    """32 in the run; it began with a task without a budget."""
    found = await logs().alarms(RUN, limit=5)
    first = await logs().first_alarm(RUN)

    assert (len(found.rows), found.total, found.whole) == (5, 32, False)
    assert first is not None
    assert first.at == at("08:55:30.065797")
    assert first.fields["error_kind"] == "ValidationError"


async def test_who_wrote_is_known() -> None:
    """By service and logger."""
    found = await logs().writers(RUN)

    loggers = ("app.database", "app.main", "app.reflex_client")
    assert found.rows == tuple(("orchestrator", it) for it in loggers)
    assert found.whole


async def test_a_window_without_alarms_has_no_first() -> None:
    """The program had just begun."""
    window = Window(since=at("08:54"), until=at("08:55"))

    assert await logs().first_alarm(window) is None
    assert (await logs().alarms(window, limit=5)).total == 0


async def test_the_orchestrator_s_life_is_its_starts_and_errors() -> None:
    """Its newest line counts, whatever the window."""
    life = await logs(JSON, CONSOLE).orchestration(RUN)

    assert life.restarts == (at("08:54:51.886623"),)
    assert len(life.errors) == 32
    assert life.last_line is not None
    assert life.last_line.at == at("09:13:56")
    assert life.cycles == ()


async def test_services_without_an_orchestrator_tell_nothing_of_it() -> None:
    """No line of it, no life."""
    life = await logs(service="coder").orchestration(RUN)

    assert (life.last_line, life.errors, life.restarts) == (None, (), ())


@pytest.mark.parametrize(("text", "undated"), [("garbage\n", True), ("", False)])
async def test_a_log_without_a_time_tells_so(
    tmp_path: Path, text: str, *, undated: bool
) -> None:
    """It has no newest line; an empty one says nothing."""
    path = tmp_path / "orchestrator.log"
    path.write_text(text)
    life = await OctoLogs([(ORCHESTRATOR, str(path))], UTC).orchestration(RUN)

    assert (life.last_line, life.undated) == (None, undated)


async def test_without_the_setting_it_is_named() -> None:
    """One line, which does not fail an answer."""
    with pytest.raises(NotConfigured, match="OCTOLLM_LOG_GLOBS is not set"):
        await OctoLogs([], UTC).alarms(RUN, limit=1)


async def test_a_file_that_can_t_be_read_is_a_gap_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the orchestrator itself nothing is then claimed."""
    (tmp_path / "o.log").write_bytes(JSON.read_bytes())
    source = OctoLogs(
        [
            *(("orchestrator", f"{tmp_path}/o.log"), ("coder", str(CONSOLE))),
            ("judge", f"{tmp_path}/j.log"),
        ],
        UTC,
    )
    real = Path.open

    def opened(path: Path, *args: Any, **given: Any) -> Any:
        if path.name == "o.log":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **given)

    monkeypatch.setattr(Path, "open", opened)
    gaps = Gaps()
    with gaps.hearing():
        lines = await source.every(EVENING)

    assert lines.rows
    assert not lines.whole
    assert [(each.reason, each.failed) for each in gaps.all] == [
        ("cannot be read: o.log: permission denied", True),
        ("of judge are not there: no file is where OCTOLLM_LOG_GLOBS says", False),
    ]
    with pytest.raises(SourceDown, match=r"cannot be read: o\.log"):
        await source.orchestration(EVENING)


@pytest.mark.parametrize(("count", "verb"), [(1, "line is"), (2, "lines are")])
async def test_lines_longer_than_a_stretch_are_named_beside_the_others(
    tmp_path: Path, count: int, verb: str
) -> None:
    """How many of which file: nothing failed."""
    path = tmp_path / "o.log"
    short = '{"event": "x", "timestamp": "2026-11-23T09:00:00Z"}\n'
    path.write_text(short + (short[:-2] + ', "x": "' + "z" * LONGEST + '"}\n') * count)
    gaps = Gaps()

    with gaps.hearing():
        told = await logs(path).search(LogSearch(window=RUN), limit=9)

    assert told.total == count + 1
    assert [(each.reason, each.failed) for each in gaps.all] == [
        (f"of o.log {count} {verb} longer than 4 MB: only the ends were read", False)
    ]


async def test_a_list_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest are kept, and it is told that there were more."""
    monkeypatch.setattr(module, "BOUND", 7)

    found = await logs().of_worker(WorkerId("orchestrator"), RUN)

    assert (len(found.rows), found.whole) == (7, False)
    assert found.rows[-1].at == at("09:00:31.434019")


async def test_a_file_system_that_hangs_costs_no_more_than_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thread can't be ended, but nobody waits for it."""
    monkeypatch.setattr(module, "READ_SECONDS", -0.45)
    monkeypatch.setattr(module, "patience", lambda most: most)
    mended = threading.Event()
    monkeypatch.setattr(module, "found", lambda globs: mended.wait(60))

    with pytest.raises(OutOfTime, match="could not be read within"):
        await logs().alarms(RUN, limit=1)
    mended.set()


async def test_it_is_known_when_an_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The files were waited for to the end."""
    mended = threading.Event()
    monkeypatch.setattr(module, "found", lambda globs: mended.wait(60))
    with request():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await logs().alarms(RUN, limit=1)
        mended.set()

        assert given_up() == ("octollm logs",)


def test_files_that_hang_are_given_up_before_the_whole_answer_is() -> None:
    """However late they were asked: the rest is told, and they are named."""
    assert ASKING_SECONDS + module.GRACE_SECONDS < ANSWER_SECONDS


async def test_a_file_system_that_hangs_holds_up_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However often it is asked: other sources have other threads."""
    source, mended = logs(), threading.Event()
    monkeypatch.setattr(module, "found", lambda globs: mended.wait(60))
    with answering(0.05):
        told = await asyncio.gather(
            *(source.alarms(RUN, limit=1) for _ in range(40)), return_exceptions=True
        )
    served = await asyncio.wait_for(asyncio.to_thread(lambda: "served"), 20)
    mended.set()

    assert {type(each) for each in told} == {OutOfTime}
    assert served == "served"


async def test_a_hundred_thousand_lines_are_searched_in_time(tmp_path: Path) -> None:
    """For an id a second, on a busy machine."""
    path = tmp_path / "big.jsonl"
    with path.open("w") as file:
        for n in range(100_000):
            when = at("08:00") + timedelta(milliseconds=36 * n)
            id = LOST if n == 50_000 else f"{n:08x}-752c-4302-96df-f7691319ba61"
            file.write(
                f'{{"task_id": "{id}", "event": "task.submitted", "level": "info",'
                f' "timestamp": "{when.isoformat()}"}}\n'
            )
    began = time.process_time()

    window = Window(since=at("07:00"), until=at("10:00"))
    found = await logs(path).of_task(TaskId(LOST), window)

    assert len(found.rows) == 1
    assert time.process_time() - began < 5  # traced it takes 1.6


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        (("event=http.request",), 43),
        (("event=http.request", "duration_seconds>1"), 4),
        (("event=http.request", "status_code=503", "path=/submit"), 6),
        (("error_kind=OperationalError",), 2),
        (("event=task.submitted", "priority=high"), 2),
        (("event=http.request", "level=error"), 0),
    ],
)
async def test_the_real_lines_are_found_by_their_fields(
    asked: tuple[str, ...], total: int
) -> None:
    """As a search engine would: all have to fit, numbers are compared."""
    wanted = LogSearch(window=RUN, fields=tuple(map(line_field, asked)))

    found = await logs().search(wanted, limit=100)

    assert found.total == len(found.rows) == total
