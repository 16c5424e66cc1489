"""The parts around an answer's sections."""

from collections.abc import Iterable

from inline_snapshot import snapshot

from bot.domain.findings import Confidence, Severity, Status
from bot.domain.report import Ask, Choice, Gap, RedButton, Report, Text
from formatters import parts
from formatters.packing import Group, spoken
from tests.formatters.samples import a_finding, asked


def said(groups: Iterable[Group]) -> list[str]:
    return "\n".join(spoken(group) for group in groups).split("\n")


def test_the_status_has_a_sign_of_its_own_shape() -> None:
    """Colour alone would not do for everybody."""
    signs = {
        spoken([parts.headline(asked("x", words="health", status=status))])
        for status in Status
    }

    assert signs == {"✅ x", "⚠️ x", "🛑 x", "❔ x"}


def test_an_empty_summary_says_so() -> None:
    """Slack refuses an empty text."""
    assert parts.summary(asked(" \u200b", words="health")) == "no summary"


def test_all_of_an_answer_can_be_read_in_a_shell() -> None:
    """With the words as understood, which cannot end the code they stand in."""
    report = asked("x", words="logs --search '`'")

    assert parts.everything(report) == (
        "All of it, in a shell: `debug-bot logs --search '''`, or as a file with --json"
    )


def test_all_of_a_plan_can_be_read_without_doing_it() -> None:
    """And all of an outcome without doing it again."""
    button = RedButton(offer_id="o", label="Do it", question="do it?", warning="!")
    plan = asked("x", words="runpod terminate", red_button=button)
    done = asked("x", words="runpod terminate", retold="audit --action x")

    assert parts.retold(plan) == "runpod terminate --dry-run"
    assert "`debug-bot runpod terminate --dry-run`" in parts.everything(plan)
    assert parts.retold(done) == "audit --action x"
    assert parts.retold(Report(summary="x", red_button=button)) == ""


def test_without_words_the_shell_is_still_named() -> None:
    """A report may come from nowhere."""
    assert parts.everything(Report(summary="x")) == "The shell shows all of it."


def test_a_long_answer_is_in_its_file_as_well() -> None:
    """Nobody needs a shell at night."""
    text = Text(title="", text="line\n" * 99)
    report = asked("x", words="logs", sections=(text,))

    for each in (report, Report(summary="x", sections=(text,))):
        assert parts.everything(each) == "The attached file has all of it."


def test_only_failures_stand_near_the_top() -> None:
    """A source that nobody configured is no alarm; the footer names it."""
    report = asked(
        "x",
        words="health",
        gaps=(
            Gap(source="runpod", reason="not configured", failed=False),
            Gap(source="supabase", reason="refused"),
        ),
    )

    assert said(parts.gaps(report)) == ["⚠️ could not read supabase: refused"]
    assert "without runpod: not configured" in said(parts.footer(report))[0]


def test_many_failures_are_counted() -> None:
    """Five are enough to see that much is wrong."""
    gaps = tuple(Gap(source=f"s{n}", reason="refused") for n in range(9))

    lines = said(parts.gaps(asked("x", words="health", gaps=gaps)))

    assert lines[4:] == ["⚠️ could not read s4: refused", "4 more gaps"]


def test_no_failure_takes_no_room() -> None:
    """An answer that is whole does not say so."""
    assert list(parts.gaps(asked("x", words="health"))) == []


def test_a_finding_shows_title_evidence_and_remedy() -> None:
    """Doubt is said beside the title, the next words stand as code."""
    finding = a_finding(
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        evidence=("first", "second", "third"),
    )

    block = parts.finding_block(finding, evidence=2, ask="worker x")

    assert block == snapshot(
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
                            "text": "the GPU ran out of memory",
                            "style": {"bold": True},
                        },
                        {"type": "text", "text": "  likely", "style": {"italic": True}},
                    ],
                },
                {
                    "type": "rich_text_quote",
                    "elements": [
                        {"type": "text", "text": "first"},
                        {"type": "text", "text": "\n"},
                        {"type": "text", "text": "second"},
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
                            "text": "requeue it for a worker with more memory",
                        },
                        {"type": "text", "text": "\n"},
                        {"type": "text", "text": "→ "},
                        {"type": "text", "text": "worker x", "style": {"code": True}},
                    ],
                },
            ],
        }
    )


def test_a_finding_without_evidence_or_remedy_is_its_title() -> None:
    """Rules owe both, but a missing one breaks nothing."""
    block = parts.finding_block(a_finding(evidence=(), remedy=""), evidence=2)

    assert spoken([block]) == "🔴 the GPU ran out of memory"


def test_asks_become_buttons_that_say_the_words() -> None:
    """A button's value is what one would have typed."""
    report = asked("x", words="health", asks=(Ask(label="Queue", words="queue"),))

    assert list(parts.asks(report)) == snapshot(
        [
            (
                {
                    "type": "actions",
                    "elements": [
                        {
                            "type": "button",
                            "action_id": "ask:1",
                            "text": {
                                "type": "plain_text",
                                "text": "Queue",
                                "emoji": False,
                            },
                            "value": "queue",
                        }
                    ],
                },
            )
        ]
    )


def test_no_more_than_five_buttons_are_shown() -> None:
    """The rest is counted."""
    asks = tuple(Ask(label=f"a{n}", words=f"task {n}") for n in range(7))

    [[note], [actions]] = parts.asks(asked("x", words="health", asks=asks))

    assert spoken([note]) == "2 more questions without a button"
    assert [b["action_id"] for b in actions["elements"]] == [
        f"ask:{n}" for n in range(1, 6)
    ]


