"""Reports as JSON."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from inline_snapshot import snapshot

from bot.domain.findings import Status
from bot.domain.logs import LogLine
from bot.domain.report import Gap, Report
from formatters.document import chunks, document
from tests.formatters.reports import EXAMPLES, reports
from tests.formatters.samples import NOW, TASK, WORKER, a_finding, a_line, asked


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    colour: Colour
    inner: Inner
    by_status: Mapping[str, int]
    timeline: tuple[LogLine, ...]
    names: frozenset[str] = frozenset()
    nothing: tuple[str, ...] = ()


def found(*lines: LogLine) -> Found:
    return Found(
        colour=Colour.RED,
        inner=Inner(seconds=float("inf")),
        by_status={"Failed": 2},
        timeline=lines,
        names=frozenset({"b", "a"}),
    )


def a_report() -> Report:
    line = a_line("\x1b[31mred ü", task_id=TASK, worker_id=WORKER, cycle=7, id="l1")
    return asked(
        "2 failed",
        words="tasks --hours 2",
        arguments={"hours": 2.0, "status": None},
        status=Status.WARNING,
        findings=(a_finding(),),
        data=found(line),
        gaps=(Gap(source="runpod", reason="not configured", failed=False),),
        notes=("read as `tasks`",),
    )


def test_the_object_is_the_contracts() -> None:
    """Times with Z, enums by value, what is not known as null."""
    assert document(a_report()) == snapshot(
        {
            "command": "tasks",
            "arguments": {"hours": 2.0, "status": None},
            "system": "reigh",
            "request_id": "q7f3k2m9",
            "generated_at": "2026-01-31T12:00:00Z",
            "window": {
                "since": "2026-01-30T12:00:00Z",
                "until": "2026-01-31T12:00:00Z",
            },
            "status": "warning",
            "summary": "2 failed",
            "findings": [
                {
                    "rule": "cuda-oom",
                    "severity": "critical",
                    "confidence": "confirmed",
                    "title": "the GPU ran out of memory",
                    "subject": {
                        "kind": "task",
                        "id": "4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34",
                    },
                    "evidence": ["2.63 GiB asked for, 1.12 GiB free"],
                    "remedy": "requeue it for a worker with more memory",
                    "ask": "",
                    "several": "",
                    "begun_at": None,
                }
            ],
            "data": {
                "colour": "red",
                "inner": {"seconds": None},
                "by_status": {"Failed": 2},
                "timeline": [
                    {
                        "at": "2026-01-31T12:00:00Z",
                        "level": "INFO",
                        "source": "worker",
                        "message": "\x1b[31mred ü",
                        "task_id": "4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34",
                        "worker_id": "gpu-20260131_093012-5e1f7a90",
                        "source_id": "",
                        "cycle": 7,
                        "request_id": None,
                        "fields": {},
                        "id": "l1",
                    }
                ],
                "names": ["a", "b"],
                "nothing": [],
            },
            "gaps": [{"source": "runpod", "reason": "not configured"}],
            "notes": ["read as `tasks`"],
            "truncated": False,
        }
    )


def test_its_keys_come_in_reading_order() -> None:
    """The answer before its details."""
    assert list(document(a_report())) == [
        "command",
        "arguments",
        "system",
        "request_id",
        "generated_at",
        "window",
        "status",
        "summary",
        "findings",
        "data",
        "gaps",
        "notes",
        "truncated",
    ]


def test_what_is_not_there_is_null() -> None:
    """No window, no data, no clock."""
    bare = document(Report(summary="x"))

    assert (bare["window"], bare["data"], bare["generated_at"]) == (None, None, None)


def test_times_of_other_zones_are_told_in_utc() -> None:
    """Whatever the source wrote."""
    east = datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2)))

    assert document(asked("x", words="x", data=[east]))["data"] == [
        "2026-01-31T12:00:00Z"
    ]


def test_the_text_says_what_the_object_says() -> None:
    """Indented, and pure ASCII so that no terminal obeys a log line."""
    text = "".join(chunks(a_report()))

    assert json.loads(text) == document(a_report())
    assert text.isascii()
    assert "\x1b" not in text
    assert text.startswith(
        '{\n  "command": "tasks",\n  "arguments": {\n    "hours": 2.0'
    )
    assert text.endswith('"truncated": false\n}\n')


def test_a_long_timeline_is_written_line_by_line() -> None:
    """The first pieces are there before the last line is looked at."""

    class Endless(tuple[LogLine, ...]):
        __slots__ = ()

        def __len__(self) -> int:
            return 10**9

        def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
            return itertools.repeat(a_line("again"))

    report = asked("x", words="logs", data={"entries": Endless([a_line("x")])})

    assert len(list(itertools.islice(chunks(report), 5_000))) == 5_000


@pytest.mark.parametrize("odd", [timedelta(1), object(), b"bytes", Found])
def test_what_has_no_form_is_a_mistake_of_ours(odd: object) -> None:
    """Durations are numbers of seconds; whoever forgot that learns it in a test."""
    with pytest.raises(TypeError, match="has no form in JSON"):
        document(asked("x", words="x", data={"value": odd}))
    with pytest.raises(TypeError, match="has no form in JSON"):
        "".join(chunks(asked("x", words="x", data={"value": odd})))


@EXAMPLES
@given(reports)
def test_any_report_is_json(report: Report) -> None:
    """Lone surrogates, nulls, year 1: scripts can read it all."""
    assert json.loads("".join(chunks(report))) == document(report)


def test_whole_seconds_stay_whole() -> None:
    """A fraction is only written where there is one."""
    at = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)

    assert document(asked("x", words="x", data=[NOW, at]))["data"] == [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.250000Z",
    ]
