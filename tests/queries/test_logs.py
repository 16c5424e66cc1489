"""`logs`."""

import shlex
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import Ambiguous, Lacks, Misread, NotFound, SourceDown
from bot.domain.findings import Status
from bot.domain.logs import Level, LogLine
from bot.domain.pages import Border
from bot.domain.report import Report
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import WorkerId
from bot.queries import book
from bot.queries.logs import LogsData, LogsQuery, answer
from bot.sources import Listing, LogSearch
from bot.words import read
from tests.world import (
    NOW,
    TASK,
    WORKER,
    FakeLogs,
    a_line,
    a_task,
    a_worker,
    a_world,
    ago,
    data_of,
    facts_of,
    words_of,
)

OTHER = TaskId("52345358-0000-4000-8000-000000000002")


async def test_matching_lines_come_oldest_first_with_their_number() -> None:
    """What is listed is also counted by level and by writer."""
    lines = [
        a_line("second", level="ERROR", at=ago(minutes=1)),
        a_line("first", at=ago(minutes=2)),
        a_line("yesterday", at=ago(hours=25)),
    ]
    world = a_world(lines=lines)

    report = await answer(LogsQuery(), world.asked())

    found = data_of(report, LogsData)
    assert [line.message for line in found.entries] == ["first", "second"]
    assert found.total == 2
    assert report.summary == "2 matching lines"
    assert facts_of(report, "Listed") == {"ERROR": 1, "INFO": 1, "worker": 2}
    assert not report.truncated
    assert words_of(report) == ["logs --level ERROR"]


@pytest.mark.parametrize(
    "given",
    [
        {"search": "OUT OF memory"},
        {"level": "warning"},
        {"level": "WARN"},
        {"level": "warn-ing"},
        {"source": "edge_function"},
        {"source": "claim-next-task"},
        {"task": TASK},
        {"task": "4134"},
        {"worker": WORKER},
        {"worker": "gpu-2026"},
        {"since": ago(minutes=5)},
        {"hours": 0.1},
    ],
)
async def test_each_flag_narrows_the_search(given: dict[str, Any]) -> None:
    """A line that differs in just that respect is left out."""
    wanted = a_line(
        "wanted: Out of memory",
        level="WARNING",
        source="edge_function",
        source_id="claim-next-task",
        task_id=TASK,
    )
    other = a_line(
        "other", at=ago(hours=1), task_id=OTHER, worker_id=None, source_id="another"
    )
    world = a_world(lines=[wanted, other], tasks=[a_task()], workers=[a_worker()])

    report = await answer(LogsQuery(**given), world.asked())

    assert [line.message for line in data_of(report, LogsData).entries] == [
        "wanted: Out of memory"
    ]


async def test_an_end_is_kept_to() -> None:
    """Lines after it are of no interest."""
    world = a_world(lines=[a_line("late"), a_line("early", at=ago(hours=2))])

    report = await answer(LogsQuery(until=ago(hours=1)), world.asked())

    assert [line.message for line in data_of(report, LogsData).entries] == ["early"]
    assert report.window is not None
    assert report.window.until == ago(hours=1)


async def test_a_limit_keeps_the_newest_and_offers_the_older() -> None:
    """The offer is the same question, ending where this page begins."""
    lines = [
        a_line(f"line {n}", level="ERROR", at=ago(minutes=n), id=f"{n}")
        for n in range(1, 5)
    ]
    world = a_world(lines=lines)
    query = LogsQuery(search="line", level="error", since=ago(hours=1), limit=3)

    report = await answer(query, world.asked())

    found = data_of(report, LogsData)
    assert [line.message for line in found.entries] == ["line 3", "line 2", "line 1"]
    assert found.total == 4
    assert report.truncated
    assert report.summary == "4 matching lines, the newest 3 are listed"
    assert report.notes == (
        "1 older line matches as well: turn the page, or use --limit",
    )
    assert words_of(report) == [
        (
            "logs --search line --level error --since 2026-01-31T11:00:00Z"
            " --until 2026-01-31T12:00:00Z"
            " --before 2026-01-31T11:57:00Z/3 --limit 3"
        ),
        "logs --search line --since 2026-01-31T11:00:00Z --limit 3",
    ]


