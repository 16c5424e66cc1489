from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.logs import LogLine
from bot.domain.tasks import TaskId
from bot.domain.traces import Join, Trace, traced

START = datetime(2026, 11, 23, 8, 0, 0, 500, tzinfo=UTC)
TASK = TaskId("0110ab7c-f94c-4133-bcf6-c4797bf3e2b9")
ANSWERED = "reflex_client.request_success"


def a_line(
    ms: float,
    event: str,
    *,
    service: str = "orchestrator",
    request: str | None = None,
    task: str | None = None,
    **fields: Any,
) -> LogLine:
    """Return a line of so many milliseconds after the start."""
    return LogLine(
        at=START + timedelta(milliseconds=ms), level="INFO", source=service,
        message=event, request_id=request, task_id=TaskId(task) if task else None,
        fields={"event": event, **fields}, id=f"{service}-{ms:09.1f}-{event}",
    )  # fmt: skip


def ended(
    ms: float, took: float = 12, status: int = 202, path: str = "/submit"
) -> LogLine:
    return a_line(
        ms, "http.request", method="POST" if path == "/submit" else "GET", path=path,
        status_code=status, duration_seconds=took / 1000,
    )  # fmt: skip


def submitted(ms: float = 0, request: str = "R", task: str = TASK) -> list[LogLine]:
    """Return what a submit that went well writes, within 12 ms."""
    own = {"request": request, "task": task}
    return [
        a_line(
            ms + 5, ANSWERED, reflex_request_id=f"r-{request}", duration_seconds=0.003
        ),
        a_line(ms + 5.3, "task.passed_reflex_check", **own),
        a_line(ms + 11, "database.task_created", **own),
        a_line(ms + 11.5, "task.submitted", **own),
        ended(ms + 12),
    ]


def the(trace: Trace | None) -> Trace:
    assert trace is not None
    return trace


def events(trace: Trace | None) -> list[str]:
    return [line.message for line in the(trace).lines]


def test_a_request_that_nobody_wrote_of_has_no_trace() -> None:
    """None, and not an empty one."""
    assert traced("X", submitted()) is None


def test_a_request_s_lines_are_found_with_those_that_lack_its_id() -> None:
    """What the reflex layer answered, and how the request ended."""
    other = submitted(ms=100, request="S", task="other")
    found = the(traced("R", [*other, *submitted()]))

    assert [(step.line.message, step.join) for step in found.steps] == [
        (ANSWERED, Join.BESIDE),
        ("task.passed_reflex_check", Join.ID),
        ("database.task_created", Join.ID),
        ("task.submitted", Join.ID),
        ("http.request", Join.BESIDE),
    ]
    assert (found.task_ids, found.reflex_ids) == ((TASK,), ("r-R",))
    assert (found.began_at, found.ended) == (START, "202")
    assert found.took == timedelta(milliseconds=12)
    assert not found.forwarded


def test_lines_of_its_task_belong_to_it() -> None:
    """Whoever wrote them, and however late."""
    late = [
        a_line(5000, "task.started", service="coder", task=TASK),
        a_line(9000, "task.failed", service="coder", task=TASK),
        a_line(9500, "http.request", service="coder", method="POST", path="/x"),
    ]
    found = the(traced("R", [*submitted(), *late]))

    assert [step.join for step in found.steps[-2:]] == [Join.TASK, Join.TASK]
    assert [(stay.service, stay.lines) for stay in found.stays] == [
        ("orchestrator", 5), ("coder", 2)
    ]  # fmt: skip
    assert found.stays[1].spent == timedelta(seconds=4)
    assert found.stays[0].spent == timedelta(milliseconds=7)
    assert [hop.took for hop in found.gaps] == [
        timedelta(milliseconds=4988), timedelta(seconds=4)
    ]  # fmt: skip
    assert found.slowest == found.gaps[0]


