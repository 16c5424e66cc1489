"""Reports as Slack messages."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from dirty_equals import IsPartialDict, IsStr
from hypothesis import given, settings
from inline_snapshot import snapshot

from bot.domain.findings import Severity, Status, Subject
from bot.domain.logs import LogLine
from bot.domain.report import Ask, Facts, Gap, Outcome, Report, Table, Text, Timeline
from formatters.blocks import investigation, last_resort, refusal, verdict, whole
from formatters.packing import Block, Message, spoken
from formatters.raw import raw
from tests.formatters import samples
from tests.formatters.referee import violations
from tests.formatters.reports import EXAMPLES, plans, reports
from tests.formatters.samples import a_finding, a_line, ago, asked
from tests.witnesses.witnesses import witness_all


def said(messages: Iterable[Message]) -> str:
    return "\n".join(spoken(message.blocks) for message in messages)


def every_message(report: Report) -> list[Message]:
    return [
        verdict(report),
        *investigation(report),
        *whole(report),
        refusal(report),
    ]


def test_a_verdict_is_compact() -> None:
    """Sentence, worst findings, buttons, small print: nothing else."""
    message = verdict(samples.failed_task())

    assert list(message.blocks) == snapshot(
        [
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "emoji", "name": "octagonal_sign"},
                            {"type": "text", "text": " "},
                            {"type": "text", "text": "Task ", "style": {"bold": True}},
                            {
                                "type": "text",
                                "text": "4f2a91c0",
                                "style": {"bold": True, "code": True},
                            },
                            {
                                "type": "text",
                                "text": " failed 1 h 27 min ago: the GPU ran out of memory.",
                                "style": {"bold": True},
                            },
                        ],
                    }
                ],
            },
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "emoji", "name": "red_circle"},
                            {"type": "text", "text": " "},
                            {
                                "type": "text",
                                "text": "the GPU ran out of memory",
                                "style": {"bold": True},
                            },
                        ],
                    },
                    {
                        "type": "rich_text_quote",
                        "elements": [
                            {
                                "type": "date",
                                "timestamp": 1769855538,
                                "format": "{date_short_pretty} {time_secs}",
                                "fallback": "2026-01-31 10:32:18Z",
                            },
                            {
                                "type": "text",
                                "text": ": 2.63 GiB asked for, 1.12 GiB is free",
                            },
                            {
                                "type": "text",
                                "text": "  +1 more",
                                "style": {"italic": True},
                            },
                        ],
                    },
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "→ "},
                            {
                                "type": "text",
                                "text": "requeue it for a worker of the 80 GB tier, or lower ",
                            },
                            {
                                "type": "text",
                                "text": "num_frames",
                                "style": {"code": True},
                            },
                            {"type": "text", "text": " (161)"},
                        ],
                    },
                ],
            },
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "emoji", "name": "large_orange_diamond"},
                            {"type": "text", "text": " "},
                            {
                                "type": "text",
                                "text": "3 tasks failed alike on this worker",
                                "style": {"bold": True},
                            },
                            {
                                "type": "text",
                                "text": "  likely",
                                "style": {"italic": True},
                            },
                        ],
                    },
                    {
                        "type": "rich_text_quote",
                        "elements": [
                            {
                                "type": "text",
                                "text": "4f2a91c0, 91be77d2 and c03d5518 ended with the same error",
                            }
                        ],
                    },
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "→ "},
                            {
                                "type": "text",
                                "text": "look at the worker before more tasks land on it",
                            },
                        ],
                    },
                ],
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "ask:1",
                        "text": {
                            "type": "plain_text",
                            "text": "The worker",
                            "emoji": False,
                        },
                        "value": "worker gpu-20260131_093012-5e1f7a90",
                    },
                    {
                        "type": "button",
                        "action_id": "ask:2",
                        "text": {
                            "type": "plain_text",
                            "text": "Its logs",
                            "emoji": False,
                        },
                        "value": "logs --task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34",
                    },
                    {
                        "type": "button",
                        "action_id": "ask:3",
                        "text": {
                            "type": "plain_text",
                            "text": "Same failures",
                            "emoji": False,
                        },
                        "value": "tasks --status Failed --hours 6",
                    },
                ],
            },
            {
                "type": "context",
                "elements": [
                    {
                        "type": "plain_text",
                        "text": "task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34",
                        "emoji": False,
                    },
                    {
                        "type": "plain_text",
                        "text": "2026-01-30 12:00 to 2026-01-31 12:00 UTC",
                        "emoji": False,
                    },
                    {"type": "plain_text", "text": "supabase just now", "emoji": False},
                    {
                        "type": "plain_text",
                        "text": "without runpod: not configured: RUNPOD_API_KEY is not set",
                        "emoji": False,
                    },
                    {"type": "plain_text", "text": "request q7f3k2m9", "emoji": False},
                ],
            },
        ]
    )


def test_a_verdict_shows_three_findings_and_counts_the_rest() -> None:
    """The worst ones, with what failed to be read above them."""
    text = said([verdict(samples.sick_system())])

    assert text.split("\n") == snapshot(
        [
            "🛑 2 critical problems: pods cost 0.88 USD an hour for nothing, and the orchestrator stands still since 2026-01-31 11:51:02Z.",
            "⚠️ could not read runpod: did not answer within 10 s",
            "🔴 2 pods run without a worker: 0.88 USD an hour",
            "> seen 1 times since 2026-01-31 09:12:44Z",
            "→ look: orchestrator --hours 2",
            "🔴 the orchestrator has not finished a cycle for 9 min  likely",
            "> seen 2 times since 2026-01-31 09:12:44Z",
            "→ look: orchestrator --hours 2",
            "🔶 2 pods run without a worker: 0.88 USD an hour",
            "> seen 4 times since 2026-01-31 09:12:44Z",
            "→ look: orchestrator --hours 2",
            "🔶 2 pods run without a worker: 0.88 USD an hour",
            "🔶 the orchestrator has not finished a cycle for 9 min",
            "🔶 the orchestrator has not finished a cycle for 9 min",
            "🔶 4 workers beat slowly",
            "🔶 4 workers beat slowly",
            "🔶 4 workers beat slowly",
            "🔹 2 pods run without a worker: 0.88 USD an hour",
            "🔹 the orchestrator has not finished a cycle for 9 min",
            "🔹 4 workers beat slowly",
            "9 more findings in the thread and its file: 6 warning, 3 info",
            "health --hours 24 · 2026-01-30 12:00 to 2026-01-31 12:00 UTC · supabase just now · request q7f3k2m9",
        ]
    )


def test_the_fallback_text_is_the_message_in_plain_words() -> None:
    """For notifications, screen readers, and when Slack refuses the blocks."""
    message = verdict(samples.failed_task())

    assert message.text.startswith("🛑 Task 4f2a91c0 failed 1 h 27 min ago")
    assert "request q7f3k2m9" in message.text


def test_the_investigation_has_everything() -> None:
    """Findings with all their evidence, facts, quoted error, timeline."""
    [message] = investigation(samples.failed_task())

    assert spoken(message.blocks).split("\n") == snapshot(
        [
            "🔴 the GPU ran out of memory",
            "> 2026-01-31 10:32:18Z: 2.63 GiB asked for, 1.12 GiB is free",
            "> it failed 2 other wan_2_2_i2v since 2026-01-31 09:58:40Z",
            "→ requeue it for a worker of the 80 GB tier, or lower num_frames (161)",
            "🔶 3 tasks failed alike on this worker  likely",
            "> 4f2a91c0, 91be77d2 and c03d5518 ended with the same error",
            "→ look at the worker before more tasks land on it",
            "Task",
            "Id  4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34",
            "Type  wan_2_2_i2v",
            "Status  Failed",
            "Worker  gpu-20260131_093012-5e1f7a90",
            "Attempts  2",
            "Created  2026-01-31 10:19:00Z",
            "Started  2026-01-31 10:30:00Z",
            "Ended  2026-01-31 10:32:20Z",
            "In the queue  11 min",
            "Running  2 min 20 s",
            "Output  unknown",
            "Error as recorded",
            "Traceback (most recent call last):",
            '  File "/workspace/wan2gp/worker.py", line 412, in process_task',
            "    latents = pipeline(prompt, num_frames=task.frames, guidance_scale=5.0)",
            '  File "/workspace/wan2gp/pipelines/i2v.py", line 188, in __call__',
            "    noise = self.transformer(latents, timestep, encoder_hidden_states)",
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.63 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.12 GiB is free.",
            "Timeline  7 lines",
            "2026-01-31 10:30:00Z  edge_function  claim-next-task: 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34 claimed by gpu-20260131_093012-5e1f7a90",
            "10:30:02Z  worker  Processing task (type: wan_2_2_i2v)",
            "10:30:09Z  worker  Model wan_2_2_i2v_lightning already loaded",
            "10:31:00Z  🔶  worker  VRAM usage at 91% (21.5 of 23.6 GiB)",
            "10:32:18Z  🔴  worker  Traceback (most recent call last): … 4 lines … torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.63 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.12 GiB is free.",
            "10:32:19Z  🔴  worker  Task failed: CUDA out of memory",
            "10:32:20Z  edge_function  update-task-status: Failed",
            "task 4f2a91c0-7d3e-4b8a-9c55-0e6d2f1a8b34 · 2026-01-30 12:00 to 2026-01-31 12:00 UTC · supabase just now · without runpod: not configured: RUNPOD_API_KEY is not set · request q7f3k2m9",
        ]
    )


def test_a_long_timeline_fits_the_thread() -> None:
    """Five thousand lines are one message that says what it leaves out."""
    messages = investigation(samples.crashed_worker())

    text = said(messages)
    left_out = [int(n.replace(",", "")) for n in re.findall(r"… ([\d,]+) lines", text)]
    shown = len(re.findall(r"(?m)^(?:2026-01-31 )?\d\d:\d\d:\d\dZ  ", text))
    assert len(messages) == 1
    assert sum(left_out) + shown == 5_003
    assert text.count("Upload failed: HTTP 502") == 5
    assert "Worker loop stopped" in text


def test_a_verdict_that_says_all_needs_no_thread() -> None:
    """An answer of one sentence is one message."""
    assert investigation(asked("All is well.", words="health")) == ()


@pytest.mark.parametrize(
    "report",
    [
        asked("x", words="health", notes=("seen",)),
        asked("x", words="health", truncated=True),
        asked("x", words="health", findings=(a_finding(),) * 4),
        asked("x", words="health", findings=(a_finding(evidence=("a", "b")),)),
        asked("x", words="health", findings=(a_finding(ask="queue"),)),
        asked("x", words="health", sections=(Text(title="", text="x"),)),
    ],
)
def test_whatever_the_verdict_leaves_out_is_in_the_thread(report: Report) -> None:
    """More findings, evidence, notes or sections open one."""
    assert investigation(report)


def test_a_question_with_a_button_is_not_told_twice() -> None:
    """In the thread there are buttons for the findings, as far as five reach."""
    report = samples.crashed_worker()
    findings = tuple(a_finding(ask=f"worker gpu-{n}") for n in range(6))
    [thread] = investigation(asked("x", words="task", findings=findings))

    assert f"→ task {samples.TASK}" not in said(investigation(report))
    assert "→ worker gpu-5" in said([thread])
    assert "→ worker gpu-4" not in said([thread])
    [actions] = [block for block in thread.blocks if block["type"] == "actions"]
    assert [button["value"] for button in actions["elements"]] == [
        f"worker gpu-{n}" for n in range(5)
    ]


def test_where_no_thread_can_be_everything_is_one_sequence() -> None:
    """Each finding once, the buttons at the end, one footer."""
    [message] = whole(samples.failed_task())

    kinds = [block["type"] for block in message.blocks]
    assert said([message]).count("the GPU ran out of memory") == 2  # and the sentence
    assert kinds[-2:] == ["actions", "context"]
    assert kinds.count("context") == 1


def test_a_second_table_is_lines_where_messages_are_few() -> None:
    """In a thread it has a message of its own."""
    sick = samples.sick_system()
    short = (
        replace(each, rows=each.rows[:9])
        for each in sick.sections
        if isinstance(each, Table)
    )
    report = replace(sick, sections=tuple(short))

    threaded = [b["type"] for m in investigation(report) for b in m.blocks]
    in_place = [b["type"] for m in whole(report) for b in m.blocks]
    assert threaded.count("table") == 2
    assert in_place.count("table") == 1
    assert "Queued  Tasks 1,284" in said(whole(report))


def test_what_is_attached_as_well_is_one_message() -> None:
    """With as much as it holds."""
    [message] = investigation(samples.sick_system())

    kinds = [block["type"] for block in message.blocks]
    assert kinds.count("table") == 1
    assert said([message]).count("→") >= 10
    assert "The attached file has all of it." in said([message])


def test_json_that_was_asked_for_is_one_box_at_every_place() -> None:
    """The shell prints all of it; a refusal stays a sentence."""
    report = replace(samples.sick_system(), as_json=True)

    assert verdict(report) == raw(report)
    assert whole(report) == (raw(report),)
    assert investigation(report) == ()
    assert verdict(replace(samples.not_found(), as_json=True)) == refusal(
        samples.not_found()
    )


def test_a_refusal_is_one_calm_block() -> None:
    """What was wrong, and what may help."""
    message = refusal(samples.not_found())

    assert list(message.blocks) == [
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "emoji", "name": "mag"},
                        {"type": "text", "text": " "},
                        {"type": "text", "text": "no task or worker begins with 9zzz"},
                        {"type": "text", "text": "\n"},
                        {"type": "text", "text": "recent ones: "},
                        {
                            "type": "text",
                            "text": "tasks --hours 2",
                            "style": {"code": True},
                        },
                    ],
                }
            ],
        },
        IsPartialDict(type="context"),
    ]


@pytest.mark.parametrize("report", [samples.not_found(), samples.supabase_down()])
def test_every_way_of_showing_a_fruitless_answer_is_the_refusal(report: Report) -> None:
    """A front door need not ask first."""
    assert verdict(report) == refusal(report)
    assert whole(report) == (refusal(report),)
    assert investigation(report) == ()


def test_what_could_be_answered_is_shown_though_a_source_failed() -> None:
    """The gap is named above it."""
    report = asked(
        "2 tasks failed",
        words="tasks",
        outcome=Outcome.SOURCE_DOWN,
        status=Status.WARNING,
        data=object(),
        sections=(Facts(title="Tasks", rows=(("Failed", 2),)),),
        gaps=(Gap(source="runpod", reason="refused"),),
    )

    assert "could not read runpod: refused" in said([verdict(report)])
    assert "Failed  2" in said(investigation(report))


def test_too_many_findings_are_counted_by_severity() -> None:
    """All of them can be read in a shell."""
    findings = (a_finding(severity=Severity.WARNING),) * 300

    text = said(investigation(asked("x", words="health", findings=findings)))

    shown = text.count("🔶")
    assert shown >= 10
    assert (
        f"{300 - shown} more findings left out ({300 - shown} warning). "
        "The attached file has all of it."
    ) in text


def test_nothing_mild_takes_the_place_of_what_is_worse() -> None:
    """Causes come first; in full, in a line and in the thread the worst are kept."""
    order = [Severity.WARNING] * 30 + [Severity.CRITICAL] * 3
    findings = tuple(
        a_finding(rule=f"r{n}", title=f"number {n}.", severity=severity)
        for n, severity in enumerate(order)
    )
    sections = (Text(title="T", text="x"),)
    report = asked("ill", words="health", findings=findings, sections=sections)

    compact = said([verdict(report)])
    short = said([verdict(report, short=True)])
    thread = said(investigation(report))

    for n in (30, 31, 32):
        assert all(f"number {n}." in told for told in (compact, short, thread))
    assert compact.index("number 32.") < compact.index("number 0.")
    assert "30 more findings in the thread and its file: 30 warning" in compact
    assert "33 findings in the thread and its file: 3 critical, 30 warn" in short
    assert re.search(r"\d+ more findings left out \(\d+ warning\)", thread)


def test_too_many_sections_are_counted() -> None:
    """The first of them are shown."""
    sections = tuple(Text(title=f"section {n}", text="x" * 2_000) for n in range(30))

    messages = investigation(asked("x", words="health", sections=sections))

    shown = len(re.findall("section [0-9]+", said(messages)))
    assert len(messages) <= 3
    assert f"{30 - shown} more sections left out" in said(messages)


def test_a_verdict_gives_up_findings_before_it_breaks() -> None:
    """However heavy they are once escaped."""
    heavy = a_finding(title='"' * 900, evidence=('"' * 900,), remedy='"' * 900)
    gaps = tuple(
        Gap(source='"' * 300, reason='"' * 300, failed=number < 5)
        for number in range(12)
    )
    asks = (Ask(label='"' * 50, words='"' * 400),) * 5
    report = asked(
        '"' * 900, words='"' * 900, findings=(heavy,) * 3, gaps=gaps, asks=asks
    )

    message = verdict(report)

    assert violations(list(message.blocks), message.text) == []
    assert re.search(r"\d (more )?findings? in the thread: \d crit", said([message]))


def test_where_no_thread_can_be_many_findings_are_listed_first() -> None:
    """So the first message names them all."""
    first, *_ = whole(samples.sick_system())

    assert len(re.findall("[🔴🔶🔹] ", said([first]).split("seen 1 times")[0])) >= 12


def test_a_verdict_tells_alike_findings_by_one() -> None:
    """And counts each of them as left to the thread."""
    findings = tuple(
        a_finding(subject=Subject(kind="worker", id=f"gpu-{n}")) for n in range(9)
    )

    lines = said([verdict(asked("x", words="health", findings=findings))]).split("\n")

    assert "+ 8 more alike: gpu-1, gpu-2, gpu-3 and 5 more" in lines
    assert "8 more findings in the thread: 8 critical" in lines


def test_the_last_resort_always_fits() -> None:
    """Plain, short, escaped, and with the id that the logs know."""
    report = asked("<!channel> & " * 200, words="health")

    text = last_resort(report)

    assert len(text) <= 900
    assert "<" not in text
    assert "request q7f3k2m9" in last_resort(samples.failed_task())
    assert "debug-bot task 4f2a" in last_resort(samples.failed_task())
    assert last_resort(Report(summary="")) == IsStr(
        regex=r"no summary\n\(shortened.*\)"
    )


@EXAMPLES
@given(reports)
def test_any_report_is_something_that_slack_takes(report: Report) -> None:
    """Whatever it holds, and however much of it."""
    for message in every_message(report):
        assert violations(list(message.blocks), message.text) == []
    assert len(investigation(report)) <= 3
    assert len(whole(report)) <= 3
    assert 0 < len(last_resort(report)) <= 900


@settings(EXAMPLES, max_examples=25)
@given(reports)
def test_other_readers_of_the_rules_agree(report: Report) -> None:
    """Slack's own models and two builders by others."""
    assert witness_all(every_message(report), types=False) == []