def _asked_by(report: Report, label: str) -> LogsQuery:
    """Return what the button asks."""
    [words] = [each.words for each in report.asks if each.label == label]
    query = read(shlex.split(words), book(), NOW).query
    assert isinstance(query, LogsQuery)
    return query


async def test_pages_go_to_the_oldest_and_back() -> None:
    """Lines that share a time are in one page each, and later ones move none."""
    world = a_world(lines=[a_line(id=f"{n}", at=ago(minutes=5)) for n in range(5)])

    def ids(report: Report) -> list[str]:
        return [line.id for line in data_of(report, LogsData).entries]

    first = await answer(LogsQuery(limit=2), world.asked())
    world.logs.rows.append(a_line(id="9", at=NOW + timedelta(seconds=1)))
    second = await answer(_asked_by(first, "Older"), world.asked())
    last = await answer(_asked_by(second, "Older"), world.asked())
    back = await answer(_asked_by(last, "Newer"), world.asked())
    start = await answer(_asked_by(back, "Newer"), world.asked())

    assert [ids(each) for each in (first, second, last)] == [
        ["3", "4"],
        ["1", "2"],
        ["0"],
    ]
    assert (ids(back), ids(start)) == (ids(second), ids(first))
    assert second.summary == "5 matching lines; 2 are listed, 2 are newer and 1 older"
    assert second.truncated
    assert [each.label for each in start.asks] == ["Older"]
    assert [each.label for each in last.asks] == ["Newer"]


async def test_a_line_of_a_clock_ahead_stays_in_its_pages() -> None:
    """The end is fixed at the newest line, not at the time of the question."""
    late = NOW + timedelta(minutes=2)
    lines = [a_line(id="1", at=late), a_line(id="2", at=late), a_line(id="0")]
    world = a_world(lines=lines)

    first = await answer(LogsQuery(limit=1), world.asked())
    second = await answer(_asked_by(first, "Older"), world.asked())
    back = await answer(_asked_by(second, "Newer"), world.asked())

    assert [line.id for line in data_of(second, LogsData).entries] == ["1"]
    assert data_of(back, LogsData).entries == data_of(first, LogsData).entries


async def test_whose_lines_they_are_is_offered() -> None:
    """By the whole id; of a task there is no more where none can be listed."""
    world = a_world(tasks=[a_task()], workers=[a_worker()], lines=[])
    query = LogsQuery(task="4134", worker="gpu-2")

    report = await answer(query, world.asked())
    world.tasks.listed = False
    unlisted = await answer(query, world.asked())

    assert words_of(report) == [f"task {TASK}", f"worker {WORKER}"]
    assert words_of(unlisted) == [f"worker {WORKER}"]


async def test_what_it_offers_is_understood() -> None:
    """Quotes and all flags survive being typed again."""
    lines = [
        a_line('it\'s "full"', task_id=TASK, id=f"{n}", at=ago(minutes=n))
        for n in (1, 2)
    ]
    world = a_world(lines=lines)
    query = LogsQuery(
        search='it\'s "full"', source="worker", task=TASK, worker=WORKER, limit=1
    )

    report = await answer(query, world.asked())

    again = read(shlex.split(words_of(report)[0]), book(), NOW).query
    assert isinstance(again, LogsQuery)
    assert (again.search, again.source) == (query.search, query.source)
    assert (again.task, again.worker) == (TASK, WORKER)
    assert again.until == NOW
    assert again.before == Border(at=ago(minutes=1), id="1")


async def test_nothing_that_matches_is_an_answer() -> None:
    """There is then nothing to show."""
    report = await answer(LogsQuery(search="nothing"), a_world().asked())

    assert report.summary == "no line of the window matches"
    assert report.sections == ()
    assert data_of(report, LogsData).total == 0


async def test_a_source_that_cannot_count_is_taken_at_its_rows() -> None:
    """The number is then that of the lines."""

    class Uncounted(FakeLogs):
        async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
            return Listing((a_line(),))

    world = a_world()
    world.logs = Uncounted()

    report = await answer(LogsQuery(), world.asked())

    assert data_of(report, LogsData).total == 1


