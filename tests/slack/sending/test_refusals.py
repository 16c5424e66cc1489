"""Slack's words for what it does not take, and what they mean to us."""

import pytest

from bot.slack.sending.refusals import (
    Payload,
    Unfit,
    Unsent,
    at_fault,
    translated,
    word_of,
)
from tests.slack.little_slack import refused

BLOCKS: Payload = {"blocks": [{"type": "divider"}, {"type": "header"}]}


async def test_what_works_is_handed_through() -> None:
    """Untouched."""

    async def send() -> str:
        return "hello"

    assert await translated(send) == "hello"


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (refused("msg_too_long"), Unfit),
        (refused("channel_not_found"), Unsent),
        (OSError("no route"), Unsent),
        (TimeoutError(), Unsent),
        (ValueError("Retry-After: 1.5"), Unsent),
        (Unfit("no_text"), Unfit),
    ],
)
async def test_an_error_is_either_unfit_or_unsent(
    error: Exception, meaning: type[Exception]
) -> None:
    """Another form may mend the one, nothing the other."""

    async def send() -> None:
        raise error

    with pytest.raises(meaning):
        await translated(send)


def test_the_block_at_fault_is_the_one_slack_points_at() -> None:
    """Counted from nought."""
    found = at_fault(BLOCKS, "too long [json-pointer:/blocks/1/text]")

    assert found == '{"type": "header"}'


@pytest.mark.parametrize("why", ["", "no pointer", "[json-pointer:/blocks/9]"])
def test_without_a_pointer_no_block_is_at_fault(why: str) -> None:
    """Rather none than the wrong one."""
    assert at_fault(BLOCKS, why) is None


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("used_url", "used_url"),
        ('{"ok": false, "error": "used_url"}', "used_url"),
        ("[1, 2]", ""),
        ("7", ""),
        ("", ""),
    ],
)
def test_the_word_is_found_in_text_or_json(body: str, word: str) -> None:
    """A response_url answers in either."""
    assert word_of(body) == word