def test_findings_have_buttons_that_are_not_there_already() -> None:
    """With numbers of their own, for both may stand in one message."""
    findings = tuple(a_finding(ask=ask) for ask in ("queue", "", "workers", "workers"))
    asks = (Ask(label="Queue", words="queue"),)
    report = asked("x", words="health", asks=asks, findings=findings)

    [[actions]] = parts.whys_buttons(report)

    [button] = actions["elements"]
    assert (button["action_id"], button["value"]) == ("ask:6", "workers")
    assert button["text"]["text"] == "Workers"


def test_a_label_is_cut_to_what_slack_shows() -> None:
    """A blank one gives way to the words."""
    asks = (Ask(label="l" * 50, words="a"), Ask(label=" ", words="queue"))

    [[actions]] = parts.asks(asked("x", words="health", asks=asks))

    labels = [button["text"]["text"] for button in actions["elements"]]
    assert labels == ["l" * 29 + "…", "queue"]


def test_words_that_are_too_long_for_a_button_get_none() -> None:
    """Cut words would ask something else."""
    asks = (
        Ask(label="x", words="logs --search " + "x" * 400),
        Ask(label="y", words=""),
    )

    [[note]] = parts.asks(asked("x", words="health", asks=asks))

    assert spoken([note]) == "2 more questions without a button"


def test_notes_are_bounded_and_a_cut_is_said() -> None:
    """Nothing is silently short."""
    notes = tuple(f"note {n}" for n in range(10))
    report = asked("x", words="health", notes=notes, truncated=True)

    assert said(parts.notes(report))[7:] == [
        "note 7",
        "2 more notes",
        "Not all of it is here: a bound or --limit cut it.",
    ]


def test_the_footer_is_plain_text() -> None:
    """So that the words of a question can hold anything."""
    report = asked("x", words="logs --search '<!channel> `*`'")

    assert list(parts.footer(report)) == snapshot(
        [
            (
                {
                    "type": "context",
                    "elements": [
                        {
                            "type": "plain_text",
                            "text": "logs --search '<!channel> `*`'",
                            "emoji": False,
                        },
                        {
                            "type": "plain_text",
                            "text": "2026-01-30 12:00 to 2026-01-31 12:00 UTC",
                            "emoji": False,
                        },
                        {
                            "type": "plain_text",
                            "text": "supabase just now",
                            "emoji": False,
                        },
                        {
                            "type": "plain_text",
                            "text": "request q7f3k2m9",
                            "emoji": False,
                        },
                    ],
                },
            )
        ]
    )


def test_a_footer_of_many_parts_counts_the_rest() -> None:
    """Slack takes ten elements in a context."""
    gaps = tuple(Gap(source=f"s{n}", reason="absent", failed=False) for n in range(12))

    [[context]] = parts.footer(asked("x", words="health", gaps=gaps))

    assert len(context["elements"]) == 10
    assert context["elements"][-1]["text"] == "7 more"


def test_a_bare_report_has_no_footer() -> None:
    """Nothing is made up."""
    assert list(parts.footer(Report(summary="x"))) == []


def a_red_button(choices: int) -> Report:
    items = [
        Choice(label=f"gpu-{n} pod{n}", description="no worker has it")
        for n in range(choices)
    ]
    button = RedButton(
        offer_id="an-id",
        label=f"Do it: {choices} items",
        question="runpod terminate?",
        warning="They are ended for good.",
        choices=tuple(items),
    )
    return asked("a plan", words="runpod terminate", red_button=button)


def test_a_report_without_a_plan_has_no_red_button() -> None:
    """Nor anything to tick."""
    assert list(parts.red_button(asked("x", words="health"))) == []


def test_a_plan_is_confirmed_by_a_red_button_that_asks_again() -> None:
    """Or cancelled; both hold nothing but the offer's id."""
    *_, [actions] = parts.red_button(a_red_button(2))

    do, leave = actions["elements"]
    assert (do["style"], do["confirm"]["style"]) == ("danger", "danger")
    assert do["confirm"]["text"]["text"] == "They are ended for good."
    assert {do["value"], leave["value"]} == {"an-id"}
    assert "style" not in leave


def test_items_may_be_unticked_ten_to_a_block() -> None:
    """All are ticked at first, and each is known by its position."""
    [first], [second], _ = parts.red_button(a_red_button(12))

    [some], [more] = first["elements"], second["elements"]
    assert [option["value"] for option in more["options"]] == ["10", "11"]
    assert (some["initial_options"], len(some["options"])) == (some["options"], 10)
    assert first["block_id"] != second["block_id"]


def test_very_many_items_cannot_be_unticked() -> None:
    """The buttons must stay, and it is said."""
    [note], [actions] = parts.red_button(a_red_button(21))

    assert "21 items are too many" in spoken([note])
    assert len(actions["elements"]) == 2


def test_findings_in_brief_take_a_line_each() -> None:
    """So many at most, and a block only where there is one."""
    groups = [(a_finding(title=f"{n} " + "x" * 200),) for n in range(4)]

    lines = said(parts.brief(groups, most=3))

    assert [line[:3] for line in lines] == ["🔴 0", "🔴 1", "🔴 2"]
    assert {len(line) for line in lines} == {112}
    assert list(parts.brief(groups, most=0)) == []


def test_a_finding_may_say_which_are_like_it() -> None:
    """Below its own evidence and remedy."""
    block = parts.finding_block(a_finding(), evidence=1, like="2 more alike: a, b")

    assert said([(block,)])[-1] == "+ 2 more alike: a, b"
