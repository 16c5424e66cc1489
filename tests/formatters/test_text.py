"""Reports in a terminal."""

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.findings import Confidence, Severity, Status, Subject
from bot.domain.logs import LogLine
from bot.domain.report import (
    Ask,
    Chart,
    Facts,
    Gap,
    Outcome,
    Report,
    Table,
    Text,
    Timeline,
)
from formatters.text import lines
from tests.formatters import samples
from tests.formatters.reports import EXAMPLES, reports
from tests.formatters.samples import TRACEBACK, a_finding, a_line, ago, asked


def shown(report: Report, *, width: int = 80) -> str:
    return "\n".join(lines(report, width=width, colour=False))


def test_a_whole_answer_reads_from_the_verdict_down() -> None:
    """Verdict, findings, facts, quoted error, timeline, next questions, small print."""
    assert shown(samples.failed_task()) == snapshot("""\
CRITICAL  Task `4f2a91c0` failed 1 h 27 min ago: the GPU ran out of memory.

Findings: 1 critical, 1 warning

  CRITICAL  the GPU ran out of memory
    - 2026-01-31 10:32:18Z: 2.63 GiB asked for, 1.12 GiB is free
    - it failed 2 other `wan_2_2_i2v` since 2026-01-31 09:58:40Z
    → requeue it for a worker of the 80 GB tier, or lower `num_frames` (161)
    $ debug-bot worker gpu-20260131_093012-5e1f7a90
      cuda-oom, task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34

  WARNING  3 tasks failed alike on this worker (likely)
    - 4f2a91c0, 91be77d2 and c03d5518 ended with the same error
    → look at the worker before more tasks land on it
    $ debug-bot worker gpu-20260131_093012-5e1f7a90
      same-error, task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34

Task
  Id            4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34
  Type          wan_2_2_i2v
  Status        Failed
  Worker        gpu-20260131_093012-5e1f7a90
  Attempts      2
  Created       2026-01-31 10:19:00Z
  Started       2026-01-31 10:30:00Z
  Ended         2026-01-31 10:32:20Z
  In the queue  11 min
  Running       2 min 20 s
  Output        unknown

Error as recorded
  | Traceback (most recent call last):
  |   File "/workspace/wan2gp/worker.py", line 412, in process_task
  |     latents = pipeline(prompt, num_frames=task.frames, guidance_scale=5.0)
  |   File "/workspace/wan2gp/pipelines/i2v.py", line 188, in __call__
  |     noise = self.transformer(latents, timestep, encoder_hidden_states)
  | torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.63 GiB. GPU
  | 0 has a total capacity of 23.64 GiB of which 1.12 GiB is free.

Timeline (7 lines, times in UTC)
  2026-01-31
  10:30:00 info  edge_function: claim-next-task:
                 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34 claimed by
                 gpu-20260131_093012-5e1f7a90
  10:30:02 info  worker: Processing task (type: wan_2_2_i2v)
  10:30:09 info  worker: Model wan_2_2_i2v_lightning already loaded
  10:31:00 WARN  worker: VRAM usage at 91% (21.5 of 23.6 GiB)
  10:32:18 ERROR worker: Traceback (most recent call last):
                   File "/workspace/wan2gp/worker.py", line 412, in process_task
                     latents = pipeline(prompt, num_frames=task.frames,
                     guidance_scale=5.0)
                   File "/workspace/wan2gp/pipelines/i2v.py", line 188, in
                   __call__
                     noise = self.transformer(latents, timestep,
                     encoder_hidden_states)
                 torch.OutOfMemoryError: CUDA out of memory. Tried to allocate
                 2.63 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.12
                 GiB is free.
  10:32:19 ERROR worker: Task failed: CUDA out of memory
  10:32:20 info  edge_function: update-task-status: Failed

Next
  The worker     debug-bot worker gpu-20260131_093012-5e1f7a90
  Its logs       debug-bot logs --task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34
  Same failures  debug-bot tasks --status Failed --hours 6

debug-bot task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34
2026-01-30 12:00 to 2026-01-31 12:00 UTC · supabase just now
without runpod: not configured: RUNPOD_API_KEY is not set · request q7f3k2m9\
""")