@pytest.mark.parametrize(
    "given",
    [{"level": "LOUD"}, {"task": "xyz1"}, {"worker": "-gpu"}, {"since": NOW}],
)
async def test_bad_values_are_refused_before_any_question(
    given: dict[str, Any],
) -> None:
    """Nothing is asked."""
    world = a_world()
    world.logs.down = SourceDown("supabase", "cannot be reached")

    with pytest.raises(Misread):
        await answer(LogsQuery(**given), world.asked())


async def test_a_beginning_of_no_task_is_not_found() -> None:
    """As with `task`."""
    with pytest.raises(NotFound, match="no task has an id that begins with abcd"):
        await answer(LogsQuery(task="abcd"), a_world().asked())


async def test_a_worker_that_is_not_there_is_called_so_where_no_line_is_its() -> None:
    """It is not offered; one whose lines are left is, whatever became of its row."""
    gone = WorkerId(WORKER[:-1] + "e")
    world = a_world(lines=[a_line("left", worker_id=gone)])
    left = await answer(LogsQuery(worker=gone), world.asked())
    report = await answer(LogsQuery(worker=WORKER), a_world(lines=[]).asked())

    assert words_of(left) == [f"worker {gone}"]
    assert report.summary == (
        f"no line of the window matches; no worker is called {WORKER}"
    )
    assert report.hint
    assert words_of(report) == []


async def test_a_beginning_of_two_workers_lists_both() -> None:
    """As with `worker`."""
    workers = [a_worker(), a_worker(WorkerId(WORKER[:-1] + "e"))]

    with pytest.raises(Ambiguous):
        await answer(LogsQuery(worker="gpu-2026"), a_world(workers=workers).asked())


async def test_who_wrote_without_a_name_is_not_told_by_an_empty_one() -> None:
    """Lines of a program itself may name no part of it."""
    lines = [
        a_line(source="brain", source_id=""),
        a_line(source="orchestrator", source_id=""),
        a_line(source="orchestrator", source_id="app.database"),
    ]

    report = await answer(LogsQuery(source="nosuch"), a_world(lines=lines).asked())

    assert facts_of(report, "Who wrote") == {
        "brain": "without a name",
        "orchestrator": "app.database",
    }


async def test_a_source_that_nobody_has_is_told_with_those_there_are() -> None:
    """An empty list would look like silence."""
    lines = [
        a_line(),
        a_line(source="edge_function", source_id="claim-next-task"),
        *(a_line(source="browser", source_id=f"tab{n}") for n in range(7)),
    ]

    report = await answer(LogsQuery(source="workr"), a_world(lines=lines).asked())

    assert report.summary == (
        "no source of the window is called 'workr'; there are: browser,"
        " edge_function, worker (did you mean 'worker'?)"
    )
    assert facts_of(report, "Who wrote") == {
        "browser": "tab0, tab1, tab2, tab3, tab4 and 2 more",
        "edge_function": "claim-next-task",
        "worker": WORKER,
    }
    assert data_of(report, LogsData).total == 0
    assert words_of(report) == ["logs --source worker"]
    assert report.status is Status.UNKNOWN
    assert report.notes == ()


async def test_a_source_that_is_like_no_other_is_not_guessed() -> None:
    """Those there are stand all the same."""
    world = a_world(lines=[a_line()])
    world.logs.whole = False

    report = await answer(LogsQuery(source="xyzzy"), world.asked())

    assert report.summary == (
        "no source of the window is called 'xyzzy'; there are: worker"
    )
    assert report.asks == ()
    assert report.notes == ("who wrote is told by the newest lines alone",)


async def test_a_window_without_lines_names_no_source() -> None:
    """There is none."""
    report = await answer(LogsQuery(source="worker"), a_world().asked())

    assert report.summary == (
        "no source of the window is called 'worker': it holds no line at all"
    )
    assert report.sections == ()


async def test_a_source_that_wrote_nothing_of_the_kind_is_known() -> None:
    """It is the other flags that match nothing."""
    world = a_world(lines=[a_line()])

    report = await answer(LogsQuery(source="worker", level="ERROR"), world.asked())

    assert report.summary == "no line of the window matches"


