"""The schema of each command's JSON, read off its data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

import pytest
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator, ValidationError

from bot.domain.findings import Status
from bot.domain.logs import LogLine
from bot.domain.report import Gap, Report
from bot.domain.workers import WorkerId
from formatters.document import document
from formatters.schemas import schema
from tests.formatters.samples import NOW, WORKER, a_finding, a_line, asked


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The middle and the end of many durations.

    In seconds.
    """

    median: float | None = field(metadata={"help": "in seconds"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: str
    children: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the command found."""

    total: int
    worker: WorkerId | None
    colour: Colour
    kind: Literal["a", "b"]
    at: datetime
    sure: bool
    pair: tuple[str, int]
    by_status: Mapping[str, int]
    spread: Spread = field(metadata={"help": "how long it took"})
    timeline: tuple[LogLine, ...]
    tree: Node
    anything: object = None


FOUND = Found(
    total=1,
    worker=WORKER,
    colour=Colour.BLUE,
    kind="a",
    at=NOW,
    sure=True,
    pair=("a", 1),
    by_status={"Failed": 2},
    spread=Spread(median=None),
    timeline=(a_line("x", worker_id=WORKER),),
    tree=Node(name="a", children=(Node(name="b"),)),
)


def a_report(**more: Any) -> Report:
    values = {
        "data": FOUND,
        "findings": (a_finding(),),
        "gaps": (Gap(source="runpod", reason="refused"),),
        **more,
    }
    return asked("x", words="tasks", status=Status.OK, **values)


def judged(report: Report, data: type = Found) -> None:
    validator = Draft202012Validator(
        schema("tasks", data), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    validator.validate(document(report))


def test_the_schema_is_a_schema() -> None:
    """By the dialect that it names."""
    made = schema("tasks", Found)

    Draft202012Validator.check_schema(made)
    assert json.loads(json.dumps(made)) == made


def test_documents_fit_it() -> None:
    """What is printed is what is published."""
    judged(a_report())


@pytest.mark.parametrize(
    "more", [{"data": None}, {"window": None}, {"generated_at": None}]
)
def test_a_fruitless_answer_fits_too(more: dict[str, Any]) -> None:
    """It has nulls where there is nothing."""
    judged(a_report(**more))


@pytest.mark.parametrize(
    "data",
    [
        replace(FOUND, total="1"),  # type: ignore[arg-type]
        replace(FOUND, colour="green"),  # type: ignore[arg-type]
        replace(FOUND, kind="c"),  # type: ignore[arg-type]
        replace(FOUND, at="yesterday"),  # type: ignore[arg-type]
        replace(FOUND, pair=("a", 1, 2)),  # type: ignore[arg-type]
        replace(FOUND, pair=("a",)),  # type: ignore[arg-type]
        replace(FOUND, by_status={"Failed": "2"}),  # type: ignore[dict-item]
        replace(FOUND, timeline=({},)),  # type: ignore[arg-type]
        {"total": 1},
    ],
)
def test_what_is_not_as_published_does_not_fit(data: object) -> None:
    """Every type is judged, however deep."""
    with pytest.raises(ValidationError):
        judged(a_report(data=data))


def test_what_nobody_published_does_not_fit() -> None:
    """A new field must show in the schema."""
    printed = document(a_report())
    printed["data"]["more"] = 1

    with pytest.raises(ValidationError, match="more"):
        Draft202012Validator(schema("tasks", Found)).validate(printed)


def test_classes_and_fields_bring_their_words() -> None:
    """The first paragraph of a docstring, and a field's help."""
    definitions = schema("tasks", Found)["$defs"]

    assert definitions["Spread"] == snapshot(
        {
            "description": "The middle and the end of many durations.",
            "type": "object",
            "properties": {
                "median": {
                    "anyOf": [{"type": "number"}, {"type": "null"}],
                    "description": "in seconds",
                }
            },
            "required": ["median"],
            "additionalProperties": False,
        }
    )
    assert definitions["Found"]["properties"]["spread"] == snapshot(
        {"$ref": "#/$defs/Spread", "description": "how long it took"}
    )


def test_a_command_is_named() -> None:
    """A document of another command does not fit."""
    assert schema("tasks", Found)["properties"]["command"] == {"const": "tasks"}


@dataclass(frozen=True)
class Lasting:
    took: timedelta


@dataclass(frozen=True)
class Callback:
    call: type[int]


@pytest.mark.parametrize("data", [Lasting, Callback])
def test_types_without_a_form_are_refused(data: type) -> None:
    """Durations are numbers of seconds."""
    with pytest.raises(TypeError, match="has no form in JSON"):
        schema("tasks", data)