def test_a_narrow_terminal_gets_the_same() -> None:
    """Sixty columns, as on a phone; ids stay whole."""
    text = shown(samples.crashed_worker(6), width=60)

    assert max(map(len, text.split("\n"))) <= 60
    assert text == snapshot("""\
CRITICAL  Worker `gpu-20260131_093012-5e1f7a90` died 3 min
          55 s ago: a CUDA error ended its main loop.

Findings: 1 critical, 1 warning

  CRITICAL  the worker crashed with a CUDA error
    - last line at 2026-01-31 11:56:05Z: RuntimeError('CUDA
      error')
    - no heartbeat since 2026-01-31 11:56:01Z, 3 min 59 s
      ago
    → let the orchestrator replace it; its task is requeued
      then
      crashed, worker gpu-20260131_093012-5e1f7a90

  WARNING  its task is still marked In Progress (possible)
    - 4f2a91c0 has been In Progress for 22 min
    → watch it: it is orphaned after 5 min without a
      heartbeat
    $ debug-bot task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34
      task-in-progress, task
      4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34

Worker
  Status          active
  Created         2026-01-31 09:30:12Z
  Last heartbeat  2026-01-31 11:56:01Z
  Pod             x7k2p9q1m4
  Volume          Peter
  Memory          24 GB

Its tasks (3 rows)
  Task      Type         Status       Started   Took (s)
  4f2a91c0  wan_2_2_i2v  In Progress  11:38:00         —
  91be77d2  wan_2_2_i2v  Complete     11:20:00     812.4
  c03d5518  qwen_image   Failed       11:08:00     31.25

Timeline (9 lines, times in UTC)
  2026-01-31
  11:55:51 info  worker: Step 0/50 of a segment, 1.2 s/it
  11:55:52 info  worker: Step 1/50 of a segment, 1.3 s/it
  11:55:54 info  worker: Step 2/50 of a segment, 1.4 s/it
  11:55:55 info  worker: Step 3/50 of a segment, 1.5 s/it
  11:55:57 info  worker: Step 4/50 of a segment, 1.6 s/it
  11:55:58 info  worker: Step 5/50 of a segment, 1.7 s/it
  11:56:02 WARN  worker: VRAM usage at 97% (22.9 of 23.6
                 GiB)
  11:56:04 ERROR worker: CUDA error: an illegal memory
                 access was encountered
  11:56:05 CRIT  worker: Worker loop stopped:
                 RuntimeError('CUDA error')

Next
  Its task
    debug-bot task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34
  Did it start well?
    debug-bot worker gpu-20260131_093012-5e1f7a90 --startup
  Health
    debug-bot health

debug-bot worker gpu-20260131_093012-5e1f7a90
2026-01-30 12:00 to 2026-01-31 12:00 UTC
supabase just now, runpod 12 s ago · request q7f3k2m9\
""")


def test_an_answer_with_a_gap_still_says_how_bad_it_is() -> None:
    """What could be answered is an answer."""
    part = Report(
        summary="ill", status=Status.CRITICAL, outcome=Outcome.SOURCE_DOWN, data=1
    )

    assert shown(part).startswith("CRITICAL  ill")
    assert shown(replace(part, data=None)).startswith("ill")


def test_a_failed_source_stands_above_the_findings() -> None:
    """Before anybody believes the rest."""
    text = shown(samples.sick_system())

    gap = text.index("! could not read runpod: did not answer within 10 s")
    assert gap < text.index("Findings: 2 critical, 7 warning, 3 info")


def test_many_findings_begin_with_a_line_for_each() -> None:
    """The three worst follow in full; lines are causes before what they explain."""
    text = shown(samples.sick_system())

    listed = text[text.index("Findings: ") : text.index("\n\nThe 3 worst in full")]
    assert len(listed.split("\n")) == 1 + 12
    assert listed.split("\n")[1:3] == [
        "  CRITICAL  2 pods run without a worker: 0.88 USD an hour",
        "  CRITICAL  the orchestrator has not finished a cycle for 9 min",
    ]
    assert text.count("    - seen ") == 3
    assert "\n9 more findings in full: debug-bot health --hours 24 --json\n" in text


def test_what_is_worse_is_in_full_though_its_cause_stands_before_it() -> None:
    """Warnings come in full only where room is left, still in the order of all."""
    mild, bad = Severity.WARNING, Severity.CRITICAL
    order = (mild, mild, mild, bad, mild, bad)
    findings = tuple(
        a_finding(rule=f"r{n}", title=f"it {n}", severity=severity)
        for n, severity in enumerate(order)
    )

    text = shown(Report(summary="ill", findings=findings))

    [listed, full] = text.split("\n\nThe 3 worst in full\n\n")
    assert [line[-1] for line in listed.split("\n")[-6:]] == [*"012345"]
    titles = [each for each in full.split("\n") if "  it " in each]
    assert titles == ["  WARNING  it 0", "  CRITICAL  it 3", "  CRITICAL  it 5"]


