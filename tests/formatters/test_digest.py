"""Report to Markdown."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from inline_snapshot import snapshot
from markdown_it import MarkdownIt

from bot.domain.findings import Confidence, Finding, Severity, Status, Subject
from bot.domain.report import Chart, Facts, Gap, Read, Report, Table, Text, Timeline
from bot.domain.times import Window
from formatters.digest import IN_FULL, LINES, ROWS, digest
from tests.formatters.reports import EXAMPLES, reports
from tests.formatters.test_markdown import SITE, kinds_of
from tests.world import NOW, TASK, WORKER, a_line, ago

HOSTILE = (
    "# no heading\n```\n| a | <img src=x> <!channel> @here [x](https://evil.example)"
    " ![y](https://evil.example/y.png) www.evil.example **bold** `code` --- \\"
)


def _finding(id: str = WORKER, **given: Any) -> Finding:
    values: dict[str, Any] = {
        "rule": "crashed-worker",
        "severity": Severity.CRITICAL,
        "confidence": Confidence.LIKELY,
        "title": f"{id} crashed",
        "subject": Subject(kind="worker", id=id),
        "evidence": ("its status is crashed",),
        "remedy": "read its last lines",
    }
    return Finding(**(values | given))


SMALL = Report(
    summary="1 worker lost, 1 task failed",
    status=Status.CRITICAL,
    attachment="Incident report",
    findings=(_finding(),),
    sections=(
        Text(title="Root cause (draft)", text=f"likely: {WORKER} crashed\nand more"),
        Facts(title="First error", rows=(("at", ago(minutes=30)), ("said", "OOM"))),
        Timeline(
            title="Timeline",
            lines=(
                a_line("CUDA out of memory", at=ago(minutes=30), source="first error"),
                a_line(f"{WORKER} crashed", at=ago(minutes=29.5), source="death"),
                a_line("U1: freeze", at=ago(minutes=10), source="action"),
            ),
        ),
        Table(
            title="Affected tasks",
            header=("task", "tries", "failed at"),
            rows=((TASK, 3, ago(minutes=30)), ("other", 1, None)),
        ),
        Text(title="Error", text="Traceback\n  last", quoted=True),
        Text(title="Open questions", text="none"),
    ),
    window=Window.before(NOW, hours=1),
    gaps=(
        Gap(source="runpod", reason="did not answer within 6 s"),
        Gap(source="ledger", reason="not configured", failed=False),
    ),
    reads=(Read(source="supabase", at=NOW),),
    notes=("states are as of now",),
    words="report --hours 1",
    system="reigh",
    generated_at=NOW,
    request_id="0a1b2c3d",
    truncated=True,
)


def test_a_list_of_one_item_is_a_list() -> None:
    """Its mark is no text."""
    one = Report(summary="x", sections=(Text(title="Solution", text="- mend it"),))

    assert "## Solution\n\n- mend it\n" in digest(one)


def test_a_small_incident() -> None:
    """As somebody reads it who has to write the post-mortem."""
    assert digest(SMALL) == snapshot("""\
# Incident report

**critical** · 1 worker lost, 1 task failed

- asked: `debug-bot report --hours 1`
- window: 2026-01-31 11:00 to 12:00 UTC
- system: reigh
- as of: 2026-01-31 12:00:00Z
- read from: supabase just now
- **could not read runpod: did not answer within 6 s**

## Root cause (draft)

- likely: `gpu-20260131_110000-0a1b2c3d` crashed
- and more

## First error

- at: 2026-01-31 11:30:00Z
- said: OOM

## Timeline

*3 moments, times in UTC; + is the time since the one before.*

- `2026-01-31 11:30:00` **first error** CUDA out of memory
- `11:30:30` **death** `gpu-20260131_110000-0a1b2c3d` crashed
- `11:50:00` *+19 min 30 s* **action** U1: freeze

## Affected tasks

| task | tries | failed at |
| --- | ---: | --- |
| 41345358-0000-4000-8000-000000000001 | 3 | 2026-01-31 11:30:00Z |
| other | 1 | unknown |

## Error

```text
Traceback
  last
```

## Open questions

none

## Findings: 1 critical

- critical: **`gpu-20260131_110000-0a1b2c3d` crashed** (likely)
  - its status is crashed
  - → read its last lines

---

*states are as of now*

*without ledger: not configured*

*not all of it is here: a bound cut it*

request 0a1b2c3d
""")


def test_an_answer_of_no_window_has_no_title_of_its_own() -> None:
    """Nothing is invented for it."""
    bare = digest(Report(summary="all is well"))

    assert bare == snapshot("""\
# Answer

**ok** · all is well


---

