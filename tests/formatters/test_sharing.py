"""Private answers with a button, and shared ones with who shared them."""

import json

import pytest

from bot.demo.block_check import message_errors
from bot.domain.report import Report
from formatters import blocks, sharing
from formatters.packing import Message
from tests.formatters.samples import all_samples
from tests.world import NOW

REPORT = Report(summary="all is well", words="queue", generated_at=NOW)


def errors(message: Message) -> object:
    """Return what Slack would refuse."""
    return message_errors({"text": message.text, "blocks": list(message.blocks)})


def test_the_button_holds_the_answer_and_the_question() -> None:
    """The second for when the first is gone."""
    [button] = sharing.share_button("abc", REPORT)["elements"]

    assert button["action_id"] == sharing.SHARE
    assert button["value"] == "abc queue"


def test_a_question_that_is_too_long_stays_out_of_the_button() -> None:
    """The answer can be shared all the same."""
    long = Report(summary="so", words="logs --search " + "x" * 500)
    [button] = sharing.share_button("abc", long)["elements"]

    assert button["value"] == "abc"


def test_a_shared_answer_says_who_shared_it_and_how_old_it_is() -> None:
    """In the text for notifications as well."""
    shared = sharing.shared_by("U0ALICE", REPORT, blocks.verdict(REPORT))

    assert errors(shared) is None
    assert shared.text.startswith("<@U0ALICE> shared this answer\n")
    assert '"user_id": "U0ALICE"' in json.dumps(shared.blocks[0])
    assert '"type": "date"' in json.dumps(shared.blocks[0])


@pytest.mark.parametrize("user", ["!channel", "U0ALICE> <!here", ""])
def test_nobody_else_can_be_mentioned(user: str) -> None:
    """What is no person's id is somebody."""
    shared = sharing.shared_by(user, Report(summary="so"), Message(blocks=(), text="t"))

    assert shared.text.startswith("somebody shared")
    assert "user_id" not in json.dumps(shared.blocks)


def test_once_shared_it_says_so_without_a_button() -> None:
    """It can't be shared twice."""
    told = sharing.told_shared(Message(blocks=(), text="t"))

    assert errors(told) is None
    assert "actions" not in json.dumps(told.blocks)


@pytest.mark.parametrize("report", all_samples())
def test_slack_takes_every_answer_with_one_block_more(report: Report) -> None:
    """There is room for it in each message."""
    message = blocks.whole(report)[-1]
    button = sharing.share_button("0123456789abcdef", report)

    assert errors(sharing.with_block(message, button)) is None
    assert errors(sharing.shared_by("U0ALICE", report, blocks.verdict(report))) is None


def test_the_small_print_stays_last() -> None:
    """A button belongs to what it is about."""
    footed = Message(blocks=({"type": "divider"}, {"type": "context"}), text="t")
    bare = Message(blocks=({"type": "divider"},), text="t")
    kinds = [
        [block["type"] for block in sharing.with_block(it, {"type": "x"}).blocks]
        for it in (footed, bare, Message(blocks=(), text="t"))
    ]

    assert kinds == [["divider", "x", "context"], ["divider", "x"], ["x"]]