def test_many_findings_of_one_rule_are_told_by_one() -> None:
    """There is then nothing to list; without words nobody can ask again."""
    findings = tuple(
        a_finding(title="t " * 99, subject=Subject(kind="worker", id=f"gpu-{n}"))
        for n in range(6)
    )

    text = shown(Report(summary="ill", findings=findings))
    pipe = shown(Report(summary="ill", findings=findings), width=0)

    more = "    + 5 more alike: gpu-1, gpu-2, gpu-3 and 2 more"
    assert "in full\n\n" not in text
    assert more in text.split("\n")
    assert more in pipe.split("\n")
    assert text.rstrip().endswith("5 more findings in full")


def test_a_line_for_each_fits_the_terminal_and_is_whole_in_a_pipe() -> None:
    """What is too long ends in an ellipsis."""
    findings = tuple(a_finding(rule=f"r{n}", title="t" * 99) for n in range(6))
    report = asked("ill", words="health", findings=findings)

    assert "  CRITICAL  " + "t" * 67 + "…\n" in shown(report)
    assert "  CRITICAL  " + "t" * 99 + "\n" in shown(report, width=0)


def test_a_likely_cause_stays_before_its_sure_effect() -> None:
    """Findings come in the order of the rules, which know what explains what."""
    cause = a_finding(title="it loaded", confidence=Confidence.LIKELY)
    effect = a_finding(title="it crashed")

    text = shown(replace(samples.failed_task(), findings=(cause, effect)))

    assert text.index("it loaded") < text.index("it crashed")


def test_a_fruitless_question_is_answered_calmly() -> None:
    """No status, no empty headings."""
    assert shown(samples.not_found()) == snapshot("""\
no task or worker begins with 9zzz
recent ones: `tasks --hours 2`

debug-bot task 9zzz · 2026-01-30 12:00 to 2026-01-31 12:00 UTC
supabase just now · request q7f3k2m9\
""")


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


def test_a_verdict_that_scrolls_away_stands_once_more_at_the_end() -> None:
    """A screen that holds the whole answer shows it once; a pipe has no height."""
    report = samples.failed_task()
    whole = list(lines(report, width=80, colour=False))

    low = list(lines(report, width=80, colour=False, height=len(whole)))
    high = list(lines(report, width=80, colour=False, height=len(whole) + 1))

    assert low == [*whole, "", whole[0]]
    assert high == whole


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
        "\nseen\nnot all of it is here: a bound or --limit cut it\ndebug-bot health"
        in shown(report)
    )


def test_a_hint_follows_the_sentence() -> None:
    """What may help comes at once."""
    report = asked("no", words="task", outcome=Outcome.MISREAD, hint="try `help`")

    assert shown(report).startswith("no\ntry `help`\n")


def test_a_finding_without_remedy_is_still_readable() -> None:
    """Rules owe one, but a missing one breaks nothing."""
    text = shown(asked("x", words="health", findings=(a_finding(remedy=""),)))

    assert "→" not in text


def test_a_bare_report_is_its_sentence() -> None:
    """Nothing is made up around it."""
    assert shown(Report(summary="")) == "OK  no summary"


@EXAMPLES
@given(reports, st.sampled_from([0, 60, 80]))
def test_any_report_can_be_read(report: Report, width: int) -> None:
    """And no line of it moves a cursor."""
    made = lines(report, width=width, colour=False)

    text = "|".join(itertools.islice(made, 1_000))
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", text)
    assert text.encode()


def test_an_empty_table_is_its_title() -> None:
    """That it holds nothing is told by the count."""
    report = Report(
        summary="s", sections=(Table(title="Orphans", header=("task",), rows=()),)
    )

    assert "Orphans (0 rows)" in shown(report)
    assert "task" not in shown(report)


def test_a_picture_is_told_in_words() -> None:
    """A terminal shows none."""
    chart = Chart(title="The\nqueue", alt="3 tasks wait.", since=ago(), until=ago())
    report = asked("x", words="queue", sections=(chart,))

    assert "The ↵ queue\n  3 tasks wait." in shown(report)
