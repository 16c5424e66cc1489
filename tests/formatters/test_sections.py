"""Sections in Slack."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from inline_snapshot import snapshot

from bot.domain.logs import LogLine
from bot.domain.report import Chart, Facts, Section, Table, Text, Timeline
from formatters import rich
from formatters.packing import spoken, weight
from formatters.sections import Room, groups
from tests.formatters.samples import NOW, TRACEBACK, WORKER, a_line, ago, asked

ROOM = Room(findings=3, evidence=3, facts=5, lines=30, rows=5, message=100, quoted=300)
REPORT = asked("x", words="worker 5e1f")


def blocks(section: Section, room: Room = ROOM) -> list[Any]:
    return [block for group in groups(section, room, REPORT) for block in group]


def said(section: Section, room: Room = ROOM) -> list[str]:
    return spoken(blocks(section, room)).split("\n")


def timeline(*lines: LogLine) -> Timeline:
    return Timeline(title="Timeline", lines=lines)


def test_facts_are_labels_with_values() -> None:
    """An id can be copied, a time is in the reader's zone."""
    facts = Facts(title="Worker", rows=(("Id", WORKER), ("Seen", NOW), ("Pod", None)))

    assert blocks(facts) == snapshot(
        [
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "Worker", "style": {"bold": True}},
                            {"type": "text", "text": "\n"},
                            {"type": "text", "text": "Id  ", "style": {"bold": True}},
                            {
                                "type": "text",
                                "text": "gpu-20260131_093012-5e1f7a90",
                                "style": {"code": True},
                            },
                            {"type": "text", "text": "\n"},
                            {"type": "text", "text": "Seen  ", "style": {"bold": True}},
                            {
                                "type": "date",
                                "timestamp": 1769860800,
                                "format": "{date_short_pretty} {time_secs}",
                                "fallback": "2026-01-31 12:00:00Z",
                            },
                            {"type": "text", "text": "\n"},
                            {"type": "text", "text": "Pod  ", "style": {"bold": True}},
                            {
                                "type": "text",
                                "text": "unknown",
                                "style": {"italic": True},
                            },
                        ],
                    }
                ],
            }
        ]
    )


def test_facts_left_out_are_counted() -> None:
    """And it is said where they can be read."""
    facts = Facts(title="Many", rows=tuple((f"f{n}", n) for n in range(9)))

    assert said(facts)[-1] == (
        "4 more facts left out. All of it, in a shell: debug-bot worker 5e1f, or as a"
        " file with --json"
    )


def test_facts_without_a_title_need_none() -> None:
    """The first line is then a fact."""
    assert said(Facts(title="", rows=(("a", 1),))) == ["a  1"]
    assert said(Facts(title="", rows=())) == ["—"]


def test_a_quoted_text_stands_in_a_box() -> None:
    """Our own words are a paragraph."""
    quoted = blocks(Text(title="Error", text="a `b`\n", quoted=True))
    own = blocks(Text(title="", text="type `help`"))

    assert quoted[0]["elements"][1] == rich.preformatted("a `b`")
    assert own == [rich.block(rich.section(rich.prose("type `help`")))]


def test_a_long_text_keeps_both_ends() -> None:
    """The end of an error is its cause."""
    [block, note] = blocks(Text(title="Error", text=TRACEBACK * 4, quoted=True))

    box = block["elements"][1]["elements"][0]["text"]
    assert box.startswith("Traceback")
    assert box.endswith("is free.")
    assert "characters …" in box
    assert "in a shell" in str(note)


