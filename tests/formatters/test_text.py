"""Reports in a terminal."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.logs import LogLine
from bot.domain.report import Ask, Facts, Gap, Outcome, Report, Text, Timeline
from formatters.text import lines
from tests.formatters import samples
from tests.formatters.reports import EXAMPLES, reports
from tests.formatters.samples import TRACEBACK, a_finding, a_line, ago, asked


def shown(report: Report, *, width: int = 80) -> str:
    return "\n".join(lines(report, width=width, colour=False))


def test_a_whole_answer_reads_from_the_verdict_down() -> None:
    """Verdict, findings, facts, quoted error, timeline, next questions, small print."""
    assert shown(samples.failed_task()) == snapshot()


def test_a_narrow_terminal_gets_the_same() -> None:
    """Sixty columns, as on a phone; ids stay whole."""
    text = shown(samples.crashed_worker(6), width=60)

    assert max(map(len, text.split("\n"))) <= 60
    assert text == snapshot()


def test_a_failed_source_stands_above_the_findings() -> None:
    """Before anybody believes the rest."""
    text = shown(samples.sick_system())

    gap = text.index("! could not read runpod: did not answer within 10 s")
    assert gap < text.index("Findings: 2 critical, 7 warning, 3 info")


def test_a_fruitless_question_is_answered_calmly() -> None:
    """No status, no empty headings."""
    assert shown(samples.not_found()) == snapshot()


def test_the_source_that_failed_is_named_once() -> None:
    """Where it is all there is to say."""
    assert shown(samples.supabase_down()).count("did not answer") == 1


def test_colour_is_only_there_when_asked_for() -> None:
    """And then around our words, not around the data's own escapes."""
    report = asked(
        "\x1b[31mfake\x1b[0m",
        words="health",
        findings=(a_finding(title="two " * 30),),
        sections=(
            Timeline(
                title="Timeline",
                lines=(
                    a_line("\x1b[2Jcleared", level="ERROR"),
                    a_line("slow", level="WARNING"),
                ),
            ),
        ),
        gaps=(Gap(source="runpod", reason="refused"),),
    )

    plain = "\n".join(lines(report, width=80, colour=False))
    bright = "\n".join(lines(report, width=80, colour=True))
    assert "\x1b" not in plain
    assert "\x1b[31m  12:00:00 ERROR worker: cleared\x1b[0m" in bright
    assert "\x1b[33m  12:00:00 WARN  worker: slow\x1b[0m" in bright
    assert "\x1b[1;32mOK\x1b[0m  \x1b[1mfake\x1b[0m" in bright
    assert "\x1b[2J" not in bright


def test_a_timeline_is_complete_and_its_lines_whole() -> None:
    """Long messages and tracebacks are wrapped, never cut."""
    report = asked(
        "x",
        words="logs",
        sections=(Timeline(title="Lines", lines=(a_line(TRACEBACK, level="ODD"),)),),
    )

    text = shown(report, width=60)
    assert "  12:00:00 ODD worker: Traceback" in text
    assert "".join(TRACEBACK.split()) in "".join(text.split())


def test_days_are_headings_of_a_timeline() -> None:
    """Once each."""
    stamps = [ago(hours=25), ago(hours=24), ago(hours=1)]
    section = Timeline(title="T", lines=tuple(a_line("x", at=at) for at in stamps))

    text = shown(asked("x", words="logs", sections=(section,)))

    assert text.count("  2026-01-30\n") == 1
    assert text.count("  2026-01-31\n") == 1


def test_a_timeline_is_made_line_by_line() -> None:
    """The first lines are there before the last are looked at."""

    class Endless(tuple[LogLine, ...]):
        __slots__ = ()

        def __len__(self) -> int:
            return 10**9

        def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
            return itertools.repeat(a_line("again"))

    section = Timeline(title="T", lines=Endless())

    made = lines(asked("x", words="logs", sections=(section,)), width=80, colour=False)

    assert len(list(itertools.islice(made, 1000))) == 1000


def test_our_own_text_is_a_paragraph_and_found_text_is_barred() -> None:
    """So that one sees who speaks."""
    report = asked(
        "x",
        words="help",
        sections=(
            Text(title="Ours", text="a\nb"),
            Text(title="Theirs", text="c\nd\n", quoted=True),
            Facts(title="None", rows=()),
        ),
    )

    assert "Ours\n  a\n  b\n\nTheirs\n  | c\n  | d\n\nNone\n" in shown(report)


@pytest.mark.parametrize("width", [0, 80])
def test_next_questions_stand_beside_their_labels_where_they_fit(width: int) -> None:
    """As commands to type."""
    report = asked("x", words="health", asks=(Ask(label="Queue", words="queue"),))

    assert "Next\n  Queue  debug-bot queue" in shown(report, width=width)


def test_notes_and_a_cut_are_small_print() -> None:
    """Nothing is silently short."""
    report = asked("x", words="health", notes=("seen",), truncated=True)

    assert (
        "\nseen\na stated bound or --limit cut this answer\ndebug-bot health"
        in shown(report)
    )


def test_a_hint_follows_the_sentence() -> None:
    """What may help comes at once."""
    report = asked("no", words="task", outcome=Outcome.MISREAD, hint="try `help`")

    assert shown(report).startswith("no\ntry `help`\n")


def test_a_bare_report_is_its_sentence() -> None:
    """Nothing is made up around it."""
    assert shown(Report(summary="")) == "OK  no summary"


@EXAMPLES
@given(reports, st.sampled_from([0, 60, 80]))
def test_any_report_can_be_read(report: Report, width: int) -> None:
    """And no line of it moves a cursor."""
    for line in lines(report, width=width, colour=False):
        assert "\n" not in line
        assert all(char >= " " and char != "\x7f" for char in line)
        line.encode()
