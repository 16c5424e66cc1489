"""Marked messages."""

from dataclasses import replace

from bot.domain.moments import MomentKind
from bot.domain.pins import Pinned
from tests.world import ago

PINNED = Pinned(
    channel="C01",
    ts="1769860000.000100",
    at=ago(minutes=7),
    author="Alice",
    text="restarted the <orchestrator> *now*",
    permalink="https://slack.example/archives/C01/p1769860000000100",
    pinned_by="U01",
    pinned_at=ago(minutes=6),
)


def test_a_message_stands_where_it_was_written() -> None:
    """And not where somebody marked it."""
    moment = PINNED.moment

    assert moment.at == ago(minutes=7)
    assert moment.kind is MomentKind.PINNED
    assert moment.message == "Alice in C01: restarted the <orchestrator> *now*"


def test_a_message_may_have_no_text() -> None:
    """A picture alone, for one."""
    assert replace(PINNED, text=" ").moment.message == (
        "Alice in C01: (a message without text)"
    )
