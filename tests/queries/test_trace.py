"""`trace`."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.command import Asked
from bot.domain.errors import Lacks, NotFound
from bot.domain.findings import Status
from bot.domain.logs import LogLine
from bot.domain.times import Window, stamp
from bot.queries.trace import (
    ServiceStay,
    Silence,
    SlowestHop,
    TraceData,
    TraceQuery,
    answer,
)
from bot.sources import Listing
from tests.world import TASK, a_line, a_world, ago, data_of, table_of, words_of

QUERY = TraceQuery(id="req-1")
HELD = timedelta(milliseconds=9.6)


@dataclass(frozen=True)
class FakeRequests:
    """Fulfils `bot.sources.Requests`."""

    lines: tuple[LogLine, ...]
    whole: bool = True
    place: str = "the log files of orchestrator"

    async def of(self, id: str, window: Window) -> Listing[LogLine]:
        """Return all lines of the window."""
        return Listing(
            tuple(line for line in self.lines if line.at in window), whole=self.whole
        )


def asked_of(*lines: LogLine, whole: bool = True, listed: bool = True) -> Asked:
    """Return what a handler may know of a system with these lines."""
    world = a_world()
    world.tasks.listed = listed
    system = replace(world.system, requests=FakeRequests(lines, whole))
    return replace(world.asked(), opens=lambda: system)


def said(
    ms: float, event: str, *, service: str = "orchestrator", **given: object
) -> LogLine:
    """Return a line of so many milliseconds after ten minutes ago."""
    request = given.pop("request", None)
    return a_line(
        event,
        at=ago(minutes=10) + timedelta(milliseconds=ms + 0.5),
        source=service,
        source_id="",
        worker_id=None,
        task_id=given.pop("task", None),
        request_id=request,
        fields={"event": event, **given},
        id=f"{service}-{ms}",
    )


SUBMIT = (
    said(5, "task.passed_reflex_check", request="req-1", task=TASK),
    said(11, "task.submitted", request="req-1", task=TASK),
    said(
        12, "http.request", method="POST", path="/submit", status_code=202,
        duration_seconds=0.012,
    ),
    said(2012, "task.started", service="coder", task=TASK),
)  # fmt: skip


async def test_a_request_is_told_with_its_services_in_order() -> None:
    """Each with its times since the request came in."""
    report = await answer(QUERY, asked_of(*SUBMIT))

    data = data_of(report, TraceData)
    assert (data.request_id, data.task_ids, data.ended) == ("req-1", (TASK,), "202")
    assert data.took_seconds == pytest.approx(2.012)
    assert data.services[0] == ServiceStay(
        service="orchestrator", lines=3, first_seconds=0.005, last_seconds=0.012,
        spent_seconds=0.007,
    )  # fmt: skip
    assert [each.service for each in data.services] == ["orchestrator", "coder"]
    assert data.gaps == (
        Silence(
            after="http.request", before="task.started", service="orchestrator",
            took_seconds=2.0,
        ),
    )  # fmt: skip
    assert [line.message for line in data.timeline][-1] == "task.started"
    assert report.summary == (
        "req-1 took 2.01 s in 2 services, ended with 202; the slowest hop: 2.00 s from"
        " orchestrator to coder"
    )
    assert data.slowest_hop == SlowestHop(
        took_seconds=2.0, from_service="orchestrator", after="http.request",
        to_service="coder", before="task.started",
    )  # fmt: skip
    assert table_of(report, "The way")[0] == (
        "+5.0 ms", "orchestrator", "task.passed_reflex_check", "its id",
    )  # fmt: skip
    assert table_of(report, "Services in order") == [
        ("orchestrator", 3, "+5.0 ms", "+12.0 ms", "7.0 ms"),
        ("coder", 1, "+2.01 s", "+2.01 s", "0.0 ms"),
    ]
    assert table_of(report, "Nothing written") == [
        ("2.00 s", "http.request", "task.started")
    ]
    assert words_of(report)[0] == f"task {TASK}"
    assert not report.truncated
    assert report.status is Status.OK


async def test_without_a_list_of_tasks_the_lines_of_its_task_are_offered() -> None:
    """No more can be told of it then; both look as far back."""
    far = replace(QUERY, hours=72)

    listed = words_of(await answer(far, asked_of(*SUBMIT)))
    unlisted = words_of(await answer(QUERY, asked_of(*SUBMIT, listed=False)))
    odd = said(6, "x", request="req-1", task="no id")

    assert listed == [
        f"task {TASK} --hours 72",
        "logs --level ERROR --hours 72",
        "health",
    ]
    assert unlisted == [f"logs --task {TASK}", "logs --level ERROR", "health"]
    assert words_of(await answer(QUERY, asked_of(odd)))[0] == "logs --level ERROR"


async def test_it_is_told_how_lines_without_the_id_were_found() -> None:
    """And that the id goes no further."""
    report = await answer(QUERY, asked_of(*SUBMIT))

    assert report.notes == (
        "1 line found by its task",
        "1 line found by its place",
        "the id stands in one service's lines alone: it is not forwarded",
    )


async def test_a_clock_that_was_put_right_is_named() -> None:
    """By which way, and what told it."""
    early = said(-400, "task.started", service="coder", request="req-1")
    late = (
        said(9, "reflex_client.request_success", reflex_request_id="r",
             duration_seconds=0.002),
        replace(SUBMIT[0], id="orchestrator-9z", at=ago(minutes=10) + HELD),
        said(508, "Processing request", service="reflex-layer", request="r"),
    )  # fmt: skip

    [first] = data_of(await answer(QUERY, asked_of(early, *SUBMIT)), TraceData).clocks
    notes = (await answer(QUERY, asked_of(early, *late))).notes

    assert (first.service, first.told_by) == ("coder", "order")
    assert first.moved_seconds == pytest.approx(0.405)
    words = (
        "the clock of coder was off: its lines are moved on by 409.0 ms, told by order"
    )
    assert words in notes
    assert any(
        "reflex-layer was off: its lines are moved back by" in it for it in notes
    )
    assert not any("not forwarded" in it for it in notes)


async def test_a_single_line_is_a_way_without_steps() -> None:
    """Nobody tells how it ended."""
    report = await answer(QUERY, asked_of(said(0, "x", request="req-1"), whole=False))

    assert report.summary == "req-1 took 0.0 ms in 1 service"
    assert report.truncated


async def test_a_request_that_broke_off_is_told_as_such() -> None:
    """By its last line, which is over a minute old."""
    report = await answer(QUERY, asked_of(replace(SUBMIT[0], at=ago(seconds=61))))

    assert report.summary == (
        "req-1 took 0.0 ms in 1 service and was cut off: its last line is"
        " orchestrator's task.passed_reflex_check"
    )
    assert report.status is Status.WARNING
    assert data_of(report, TraceData).cut_off


@pytest.mark.parametrize(("seconds", "whole"), [(60, True), (61, False)])
async def test_a_request_may_be_under_way(seconds: float, whole: bool) -> None:
    """Within a minute; so may one whose lines were not read to their end."""
    line = replace(SUBMIT[0], at=ago(seconds=seconds))
    report = await answer(QUERY, asked_of(line, whole=whole))

    assert not data_of(report, TraceData).cut_off
    assert report.status is Status.OK


async def test_a_request_that_no_line_names_does_not_exist() -> None:
    """A longer window may hold it."""
    with pytest.raises(NotFound) as it:
        await answer(QUERY, asked_of())

    assert it.value.message == (
        "no line of the window bears the request req-1: looked for since"
        f" {stamp(ago(hours=24))} in the log files of orchestrator, which hold no line"
        " of that time at all"
    )
    assert it.value.hint == "further back: trace req-1 --hours 72"

    with pytest.raises(NotFound) as it:
        await answer(replace(QUERY, hours=200), asked_of())

    assert it.value.hint == "further back: trace req-1 --hours 600"


async def test_a_request_is_not_said_to_be_missing_where_little_was_read() -> None:
    """Other lines were written then, or the time was up."""
    asked = asked_of()
    logs = a_world(lines=[a_line("x")]).logs
    system = replace(asked.system, logs=logs)

    with pytest.raises(NotFound) as it:
        await answer(QUERY, replace(asked, opens=lambda: system))
    assert it.value.message.endswith("in the log files of orchestrator")

    with pytest.raises(NotFound) as it:
        await answer(QUERY, asked_of(whole=False))
    assert it.value.message.endswith("not all of which could be read in time")


async def test_a_system_without_ids_of_requests_says_so() -> None:
    """In one line."""
    with pytest.raises(Lacks, match="has no ids of requests in its log lines"):
        await answer(QUERY, a_world().asked())


async def test_a_request_that_failed_is_a_warning() -> None:
    """A client may send its id again and again: that is told."""
    ends = [
        said(ms, "http.request", status_code=503, path="/x", duration_seconds=0.001)
        for ms in (2, 5002)
    ]
    own = [said(ms, "x", request="req-1") for ms in (1, 5001)]
    report = await answer(QUERY, asked_of(*own, *ends))

    assert report.status is Status.WARNING
    assert report.notes[1] == (
        "2 requests came in with this id: times are those from the first to the last"
    )


@pytest.mark.parametrize("found", [True, False])
async def test_lines_of_later_are_left_out_and_noted(*, found: bool) -> None:
    """By the setting that tells in which zone they are written."""
    lines = [a_line(at=ago(hours=-2), request_id="req-1")]
    lines += [a_line(request_id="req-1")] if found else []
    asked = asked_of(*lines)
    plain = asked.system
    words = replace(plain.vocabulary, zone="OCTOLLM_TZ")
    zoned = replace(asked, opens=lambda: replace(plain, vocabulary=words))
    told = "left out: lines of it up to 2 h ahead of the clock here: see OCTOLLM_TZ"

    if not found:
        with pytest.raises(NotFound) as it:
            await answer(QUERY, zoned)
        assert it.value.hint == told
        return
    assert (await answer(QUERY, zoned)).notes[-1] == told
    assert told not in (await answer(QUERY, asked)).notes