def test_an_id_that_was_used_twice_is_one_way() -> None:
    """Clients choose it; each submit has its own end."""
    found = the(traced("R", [*submitted(), *submitted(ms=10_000, task="b")]))

    assert (events(found).count("http.request"), found.requests) == (2, 2)
    assert found.task_ids == (TASK, "b")


def test_requests_at_the_same_time_are_told_apart_by_path_and_status() -> None:
    """The next line that ends a request may be another's."""
    lines = [
        a_line(1, "http.exception", request="R", status_code=404),
        ended(2, status=200, path="/health"),
        ended(3, status=404, path="/tasks/x"),
    ]
    found = the(traced("R", lines))

    assert found.ended == "404"
    assert len(found.steps) == 2


@pytest.mark.parametrize(
    ("event", "path", "fits"),
    [
        ("task.submitted", "/health", False),
        ("database.task_retrieved", f"/tasks/{TASK}", True),
        ("database.task_retrieved", "/tasks/other", False),
        ("reflex_client.health_check", "/ready", True),
    ],
)
def test_an_end_has_to_fit(event: str, path: str, fits: bool) -> None:
    """What writes the line is known, and so what was asked for."""
    lines = [a_line(1, event, request="R", task=TASK), ended(2, path=path)]

    assert (the(traced("R", lines)).ended is not None) is fits


def test_an_end_comes_at_once() -> None:
    """A tenth of a second later it is another's."""
    lines = [a_line(1, "reflex_client.health_check", request="R"), a_line(2, "other")]

    assert the(traced("R", [*lines, ended(101)])).ended == "202"
    assert the(traced("R", [*lines, ended(102)])).ended is None


def test_times_without_fractions_may_be_a_second_apart() -> None:
    """A console's."""
    whole = -START.microsecond / 1000
    lines = [a_line(whole, "task.submitted", request="R"), ended(whole + 1000)]

    assert the(traced("R", lines)).ended == "202"


def test_another_request_s_end_is_not_taken() -> None:
    """It bears an id, or belongs to a line of its own."""
    named = a_line(3, "http.request", request="S", method="POST", path="/submit")

    assert (
        the(traced("R", [a_line(1, "task.submitted", request="R"), named])).ended
        is None
    )


def test_an_exception_ends_a_request_too() -> None:
    """It has no other end (systems/octollm.md, 0.9)."""
    lines = [
        *submitted()[:2],
        a_line(7, "http.uncaught_exception", error_kind="OperationalError"),
    ]
    found = the(traced("R", lines))

    assert found.ended == "500, OperationalError"
    assert found.steps[-1].join is Join.BESIDE


def test_what_waited_for_the_database_ends_by_the_only_exception() -> None:
    """A pool is waited for half a minute; of two exceptions nobody knows whose."""
    raised = [a_line(ms, "http.uncaught_exception") for ms in (30_005, 31_000)]
    late = a_line(70_000, "http.uncaught_exception")

    assert (
        the(traced("R", [*submitted()[:2], raised[0], late])).ended
        == "500, an exception"
    )
    assert the(traced("R", [*submitted()[:2], *raised])).ended is None


def test_what_was_answered_did_not_raise() -> None:
    """The exception after it is another's."""
    lines = [
        a_line(1, "http.exception", request="R", status_code=404),
        a_line(2, "http.uncaught_exception"),
    ]

    assert the(traced("R", lines)).ended is None


def test_the_reflex_layer_s_own_lines_are_found_by_its_id() -> None:
    """They are marked as such, and its clock is put right."""
    theirs = [
        a_line(ms, "Processing request", service="reflex-layer", request="r-R")
        for ms in (902.5, 904)
    ]
    found = the(traced("R", [*theirs, *submitted()]))

    assert [step.join for step in found.steps[:3]] == [
        Join.REFLEX,
        Join.REFLEX,
        Join.BESIDE,
    ]
    assert [skew.service for skew in found.skews] == ["reflex-layer"]
    assert found.lines[0].at < START + timedelta(milliseconds=5)
    assert [stay.service for stay in found.stays] == ["reflex-layer", "orchestrator"]