def gate_buttons(blocks: Iterable[Block]) -> list[tuple[str, str]]:
    """Return the gate's buttons and what they hold."""
    return [
        (element["action_id"], element["value"])
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] in ("gate:confirm", "gate:cancel")
    ]


@EXAMPLES
@given(plans())
def test_a_plan_never_loses_its_buttons(report: Report) -> None:
    """However much is shown above them; and they hold the offer's id alone."""
    assert report.red_button is not None
    id = report.red_button.offer_id
    both = [("gate:confirm", id), ("gate:cancel", id)]
    fruitless = report.outcome is not Outcome.ANSWERED and not (
        report.sections or report.findings
    )

    everything = [block for message in whole(report) for block in message.blocks]
    assert gate_buttons(verdict(report).blocks) == ([] if fruitless else both)
    assert gate_buttons(everything) == ([] if fruitless else both)


@EXAMPLES
@given(reports)
def test_nothing_is_left_out_without_a_count(report: Report) -> None:
    """Findings and sections are shown, or their number is said."""
    messages = investigation(report)

    blocks = [block for message in messages for block in message.blocks]
    text = said(messages)
    if more := len(report.findings) - sum(map(begins_with_a_mark, blocks)):
        assert not messages or f"{more:,} more finding" in text
    dividers = sum(block["type"] == "divider" for block in blocks)
    if dividers + len(messages) < len(report.sections):
        assert not messages or "more section" in text