async def test_who_else_wrote_is_not_needed_for_an_answer() -> None:
    """What can't be read leaves a calm gap."""
    world = a_world(lines=[a_line()])
    asked = world.asked()

    async def unread(window: Window) -> Listing[tuple[str, str]]:
        raise SourceDown("supabase", "did not answer")

    world.logs.writers = unread  # type: ignore[method-assign]
    report = await answer(LogsQuery(source="xyzzy"), asked)

    assert report.summary == "no line of the window matches"
    assert [gap.failed for gap in asked.gaps.all] == [False]


async def test_lines_that_a_shut_file_hides_were_not_cut() -> None:
    """Their source names it; the lines of the others are shown all the same."""
    world = a_world(lines=[a_line()])
    search = world.logs.search

    async def others(wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        found = await search(wanted, limit=limit)
        return replace(found, whole=False, hides=True)

    world.logs.search = others  # type: ignore[method-assign]
    asked = world.asked()
    report = await answer(LogsQuery(), asked)

    assert isinstance(report.data, LogsData)
    assert len(report.data.entries) == 1
    assert (report.truncated, report.notes) == (False, ())


class HurriedLogs(FakeLogs):
    """A log that could not be read whole in time: how many match is not known."""

    async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        """Return what was read."""
        found = await FakeLogs.search(self, wanted, limit=limit)
        return Listing(found.rows, whole=False, total=found.total)


@pytest.mark.parametrize("border", [None, Border(at=ago(minutes=5), id="")])
async def test_lines_that_were_not_all_read_are_told_as_such(
    border: Border | None,
) -> None:
    """What was counted is then no number of all."""
    world = a_world()
    world.logs = HurriedLogs(rows=[a_line(), a_line(id="b")])

    report = await answer(LogsQuery(after=border), world.asked())

    assert report.truncated
    assert report.notes[0].startswith("not all lines could be read in time")


class UncountedLogs(FakeLogs):
    """A log of which a page is read in time, and no count."""

    async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        """Return a page without the number of all."""
        found = await FakeLogs.search(self, wanted, limit=limit)
        return found if found.whole else Listing(found.rows, whole=False)


@pytest.mark.parametrize("border", [None, Border(at=ago(seconds=55), id="z")])
async def test_a_page_that_could_not_be_counted_is_more_than_its_lines(
    border: Border | None,
) -> None:
    """It is never said that a page of three lines is one that matches."""
    world = a_world()
    world.logs = UncountedLogs(rows=[a_line(id=str(n)) for n in range(9)])

    report = await answer(LogsQuery(limit=3, before=border), world.asked())

    data = data_of(report, LogsData)
    assert (data.total, len(data.entries)) == (3, 3)
    assert report.truncated
    assert report.notes[0].startswith("not all lines could be read in time")


async def test_lines_are_found_by_their_fields() -> None:
    """All of them have to fit; buttons ask for them again."""
    lines = [
        a_line("a", fields={"event": "http.request", "status_code": 503}),
        a_line("b", fields={"event": "http.request", "status_code": 202}),
        a_line("c", fields={"event": "other", "status_code": 503}, level="ERROR"),
    ]
    query = read(
        shlex.split("logs --field event=http.request --field 'status_code>400'"),
        book(),
        NOW,
    ).query
    assert isinstance(query, LogsQuery)

    report = await answer(query, a_world(lines=lines).asked())
    wider = await answer(
        LogsQuery(field=("status_code=503",)), a_world(lines=lines).asked()
    )

    assert [line.message for line in data_of(report, LogsData).entries] == ["a"]
    assert words_of(wider) == ["logs --level ERROR --field status_code=503"]


async def test_where_lines_have_no_fields_one_line_says_so() -> None:
    """And what can be asked instead."""
    world = a_world(lines=[a_line()])
    world.logs.fielded = False

    with pytest.raises(Lacks, match="has no fields in its log lines") as caught:
        await answer(LogsQuery(field=("a=b",)), world.asked())

    assert caught.value.hint.endswith("logs --search TEXT")


@pytest.mark.parametrize(("debug", "offered"), [(1, False), (2, True)])
async def test_what_is_mostly_for_programmers_can_be_left_out(
    debug: int,
    offered: bool,
) -> None:
    """An agent says every five seconds why it takes nothing."""
    lines = [a_line("skipped", level=Level.DEBUG, id=f"{n}") for n in range(debug)]
    world = a_world(lines=[*lines, a_line("claimed", id="x")])

    report = await answer(LogsQuery(limit=5), world.asked())

    assert ("logs --level INFO --limit 5" in words_of(report)) is offered


@pytest.mark.parametrize(
    ("level", "status"),
    [
        (None, Status.OK),
        ("INFO", Status.OK),
        ("DEBUG", Status.OK),
        ("error", Status.WARNING),
        ("crit", Status.WARNING),
    ],
)
async def test_errors_that_were_asked_for_are_not_well(
    level: str | None, status: Status
) -> None:
    """Lines that somebody looks through are not judged, nor is that there are none."""
    levels = (Level.INFO, Level.ERROR, Level.CRITICAL)
    lines = [a_line(level.lower(), level=level, id=level) for level in levels]
    found = await answer(LogsQuery(level=level), a_world(lines=lines).asked())
    none = await answer(LogsQuery(level=level), a_world().asked())

    assert found.status is status
    assert none.status is Status.OK


@pytest.mark.parametrize("zone", ["", "AGENTS_TZ"])
async def test_lines_of_later_by_a_wrong_zone_are_told_of(zone: str) -> None:
    """Where nothing else matches the answer is not known; rows with a zone tell it."""
    lines = [a_line(at=ago(hours=-6)), a_line(at=ago(hours=-5))]
    world, mixed = a_world(lines=lines), a_world(lines=[*lines, a_line(id="now")])
    world.vocabulary = mixed.vocabulary = Vocabulary(zone=zone)

    none = await answer(LogsQuery(), world.asked())
    some = await answer(LogsQuery(), mixed.asked())

    told = "left out: lines up to 6 h ahead of the clock here: see AGENTS_TZ"
    assert none.summary.removeprefix("no line of the window matches") == (
        f"; {told}" if zone else ""
    )
    assert none.status is (Status.UNKNOWN if zone else Status.OK)
    assert (some.summary, some.status) == ("1 matching line", Status.OK)
    assert some.notes == ((told,) if zone else ())


async def test_who_writes_times_of_later_is_not_said_to_write_nothing() -> None:
    """Though others wrote in the window."""
    lines = [a_line(at=ago(hours=-6), source="reflex-layer"), a_line(source="coder")]
    world = a_world(lines=lines)
    world.vocabulary = Vocabulary(zone="OCTOLLM_TZ")

    late = await answer(LogsQuery(source="reflex-layer"), world.asked())
    nobody = await answer(LogsQuery(source="judge"), world.asked())

    assert late.summary == (
        "no line of the window matches; left out: lines up to 6 h ahead of the clock"
        " here: see OCTOLLM_TZ"
    )
    assert nobody.summary.startswith("no source of the window is called 'judge'")


async def test_of_lines_of_later_those_are_told_that_match() -> None:
    """And none where there was no time to read all of the others."""
    world = a_world(lines=[a_line("x", at=ago(hours=-6)), a_line(at=ago(hours=-5))])
    world.vocabulary = Vocabulary(zone="AGENTS_TZ")
    found = await answer(LogsQuery(search="a line"), world.asked())
    now = [a_line(id="1"), a_line(id="2")]
    world.logs = UncountedLogs(rows=[*world.logs.rows, *now])
    hurried = await answer(LogsQuery(limit=1), world.asked())

    assert "left out: lines up to 5 h ahead" in found.summary
    assert not [each for each in hurried.notes if each.startswith("left out")]


async def test_a_window_that_is_over_leaves_out_what_it_was_told_to() -> None:
    """Lines of after it are not of a wrong zone; nor is one a little ahead."""
    world = a_world(lines=[a_line(at=ago(hours=-6)), a_line(at=ago(minutes=90))])
    near = a_world(lines=[a_line(at=ago(minutes=-9))])
    world.vocabulary = near.vocabulary = Vocabulary(zone="AGENTS_TZ")

    report = await answer(LogsQuery(until=ago(hours=1)), world.asked())
    little = await answer(LogsQuery(), near.asked())

    assert (report.summary, report.notes) == ("1 matching line", ())
    assert little.notes == ("the newest line is 9 min ahead of the clock here",)