def test_a_timeline_marks_what_alarms() -> None:
    """Time, mark, source, message; the day is said once."""
    lines = timeline(
        a_line("began", at=ago(minutes=3)),
        a_line("slow", at=ago(minutes=2), level="WARNING"),
        a_line("broke", at=ago(minutes=1), level="ERROR"),
        a_line("routine", at=NOW, level="CRITICAL", source="orchestrator_gpu"),
    )

    assert blocks(lines) == snapshot(
        [
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {
                                "type": "text",
                                "text": "Timeline",
                                "style": {"bold": True},
                            },
                            {
                                "type": "text",
                                "text": "  4 lines",
                                "style": {"italic": True},
                            },
                            {"type": "text", "text": "\n"},
                            {
                                "type": "date",
                                "timestamp": 1769860620,
                                "format": "{date_short_pretty} {time_secs}",
                                "fallback": "2026-01-31 11:57:00Z",
                            },
                            {
                                "type": "text",
                                "text": "  worker",
                                "style": {"italic": True},
                            },
                            {"type": "text", "text": "  began"},
                            {"type": "text", "text": "\n"},
                            {
                                "type": "date",
                                "timestamp": 1769860680,
                                "format": "{time_secs}",
                                "fallback": "11:58:00Z",
                            },
                            {"type": "text", "text": "  "},
                            {"type": "emoji", "name": "large_orange_diamond"},
                            {
                                "type": "text",
                                "text": "  worker",
                                "style": {"italic": True},
                            },
                            {"type": "text", "text": "  slow"},
                            {"type": "text", "text": "\n"},
                            {
                                "type": "date",
                                "timestamp": 1769860740,
                                "format": "{time_secs}",
                                "fallback": "11:59:00Z",
                            },
                            {"type": "text", "text": "  "},
                            {"type": "emoji", "name": "red_circle"},
                            {
                                "type": "text",
                                "text": "  worker",
                                "style": {"italic": True},
                            },
                            {"type": "text", "text": "  broke"},
                            {"type": "text", "text": "\n"},
                            {
                                "type": "date",
                                "timestamp": 1769860800,
                                "format": "{time_secs}",
                                "fallback": "12:00:00Z",
                            },
                            {
                                "type": "text",
                                "text": "  orchestrator_gpu",
                                "style": {"italic": True},
                            },
                            {"type": "text", "text": "  routine"},
                        ],
                    }
                ],
            }
        ]
    )


def test_the_day_is_said_again_when_it_changes() -> None:
    """Or when many hours passed, for the reader's midnight is not ours."""
    lines = timeline(
        *(
            a_line("x", at=NOW + timedelta(hours=hours))
            for hours in (-12, 0.5, 1, 11, 12.5)
        )
    )

    [block] = blocks(lines)

    forms = [e["format"] for e in block["elements"][0]["elements"] if "format" in e]
    assert forms == [rich.DATED, rich.DATED, rich.CLOCK, rich.CLOCK, rich.DATED]


def test_a_traceback_is_its_first_and_last_line() -> None:
    """The lines between are counted."""
    [_, line] = said(timeline(a_line(TRACEBACK)), replace(ROOM, message=300))

    assert "Traceback (most recent call last): … 4 lines … torch.OutOf" in line


def test_two_lines_are_both_shown() -> None:
    """There is nothing between to leave out."""
    assert said(timeline(a_line("one\n two\n")))[1].endswith("worker  one ↵ two")


def test_a_long_timeline_says_what_it_leaves_out_and_how_to_ask() -> None:
    """In Slack itself, where the lines have one owner."""
    lines = [
        a_line(
            f"line {n}",
            at=ago(seconds=500 - n),
            level="ERROR" if 20 < n < 70 else "INFO",
            worker_id=WORKER,
        )
        for n in range(500)
    ]

    text = said(timeline(*lines))

    assert "Timeline  500 lines, 30 of them here" in text
    assert "… 32 lines left out, 32 errors among them …" in text
    assert text[-1] == (
        f"More of these lines: logs --worker {WORKER} "
        "--since 2026-01-31T11:51:43Z --until 2026-01-31T11:59:50Z."
        " All of it, in a shell: debug-bot worker 5e1f, or as a file with --json"
    )


def test_lines_of_many_owners_are_read_in_a_shell() -> None:
    """Where one question would not bring just them."""
    lines = [a_line("x", worker_id=f"w{n}") for n in range(90)]

    assert said(timeline(*lines))[-1].endswith(
        "in a shell: debug-bot worker 5e1f, or as a file with --json"
    )


def test_pages_are_readable_on_a_phone() -> None:
    """At most twenty lines, and never near Slack's limit for a text."""
    short = blocks(timeline(*[a_line("x")] * 30))
    long = blocks(timeline(*[a_line("x" * 300)] * 30), replace(ROOM, message=300))

    assert len(short) == 2
    assert len(long) > 2
    assert all(weight([block]).text <= 2_900 for block in long)


def test_tables_beyond_the_room_for_them_become_lines() -> None:
    """Slack takes one table in a message."""
    table = Table(title="T", header=("A",), rows=(("a",),))

    kinds = [b["type"] for b in blocks(table)]
    lines = blocks(table, replace(ROOM, tables=0))

    assert kinds == ["rich_text", "table"]
    assert spoken(lines) == "T  1 row\na"


def test_a_picture_is_told_in_words() -> None:
    """It is posted beside them."""
    chart = Chart(title="The queue", alt="3 tasks\nwait.", since=NOW, until=NOW)

    assert said(chart) == ["The queue", "3 tasks ↵ wait."]