def begins_with_a_mark(block: Block) -> bool:
    if block["type"] != "rich_text":
        return False
    name = block["elements"][0]["elements"][0].get("name")
    return name in ("red_circle", "large_orange_diamond", "small_blue_diamond")


def test_the_lines_of_any_timeline_are_shown_or_counted() -> None:
    """Also when other sections leave little room."""
    others = tuple(
        Table(title="t", header=("a",), rows=(("x" * 100,),) * 30) for _ in range(3)
    )
    lines: tuple[LogLine, ...] = tuple(
        a_line("x" * 290, at=ago(seconds=900 - n), level=["INFO", "ERROR"][n % 9 == 0])
        for n in range(900)
    )
    report = asked(
        "x",
        words="health",
        sections=(*others, Timeline(title="Timeline", lines=lines)),
        findings=(a_finding(evidence=("e" * 300,) * 6),) * 30,
    )

    text = said(investigation(report))

    left_out = sum(int(n) for n in re.findall(r"… (\d+) lines? left out", text))
    assert left_out + len(re.findall(r"\d\d:\d\d:\d\dZ  ", text)) == 900


@pytest.mark.parametrize(
    ("status", "sign"),
    [(Status.OK, "information_source"), (Status.WARNING, "no_entry")],
)
def test_who_came_too_late_is_told_calmly(status: Status, sign: str) -> None:
    """The sign of a refusal is for what somebody may not do."""
    late = Report(summary="it runs", status=status, outcome=Outcome.REFUSED)

    assert f"'name': '{sign}'" in str(refusal(late).blocks)


def test_a_refusal_without_a_hint_is_its_sentence() -> None:
    """Nothing stands where nothing helps."""
    message = refusal(Report(summary="nothing is called 4134", outcome=Outcome(3)))

    assert "nothing is called 4134" in spoken(message.blocks)
