"""The witnesses: what they catch, and that they find no fault with our messages."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.report import Report
from formatters.blocks import investigation, verdict, whole
from formatters.packing import Message
from tests.formatters import samples
from tests.formatters.reports import reports
from tests.formatters.test_referee import BROKEN
from tests.witnesses.witnesses import (
    NODE_PARTS,
    blockkit_says,
    drawn,
    slack_sdk_says,
    slackblocks_says,
    typescript_missing,
    typescript_says,
    witness_all,
)

needs_typescript = pytest.mark.skipif(
    bool(typescript_missing()), reason=typescript_missing() or "there"
)
needs_renderer = pytest.mark.skipif(
    not (NODE_PARTS / "node_modules" / "slack-blocks-to-jsx").exists(),
    reason="no slack-blocks-to-jsx in .testbed/node_modules",
)


def every_message(report: Report) -> list[Message]:
    return [verdict(report), *investigation(report), *whole(report)]


def broken(name: str) -> Message:
    return Message(blocks=tuple(BROKEN[name]), text="text")


@pytest.mark.parametrize(
    ("witness", "name"),
    [
        (slack_sdk_says, "button text 76"),
        (slack_sdk_says, "unknown block type"),
        (slack_sdk_says, "section without text or fields"),
        (slackblocks_says, "51 blocks"),
        (slackblocks_says, "table 21 columns"),
        (slackblocks_says, "select no options"),
        (blockkit_says, "table empty cell"),
        (blockkit_says, "rich_text bad element"),
        (blockkit_says, "table 101 rows"),
    ],
)
def test_each_witness_sees_what_it_is_heard_for(witness: Any, name: str) -> None:
    """A witness that never complains proves nothing."""
    assert witness(broken(name))


@needs_typescript
def test_the_types_see_wrong_shapes() -> None:
    """They name the message, and leave the sound ones alone."""
    said = typescript_says(
        [*every_message(samples.not_found()), broken("button style wrong")]
    )

    assert [line.split(",")[0] for line in said] == ["message 2"]


def test_the_types_have_nothing_to_say_about_nothing() -> None:
    """No run is made for it."""
    assert typescript_says([]) == []


@pytest.mark.parametrize("report", samples.all_samples())
def test_no_witness_finds_fault_with_usual_answers(report: Report) -> None:
    """The reports that people see every day."""
    assert witness_all(every_message(report), types=False) == []


@needs_typescript
@settings(
    max_examples=1,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(st.lists(reports, min_size=15, max_size=15))
def test_the_types_find_no_fault_with_any_answer(some: list[Report]) -> None:
    """Many messages in one run of the compiler."""
    everyday = list(samples.all_samples())

    said = typescript_says([m for r in [*everyday, *some] for m in every_message(r)])

    assert said == []


@needs_renderer
def test_messages_can_be_drawn() -> None:
    """The page has what the blocks say."""
    blocks = verdict(samples.failed_task()).blocks

    page = drawn([{"title": "a <verdict>", "messages": [{"blocks": blocks}]}])

    assert "a &lt;verdict&gt;" in page
    assert "the GPU ran out of memory" in page
    assert "Same failures" in page
