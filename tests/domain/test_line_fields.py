from dataclasses import replace
from typing import Any

import pytest

from bot.domain.errors import Misread
from bot.domain.line_fields import line_field
from bot.domain.logs import LogLine
from tests.world import TASK, a_line


def a_record(**fields: Any) -> LogLine:
    return a_line(
        "task.failed arm=coder", level="ERROR", source="orchestrator",
        source_id="app.main", task_id=TASK, worker_id=None, request_id="req-1",
        fields={"event": "task.failed", **fields},
    )  # fmt: skip


LINE = a_record(
    priority="HIGH", status_code=503, duration_seconds=3.01, cache_hit=True, arm=None
)


@pytest.mark.parametrize(
    "asked",
    [
        *("event=task.failed", "priority=high", "status_code=503", "status_code=503.0"),
        *("cache_hit=true", "arm=null", "duration_seconds>1", "duration_seconds<3.02"),
        *("level=error", "service=orchestrator", "source=orchestrator"),
        *("logger=app.main", "request_id=REQ-1", f"task_id={TASK}"),
        "message=task.failed arm=coder",
    ],
)
def test_a_line_fits_by_what_its_writer_said_by_name(asked: str) -> None:
    """Numbers as numbers, words in any case, and what every line has."""
    assert line_field(asked).fits(LINE)


@pytest.mark.parametrize(
    "asked",
    [
        *("event=task", "priority=low", "status_code=50", "status_code>503"),
        *("cache_hit=1", "cache_hit>0", "arm>0", "nothing=null", "worker_id=null"),
        *("priority>1", "duration_seconds<3.01", "duration_seconds=3"),
    ],
)
def test_a_line_does_not_fit_by_a_part_or_without_the_field(asked: str) -> None:
    """Nor is a word compared as a number."""
    assert not line_field(asked).fits(LINE)


def test_it_is_written_as_it_was_typed() -> None:
    """So that a button asks the same; the first sign parts name and value."""
    assert str(line_field("path=/submit?x=1")) == "path=/submit?x=1"
    assert line_field("a.b-c=d").name == "a.b-c"
    assert line_field("@timestamp>1").number == 1.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("priority", "'priority' is not a field and its value"),
        ("=high", "'=high' is not a field and its value"),
        ("priority=", "'priority=' is not a field and its value"),
        ("duration_seconds>long", "'long' is no number to compare duration_seconds"),
    ],
)
def test_another_form_is_refused(text: str, why: str) -> None:
    """With an example."""
    with pytest.raises(Misread, match=why) as caught:
        line_field(text)

    assert "--field status_code=503" in caught.value.hint


def test_a_number_beyond_all_that_are_meant_is_none() -> None:
    """It is compared as it is written."""
    line = replace(LINE, fields={"n": 10**400})

    assert not line_field("n>1").fits(line)
    assert not line_field("n=1").fits(line)