def test_an_id_that_two_services_wrote_was_forwarded() -> None:
    """As the guide wants it."""
    lines = [
        *submitted(),
        a_line(8, "Request completed", service="reflex-layer", request="R"),
    ]

    assert the(traced("R", lines)).forwarded


def test_another_request_of_its_task_keeps_its_own_end() -> None:
    """Only its lines about the task belong here."""
    asked = [
        a_line(60_000, "database.task_retrieved", request="G", task=TASK),
        ended(60_001, path=f"/tasks/{TASK}"),
    ]
    found = the(traced("R", [*submitted(), *asked]))

    assert events(found)[-1] == "database.task_retrieved"
    assert found.ended == "202"


def test_one_line_is_a_trace() -> None:
    """Without any hop."""
    found = the(traced("R", [a_line(1, "x", request="R")]))

    assert (found.slowest, found.gaps, found.took) == (None, (), timedelta(0))


@pytest.mark.parametrize(
    ("entry", "off"), [("orchestrator", "coder"), ("api", "judge")]
)
def test_all_is_told_by_the_clock_where_requests_come_in(entry: str, off: str) -> None:
    """Else by that of the service that wrote most."""
    lines = [
        a_line(-500, "task.started", service=off, request="R"),
        a_line(0, "x", service=entry, request="R"),
        a_line(1, "y", service=entry, request="R"),
    ]
    found = the(traced("R", lines))

    assert [skew.service for skew in found.skews] == [off]
    assert found.began_at == START


def test_a_call_to_an_arm_is_part_of_a_submit() -> None:
    """Whoever looks whether all is well in the same moment does not end it."""
    own = [*submitted()[:4], a_line(20, "arm.call.start", request="R", task=TASK)]
    looked = ended(40, path="/ready")

    assert the(traced("R", [*own, looked, ended(60)])).ended == "202"
    cut = the(traced("R", [*own, looked]))
    assert cut.ended is None
    assert events(cut)[-1] == "arm.call.start"


def test_what_was_stored_does_not_wait_for_the_database() -> None:
    """Another's exception is not its end."""
    raised = a_line(20_000, "http.uncaught_exception", error_kind="TimeoutError")
    _, passed, created, _, _ = submitted()

    assert the(traced("R", [passed, raised])).ended == "500, TimeoutError"
    assert the(traced("R", [passed, created, raised])).ended is None


@pytest.mark.parametrize(
    ("service", "unended"), [("orchestrator", True), ("coder", False)]
)
def test_what_came_in_and_never_ended_is_known(service: str, unended: bool) -> None:
    """Of what others write alone, its end is not theirs to tell."""
    own = a_line(1, "x", service=service, request="R")

    assert the(traced("R", [own])).unended is unended
    assert not the(traced("R", submitted())).unended


def test_another_s_line_may_stand_before_what_was_made_of_an_answer() -> None:
    """Not what was made of another answer, nor one of long ago."""
    answered, passed, *_ = submitted()
    looked = ended(5.1, path="/ready")
    other = a_line(5.2, "task.passed_reflex_check", request="S", task="b")
    late = a_line(106, "task.passed_reflex_check", request="R", task=TASK)

    assert events(traced("R", [answered, looked, passed])) == [ANSWERED, passed.message]
    assert events(traced("R", [answered, other, passed])) == [passed.message]
    assert events(traced("R", [answered, late])) == [late.message]


def test_the_reflex_layer_s_own_id_leads_to_its_caller_as_well() -> None:
    """Which wrote that id beside no other."""
    theirs = a_line(4, "Request completed", service="reflex-layer", request="r-R")
    other = a_line(6, ANSWERED, reflex_request_id="r-S")

    trace = the(traced("r-R", [*submitted(), theirs, other]))

    joins = {step.line.message: step.join for step in trace.steps}
    assert joins["Request completed"] is Join.ID
    assert joins[ANSWERED] is Join.REFLEX
    assert sum(step.line.message == ANSWERED for step in trace.steps) == 1
    assert trace.reflex_ids == ()
