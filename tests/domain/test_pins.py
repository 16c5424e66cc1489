"""Marked messages."""

from dataclasses import replace

import pytest

from bot.domain.moments import MomentKind
from bot.domain.pins import Pinned, plain
from tests.world import ago

PINNED = Pinned(
    channel="C01",
    ts="1769860000.000100",
    at=ago(minutes=7),
    author="Alice",
    text="restarted the &lt;orchestrator&gt; *now*",
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


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<@U01ALICE> and <@U02|bob>", "@U01ALICE and @bob"),
        ("<!channel> <!subteam^S01|@oncall>", "@channel @oncall"),
        ("in <#C01|ops> or <#C02>", "in #ops or #C02"),
        ("<https://x.example|https://x.example>", "https://x.example"),
        ("<https://x.example|safe> <https://y>", "safe (https://x.example) https://y"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example (mailto:a@b.example)"),
        ("a < b | c > d <b>bold</b>", "a < b | c > d <b>bold</b>"),
    ],
)
def test_names_and_links_are_shown_as_people_read_them(text: str, read: str) -> None:
    """What a link leads to is not hidden behind its label."""
    assert plain(text) == read