—
""")


@pytest.mark.parametrize("place", ["summary", "section", "row", "line", "finding"])
def test_text_of_others_means_nothing_wherever_it_stands(place: str) -> None:
    """No heading, table, picture, link, mention or HTML of its own."""
    plain = _document("nothing")
    hostile = _document(HOSTILE if place else "")

    assert MarkdownIt("gfm-like").render(hostile).count("<h") == (
        MarkdownIt("gfm-like").render(plain).count("<h")
    )
    held = replace(SMALL, **_placed(place, HOSTILE))
    normal = replace(SMALL, **_placed(place, "nothing"))
    assert _form(digest(held)) == _form(digest(normal))


def _document(text: str) -> str:
    return digest(replace(SMALL, summary=text))


def _placed(place: str, text: str) -> dict[str, Any]:
    places: dict[str, dict[str, Any]] = {
        "summary": {"summary": text},
        "section": {
            "sections": (
                Facts(title=text, rows=((text, text),)),
                Text(title=text, text=text.replace("\n", " ")),
                Text(title=text, text=text, quoted=True),
            )
        },
        "row": {
            "sections": (Table(title=text, header=(text, "b"), rows=((text, text),)),)
        },
        "line": {
            "sections": (Timeline(title=text, lines=(a_line(text, source=text),)),)
        },
        "finding": {
            "findings": (_finding(text, evidence=(text,), remedy=text),),
            "notes": (text,),
            "words": text,
            "system": text,
            "request_id": text,
            "gaps": (Gap(source=text, reason=text),),
            "attachment": text,
        },
    }
    return places[place]


def _form(markdown: str) -> list[str]:
    """Return the blocks that a site makes of it."""
    return [token.type for token in MarkdownIt("gfm-like").parse(markdown)]


@settings(parent=EXAMPLES, max_examples=20)  # each is read by a site as well
@given(reports)
def test_any_report_can_be_kept(report: Report) -> None:
    """No link, picture or HTML in it, and as many headings as sections."""
    tokens = SITE.parse(digest(report))  # once: it takes longer than all the rest

    harmful = {"link_open", "image", "html_block", "html_inline"}
    assert not kinds_of(tokens) & harmful
    headings = sum(token.type == "heading_open" for token in tokens)
    assert headings == 1 + len(report.sections) + bool(report.findings)


def test_a_long_timeline_keeps_how_it_began_failed_and_ended() -> None:
    """What is left out is counted where it is missing."""
    lines = tuple(
        a_line(
            f"moment {n}",
            at=NOW - timedelta(minutes=5_000 - n),
            level="ERROR" if n == 2_500 else "INFO",
        )
        for n in range(5_000)
    )
    text = digest(replace(SMALL, sections=(Timeline(title="Timeline", lines=lines),)))

    assert "5,000 moments" in text
    for kept in ("moment 0", "moment 2500", "moment 4999"):
        assert f"{kept}\n" in text
    assert "moments left out here; `--json` has all" in text
    assert text.count("\n- ") < LINES + 20


def test_faults_that_are_left_out_are_counted() -> None:
    """Where there are more of them than there is room for."""
    lines = tuple(
        a_line(f"moment {n}", at=ago(minutes=n), level="ERROR")
        for n in range(400, 0, -1)
    )
    text = digest(replace(SMALL, sections=(Timeline(title="Timeline", lines=lines),)))

    assert "errors among them; `--json` has all" in text


def test_a_new_day_is_said() -> None:
    """An incident may last over midnight."""
    lines = (
        a_line("late", at=ago(hours=12, minutes=5)),
        a_line("early", at=ago(hours=11, minutes=55)),
        a_line("soon", at=ago(hours=11, minutes=54.5)),
    )
    text = digest(replace(SMALL, sections=(Timeline(title="Timeline", lines=lines),)))

    assert "- `2026-01-30 23:55:00` **worker** late" in text
    assert "- `2026-01-31 00:05:00` *+10 min* **worker** early" in text
    assert "- `00:05:30` **worker** soon" in text


def test_an_empty_timeline_says_so() -> None:
    """Instead of a heading over nothing."""
    text = digest(replace(SMALL, sections=(Timeline(title="Timeline", lines=()),)))

    assert "## Timeline\n\nnothing\n" in text


def test_a_long_table_says_what_is_left_out() -> None:
    """And where all of it can be had."""
    rows = tuple((f"row{n}", n) for n in range(5_000))
    table = Table(title="Tasks", header=("task", "n"), rows=rows)
    text = digest(replace(SMALL, sections=(table,)))

    assert f"*The first {ROWS} of 5,000 rows; `--json` has them all.*" in text
    assert text.count("\n| row") == ROWS


def test_an_empty_table_is_one() -> None:
    """With its header."""
    table = Table(title="Tasks", header=("task", "n"), rows=())

    assert "| task | n |\n| --- | --- |\n" in digest(replace(SMALL, sections=(table,)))


def test_thousands_of_findings_stay_readable() -> None:
    """Alike ones are one; of many kinds the rest is told in a line each."""
    alike = tuple(_finding(f"w{n}") for n in range(5_000))
    text = digest(replace(SMALL, findings=alike))

    assert "## Findings: 5,000 critical" in text
    assert "**w0 crashed (and 4,999 more alike)**" in text
    assert len(text) < 5_000
    many = tuple(
        _finding(f"w{n}", rule=f"rule-{n}", remedy="", evidence=("proof",))
        for n in range(IN_FULL + 2)
    )
    told = digest(replace(SMALL, findings=many))
    assert "## Findings: 32 critical; the 30 worst in full\n" in told
    assert f"\n- critical: w{IN_FULL + 1} crashed\n" in told


def test_a_confirmed_finding_needs_no_word_for_it() -> None:
    """Only doubt is said."""
    sure = _finding(confidence=Confidence.CONFIRMED)

    assert "crashed**\n" in digest(replace(SMALL, findings=(sure,)))


def test_a_picture_is_told_in_words() -> None:
    """A document that is handed on has no files beside it."""
    chart = Chart(title="The queue", alt="3 tasks wait.", since=NOW, until=NOW)

    assert "The queue\n\n3 tasks wait." in digest(replace(SMALL, sections=(chart,)))


def test_a_list_in_a_text_has_one_mark_an_item() -> None:
    """A shell needs its own, which Markdown would show as code."""
    text = Text(title="To do", text="- mend a\n- mend b")
    report = Report(summary="x", sections=(text,))

    assert "\n- mend a\n- mend b\n" in digest(report)
