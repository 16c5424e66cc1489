import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import pytest

from bot import command, dispatch
from bot.action import Gated
from bot.addressing import Addresses
from bot.command import Asked, Command
from bot.dispatch import Desk
from bot.domain.access import Access, Caller, Door
from bot.domain.errors import (
    Ambiguous,
    Lacks,
    Misread,
    NotConfigured,
    NotFound,
    SourceDown,
)
from bot.domain.findings import Confidence, Finding, Severity, Status, Subject
from bot.domain.offers import Decision, Press, Record
from bot.domain.pins import Pinned
from bot.domain.report import Ask, Gap, Outcome, Read, RedButton, Report
from bot.domain.times import Window
from bot.gate.carrying import Tell
from bot.gate.gate import Gate
from bot.tracing import asking
from bot.words import Common
from tests.world import NOW, a_world

REIGH = Addresses({"reigh": lambda: a_world().system}, default="reigh")
BOTH = Addresses(
    {"reigh": lambda: a_world().system, "agents": lambda: a_world().system},
    default="reigh",
)
NONSENSE = Addresses({"reigh": lambda: a_world().system}, default="nonsense")
KEY = "rpa_ABCDEF123456"
ALICE = Caller(door=Door.SLASH, user_id="U01ALICE")
Handler = Callable[[Any, Asked], Awaitable[Report]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoQuery:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    id: str = command.identifier("the task", listed_by="tasks --hours 2")
    hours: float = command.hours()
    until: datetime | None = command.until()


def a_desk(handler: Handler, **given: Any) -> Desk:
    """Return a desk with the one command `task`."""
    task = Command(name="task", answers="?", query=TaskQuery, handler=handler)
    values: dict[str, Any] = {
        "addresses": REIGH,
        "commands": {"task": task},
        "gate": no_gate,
    }
    return Desk(**(values | given))


def no_gate() -> Gate:
    raise AssertionError


async def fine(query: Any, asked: Asked) -> Report:
    return Report(summary="all is well")


def failing(error: Exception) -> Handler:
    async def handler(query: Any, asked: Asked) -> Report:
        raise error

    return handler


def reporting(report: Report) -> Handler:
    async def handler(query: Any, asked: Asked) -> Report:
        return report

    return handler


def a_finding(severity: Severity) -> Finding:
    return Finding(
        rule="a-rule",
        severity=severity,
        confidence=Confidence.CONFIRMED,
        title="something",
        subject=Subject(kind="task", id="1"),
        evidence=("a row",),
        remedy="look",
    )


async def ask(desk: Desk, words: str = "task 41345358") -> Report:
    return await desk.answer(words.split(), ALICE, NOW)


async def test_an_answer_says_what_was_asked_and_when() -> None:
    """The handler tells only what it found."""
    report = await ask(a_desk(fine), "TASK 41345358 --hours=2")

    assert report.summary == "all is well"
    assert (report.command, report.words) == ("task", "task 41345358 --hours 2")
    assert report.arguments == {"id": "41345358", "hours": 2.0, "until": None}
    assert (report.system, report.generated_at) == ("reigh", NOW)
    assert (report.status, report.outcome) == (Status.OK, Outcome.ANSWERED)


async def test_a_missing_id_can_be_looked_for() -> None:
    """One line, and the question that lists what it may be; for the asker alone."""
    report = await ask(a_desk(fine), "task")

    assert report.summary == "task wants ID: the task"
    assert (report.outcome, report.private) == (Outcome.MISREAD, True)
    assert report.hint == "recent ones: tasks --hours 2"
    assert [each.words for each in report.asks] == ["tasks --hours 2"]


async def test_no_list_is_offered_of_tasks_that_cannot_be_listed() -> None:
    """Lines bear their ids; of a system that nobody knows nothing is said."""
    world = a_world()
    world.tasks.listed = False
    unlisted = Addresses({"reigh": lambda: world.system}, default="reigh")

    report = await ask(a_desk(fine, addresses=unlisted), "task")
    unknown = await ask(a_desk(fine, addresses=NONSENSE), "task")

    assert (report.hint, report.asks) == ("lines bear the ids of tasks: logs", ())
    assert report.summary == "task wants ID: the task"
    assert unknown.hint == "recent ones: tasks --hours 2"


async def test_a_handler_knows_system_caller_and_time() -> None:
    """And the limits that its answer may rest on."""
    seen: list[Asked] = []

    async def handler(query: Any, asked: Asked) -> Report:
        seen.append(asked)
        return Report(summary="")

    desk = a_desk(handler)
    await ask(desk)

    [asked] = seen
    assert (asked.system.name, asked.caller, asked.now) == ("reigh", ALICE, NOW)
    assert asked.thresholds == asked.system.thresholds
    assert asked.commands == desk.commands


async def test_a_finding_does_not_send_people_to_where_they_are() -> None:
    """Whether the id was typed whole or not."""
    id = "41345358-0000-4000-8000-000000000001"
    asks = ("task 41345358", f"task {id}", f"task {id} --logs-only")
    findings = tuple(replace(a_finding(Severity.INFO), ask=each) for each in asks)
    report = Report(summary="", findings=findings, arguments={"id": id})

    answered = await ask(a_desk(reporting(report)))

    assert [each.ask for each in answered.findings] == [
        "",
        "",
        f"task {id} --logs-only",
    ]


READ = (Read(source="supabase", at=NOW),)


async def test_what_was_read_can_be_read_again() -> None:
    """The last button asks the same of a window that ends now; a shell needs none."""
    desk = a_desk(reporting(Report(summary="", reads=READ)))
    shell = Caller(door=Door.SHELL)

    again = await ask(desk, "task 41345358 --until 2026-01-31T11:00Z")
    static = await ask(a_desk(reporting(Report(summary=""))))
    typed = await desk.answer(["task", "41345358"], shell, NOW)

    assert [(each.label, each.words) for each in again.asks] == [
        ("Refresh", "task 41345358")
    ]
    assert static.asks == typed.asks == ()


async def test_a_plan_is_not_asked_for_again() -> None:
    """There would be two of it to be confirmed."""
    button = RedButton(offer_id="1", label="End", question="?", warning="")
    report = Report(summary="", reads=READ, red_button=button)

    assert (await ask(a_desk(reporting(report)))).asks == ()


async def test_no_button_asks_what_was_just_answered() -> None:
    """However it was typed; what is narrower, or not understood, stays."""
    id = "41345358-0000-4000-8000-000000000001"
    same = (f"task {id}", f"task {id} --hours 24")
    other = (f"task {id} --hours 2", "task 41345358", "it's")
    asks = tuple(Ask(label="x", words=words) for words in (*same, *other))
    arguments = {"id": id, "hours": 24.0, "until": None}
    report = Report(summary="", asks=asks, arguments=arguments)

    answered = await ask(a_desk(reporting(report)))

    assert [each.words for each in answered.asks] == list(other)


@pytest.mark.parametrize(
    ("words", "candidates", "labels", "asks"),
    [
        (
            "task 4134 --hours 2",
            ["41345358-a", "4134ffff-b"],
            ["41345358", "4134ffff"],
            ["task 41345358-a --hours 2", "task 4134ffff-b --hours 2"],
        ),
        (
            "task GPU-2026",
            ["gpu-20260131_093012-5e1f7a90", "gpu-20260131_093012-5e1f7a91"],
            ["…012-5e1f7a90", "…012-5e1f7a91"],
            [
                "task gpu-20260131_093012-5e1f7a90",
                "task gpu-20260131_093012-5e1f7a91",
            ],
        ),
        ("task 4134", ["unlike"], [], []),
        ("task 4134", ["task 41", "tasks --b 4"], ["Task 41", "Tasks"], None),
        ("4134", ["task 4134a", "worker 4134b"], ["Task 4134a", "Worker 4134b"], None),
    ],
)
async def test_what_a_shortened_id_may_mean_can_be_pressed(
    words: str, candidates: list[str], labels: list[str], asks: list[str] | None
) -> None:
    """The same question, once for each; a bare id says what each is."""
    error = Ambiguous("two things", candidates=candidates)
    handler = failing(error)
    bare = Command(
        name="what", answers="?", query=TaskQuery, handler=handler, hidden=True
    )
    task = Command(name="task", answers="?", query=TaskQuery, handler=handler)

    desk = a_desk(handler, commands={"task": task, "what": bare})
    report = await ask(desk, words)

    assert [each.label for each in report.asks] == labels
    assert [each.words for each in report.asks] == (
        candidates if asks is None else asks
    )


@pytest.mark.parametrize(
    ("hours", "ask", "far"),
    [
        (24, "task 5234", "task 5234"),
        (2, "task 5234", "task 5234"),
        (150, "task 5234", "task 5234 --hours 150"),
        (71.5, "task 5234", "task 5234 --hours 72"),
        (150, "task 5234 --hours 2", "task 5234 --hours 2"),
        (150, "halt", "halt"),
        (150, "no such words", "no such words"),
        (150, "", ""),
    ],
)
async def test_what_follows_a_finding_looks_as_far_back_as_its_answer(
    hours: float, ask: str, far: str
) -> None:
    """As a button as well; other buttons ask what their command made them ask."""
    words = ["task 7777", *([ask] if ask else [])]
    given = Report(
        summary="",
        findings=(replace(a_finding(Severity.INFO), ask=ask),),
        asks=tuple(Ask(label="on", words=each) for each in words),
        window=Window.before(NOW, hours=hours),
    )
    halt = Command(name="halt", answers="?", query=NoQuery, handler=fine)
    desk = a_desk(reporting(given))
    desk.commands = {**desk.commands, "halt": halt}

    report = await desk.answer(["task", "41345358"], ALICE, NOW)

    assert report.findings[0].ask == far
    assert [each.words for each in report.asks][: len(words)] == [
        "task 7777",
        *([far] if far else []),
    ]


async def test_buttons_ask_the_system_that_was_asked() -> None:
    """It need not be the one that is asked by default."""
    report = Report(summary="", asks=(Ask(label="x", words="task abcd"),), reads=READ)

    answered = await ask(a_desk(reporting(report)), "task 41345358 --system reigh")

    assert [each.words for each in answered.asks] == [
        "task abcd --system reigh",
        "task 41345358 --system reigh",
    ]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("", "task 41345358"),
        ("--system reigh", "task 41345358"),
        ("--system agents", "task 41345358 --system agents"),
    ],
)
async def test_the_words_to_type_again_name_a_system_that_is_not_the_usual_one(
    flag: str, words: str
) -> None:
    """Else what repeats them, a button or a shell, would ask another one."""
    desk = a_desk(fine, addresses=BOTH)

    report = await ask(desk, f"task 41345358 {flag}")

    assert report.words == words


async def test_a_handler_knows_what_its_words_lack_to_name_the_system() -> None:
    """Nothing where none was named: what is offered now is read by the same bot."""
    heard = []

    async def handler(query: Any, asked: Asked) -> Report:
        heard.append(asked.of_system)
        return Report(summary="")

    for flag in ("", " --system reigh", " --system agents"):
        await ask(a_desk(handler, addresses=BOTH), f"task 41345358{flag}")

    assert heard == ["", " --system reigh", " --system agents"]


async def test_a_handlers_own_words_name_its_system_once() -> None:
    """Where they name it already, nothing is added."""
    given = Report(summary="", words="worker gpu-1 --system agents")
    desk = a_desk(reporting(given), addresses=BOTH)

    report = await ask(desk, "task 41345358 --system agents")

    assert report.words == "worker gpu-1 --system agents"


async def test_common_flags_reach_the_answer() -> None:
    """The door that renders it obeys them."""
    report = await ask(a_desk(fine), "task 41345358 --json --private --system reigh")

    assert (report.as_json, report.private, report.system) == (True, True, "reigh")
    assert report.shareable


async def test_what_a_handler_says_of_itself_is_kept() -> None:
    """A bare id becomes the command that it stands for."""
    given = Report(
        summary="", command="worker", words="worker gpu-1", arguments={"id": "gpu-1"}
    )

    report = await ask(a_desk(reporting(given)))

    assert (report.command, report.words) == ("worker", "worker gpu-1")
    assert report.arguments == {"id": "gpu-1"}


async def test_notes_of_the_reading_follow_those_of_the_handler() -> None:
    """Both are about this answer."""
    given = Report(summary="", notes=("first",))
    health = Command(
        name="health", answers="?", query=NoQuery, handler=reporting(given)
    )

    report = await ask(a_desk(fine, commands={"health": health}), "health --hours 2")

    assert report.notes == ("first", "--hours makes no difference to health")


@pytest.mark.parametrize(
    ("severity", "status"),
    [(Severity.INFO, Status.OK), (Severity.CRITICAL, Status.CRITICAL)],
)
async def test_findings_colour_an_answer(severity: Severity, status: Status) -> None:
    """Unless the handler gave it a colour."""
    given = Report(summary="", findings=(a_finding(severity),))

    report = await ask(a_desk(reporting(given)))

    assert report.status is status


async def test_a_colour_that_a_handler_gave_stays() -> None:
    """Unknown is not well, whatever was found."""
    given = Report(
        summary="", findings=(a_finding(Severity.INFO),), status=Status.UNKNOWN
    )

    report = await ask(a_desk(reporting(given)))

    assert report.status is Status.UNKNOWN


def gapped(*gaps: Gap, **given: Any) -> Handler:
    async def handler(query: Any, asked: Asked) -> Report:
        for gap in gaps:
            asked.gaps.add(gap)
        return Report(summary="the rest", gaps=gaps[:1], **given)

    return handler


async def test_a_source_that_nobody_configured_is_a_gap_and_no_failure() -> None:
    """The answer is as whole as it can be."""
    gap = Gap(source="runpod", reason="not configured", failed=False)

    report = await ask(a_desk(gapped(gap)))

    assert (report.gaps, report.outcome) == ((gap,), Outcome.ANSWERED)


async def test_a_source_that_failed_marks_the_answer() -> None:
    """What could be answered stands; each gap is named once."""
    first = Gap(source="runpod", reason="refused")
    second = Gap(source="supabase", reason="did not answer")

    report = await ask(a_desk(gapped(first, second)))

    assert report.summary == "the rest"
    assert (report.gaps, report.outcome) == ((first, second), Outcome.SOURCE_DOWN)


async def test_another_outcome_outweighs_a_gap() -> None:
    """A refusal stays a refusal."""
    gap = Gap(source="runpod", reason="refused")

    report = await ask(a_desk(gapped(gap, outcome=Outcome.REFUSED)))

    assert report.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("error", "outcome", "private"),
    [
        (Misread("bad words", hint="help"), Outcome.MISREAD, True),
        (Ambiguous("bad words", candidates=["help"]), Outcome.MISREAD, True),
        (NotFound("bad words", hint="help"), Outcome.NOT_FOUND, False),
    ],
)
async def test_a_known_error_is_one_calm_line(
    error: Exception, outcome: Outcome, *, private: bool
) -> None:
    """With a hint; words that are wrong are the asker's own business."""
    report = await ask(a_desk(failing(error)))

    assert (report.summary, report.status) == ("bad words", Status.UNKNOWN)
    assert report.hint.endswith("help")
    assert (report.outcome, report.private) == (outcome, private)
    assert report.command == "task"


async def test_words_that_cannot_be_read_are_answered_in_private() -> None:
    """No handler was reached."""
    report = await ask(a_desk(failing(AssertionError("reached"))), "tusk 41345358")

    assert report.outcome is Outcome.MISREAD
    assert report.summary == "no command is called 'tusk'"
    assert (report.private, report.command) == (True, "")


async def test_who_names_no_command_is_led_to_the_first_questions() -> None:
    """Nothing was meant that one could tell."""
    report = await ask(a_desk(failing(AssertionError("reached"))), "what is wrong?")

    assert report.summary == "no command is called 'what'"
    assert [each.words for each in report.asks] == ["health", "help"]


async def test_what_was_meant_is_a_button() -> None:
    """It asks the whole line."""
    report = await ask(a_desk(failing(AssertionError("reached"))), "taks 41345358")

    assert report.outcome is Outcome.MISREAD
    assert report.hint == "did you mean 'task 41345358'? help lists all"
    [button] = report.asks
    assert (button.label, button.words) == ("task 41345358", "task 41345358")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("raigh", "did you mean 'reigh'? known: reigh"), ("xyzzy", "known: reigh")],
)
async def test_a_system_that_nobody_knows(name: str, hint: str) -> None:
    """Gets the nearest name."""
    report = await ask(a_desk(fine), f"task 41345358 --system {name}")

    assert report.outcome is Outcome.MISREAD
    assert (report.summary, report.hint) == (f"no system is called '{name}'", hint)


async def test_a_source_that_is_down_is_named_in_the_line_and_as_a_gap() -> None:
    """The command could not do without it."""
    report = await ask(a_desk(failing(SourceDown("supabase", "did not answer"))))

    assert report.summary == "supabase did not answer"
    assert report.gaps == (Gap(source="supabase", reason="did not answer"),)
    assert report.outcome is Outcome.SOURCE_DOWN


async def test_a_needed_source_that_nobody_configured() -> None:
    """Says what to set; the command is about it, so that it fails."""
    report = await ask(a_desk(failing(NotConfigured("runpod", "RUNPOD_API_KEY"))))

    assert report.hint == "set RUNPOD_API_KEY in the environment or in .env"
    assert not report.gaps[0].failed
    assert report.outcome is Outcome.SOURCE_DOWN


async def test_an_answer_that_takes_too_long_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A calm line is better than a person who waits."""
    monkeypatch.setattr(dispatch, "ANSWER_SECONDS", 0.01)

    async def never(source: str) -> None:
        with asking(source):
            await asyncio.sleep(60)

    async def slow(query: Any, asked: Asked) -> Report:
        await asyncio.gather(never("supabase"), never("runpod"))
        return Report(summary="late")

    report = await ask(a_desk(slow))

    late = "did not answer within 0.01 s"
    assert report.outcome is Outcome.SOURCE_DOWN
    assert report.summary == f"runpod and supabase {late}"
    assert {each.source for each in report.gaps} == {"runpod", "supabase"}
    assert "a shorter window" in report.hint


async def test_no_source_is_blamed_for_the_time_that_we_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All had answered."""
    monkeypatch.setattr(dispatch, "ANSWER_SECONDS", 0.01)

    async def slow(query: Any, asked: Asked) -> Report:
        with asking("supabase"):
            await asyncio.sleep(0)
        await asyncio.sleep(60)
        return Report(summary="late")

    report = await ask(a_desk(slow))

    assert report.outcome is Outcome.SOURCE_DOWN
    assert report.summary == (
        "debug-bot itself was not done within 0.01 s: all sources had answered"
    )


async def test_a_bug_is_a_line_for_people_and_a_trace_for_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """People are told no details."""
    report = await ask(a_desk(failing(ZeroDivisionError("oops"))))

    assert report.outcome is Outcome.FAILED
    assert report.summary == "debug-bot itself failed on this; its log tells more"
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert vars(record)["words"] == "task 41345358"


async def test_nothing_secret_leaves_the_desk() -> None:
    """Wherever it stood in the answer."""
    finding = replace(a_finding(Severity.INFO), evidence=(f"key {KEY}",))
    given = Report(summary=KEY, findings=(finding,), data={"row": [KEY]})

    report = await ask(a_desk(reporting(given)))

    assert KEY not in repr(report)


async def test_an_answer_can_be_found_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By its request id, which no two answers share."""
    caplog.set_level(logging.INFO, "bot.dispatch")
    desk = a_desk(fine)

    first, second = await ask(desk), await ask(desk)

    assert first.request_id != second.request_id
    told = vars(caplog.records[0])
    assert (told["request_id"], told["command"]) == (first.request_id, "task")
    assert (told["door"], told["user"]) == ("slash command", "U01ALICE")
    assert (told["outcome"], told["gaps"]) == ("answered", 0)


async def test_a_part_that_the_system_lacks_is_no_failure_of_a_source() -> None:
    """The words ask for what there is not."""
    report = await ask(a_desk(failing(Lacks("agents", "pods"))))

    assert report.outcome is Outcome.MISREAD
    assert report.summary == "agents has no pods"
    assert not any(gap.failed for gap in report.gaps)


async def test_help_needs_no_system() -> None:
    """Whoever has set a wrong one may need it most; a question names the setting."""
    desk = a_desk(fine, addresses=NONSENSE)

    assert (await ask(desk)).outcome is Outcome.ANSWERED

    async def asking(query: Any, asked: Asked) -> Report:
        return Report(summary=asked.system.name)

    refused = await ask(a_desk(asking, addresses=NONSENSE))
    assert refused.summary == "DEBUG_BOT_SYSTEM: no system is called 'nonsense'"


class AGate:
    """Says what it is told to say."""

    def __init__(self, report: Report | Exception) -> None:
        self.report = report
        self.asked: list[str] = []
        self.rights = self

    async def redeem(self, press: Press, tell: Tell) -> Report:
        self.asked.append(f"redeem {press.offer_id}")
        await tell(Report(summary=f"running with {KEY}"))
        if isinstance(self.report, Exception):
            raise self.report
        return self.report

    async def cancel(self, press: Press) -> Report:
        self.asked.append(f"cancel {press.offer_id}")
        assert isinstance(self.report, Report)
        return self.report

    async def barred(self, names: Iterable[str], caller: Caller) -> frozenset[str]:
        return frozenset(names) - {"freeze"}


def with_gate(gate: AGate, **given: Any) -> Desk:
    return a_desk(fine, gate=lambda: cast(Gate, gate), **given)


async def press(desk: Desk, *, cancels: bool = False) -> tuple[Report, list[Report]]:
    """Return the last word, and what was heard before it."""
    heard: list[Report] = []

    async def tell(report: Report) -> None:
        heard.append(report)

    given = Press(offer_id="abc", caller=ALICE)
    return await desk.press(given, cancels=cancels, tell=tell, now=NOW), heard


async def test_a_press_goes_to_the_gate() -> None:
    """What it says on the way is heard, dated, and without secrets."""
    gate = AGate(Report(summary=f"done with {KEY}"))
    report, [heard] = await press(with_gate(gate))

    assert gate.asked == ["redeem abc"]
    assert "done with" in report.summary
    assert KEY not in report.summary + heard.summary
    assert report.request_id == heard.request_id
    assert (report.generated_at, heard.generated_at) == (NOW, NOW)


async def test_a_press_may_cancel() -> None:
    """Then nothing is heard on the way."""
    gate = AGate(Report(summary="cancelled"))
    report, heard = await press(with_gate(gate), cancels=True)

    assert (report.summary, heard) == ("cancelled", [])
    assert gate.asked == ["cancel abc"]


async def test_a_ledger_that_is_down_is_one_private_line() -> None:
    """Nothing was done without it."""
    gate = AGate(SourceDown("ledger", "cannot be used"))
    report, _ = await press(with_gate(gate))

    assert report.outcome is Outcome.SOURCE_DOWN
    assert report.private
    assert "ledger cannot be used" in report.summary


async def test_a_fault_of_our_own_in_a_press_is_calm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And says where the truth is."""
    report, _ = await press(with_gate(AGate(ValueError("oops"))))

    assert report.outcome is Outcome.FAILED
    assert report.private
    assert "audit" in report.summary
    assert "a press failed" in caplog.text


async def bars(door: Door, *commands: Command) -> frozenset[str]:
    """Return what a handler is told that the caller may not use."""
    found: list[frozenset[str]] = []

    async def handler(query: Any, asked: Asked) -> Report:
        found.append(await asked.barred(asked.caller))
        return Report(summary="looked")

    look = Command(name="look", answers="?", query=NoQuery, handler=handler)
    desk = a_desk(
        fine,
        commands={each.name: each for each in (look, *commands)},
        gate=lambda: cast(Gate, AGate(Report(summary=""))),
    )
    report = await desk.answer(["look"], replace(ALICE, door=door), NOW)
    assert report.summary == "looked"
    return found[0]


def a_change(name: str) -> Command:
    return Command(
        name=name, answers="?", query=NoQuery, handler=fine, access=Access.CHANGE
    )


async def test_a_handler_can_hear_what_its_caller_may_not_use() -> None:
    """Of what changes something; the gate decides."""
    changes = a_change("freeze"), a_change("shutdown")

    assert await bars(Door.SLASH, *changes) == {"shutdown"}


async def test_a_shell_holds_all_keys() -> None:
    """So the gate need not be asked."""
    assert await bars(Door.SHELL, a_change("shutdown")) == frozenset()


async def test_where_nothing_changes_anything_no_gate_is_needed() -> None:
    """Nobody opens it in vain."""
    assert await bars(Door.SLASH) == frozenset()


async def test_a_handler_knows_the_words_as_understood() -> None:
    """It may have them typed again."""
    found: list[str] = []

    async def handler(query: Any, asked: Asked) -> Report:
        found.append(asked.words)
        return Report(summary="looked")

    await ask(a_desk(handler), "TASK 41345358 --hours=2")

    assert found == ["task 41345358 --hours 2"]


class ASlowGate(AGate):
    """Takes longer to settle than an answer may."""

    settles = 0

    async def stranded(self) -> int:
        return 0

    async def recover(self) -> list[tuple[object, Report]]:
        await asyncio.sleep(0.05)
        self.settles += 1
        return [(None, self.report)] if isinstance(self.report, Report) else []


def an_action(name: str) -> Command:
    return Command(
        name=name, answers="?", query=Gated, handler=fine, access=Access.CHANGE
    )


async def test_a_shell_settles_first_what_was_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a time of its own, and only before an action; in Slack a bot does it."""
    monkeypatch.setattr(dispatch, "ANSWER_SECONDS", 0.02)
    gate = ASlowGate(Report(summary="1 done"))
    commands = {each.name: each for each in (an_action("end"), a_change("freeze"))}
    desk = with_gate(gate, commands=commands)
    shell = Caller(door=Door.SHELL)

    report = await desk.answer(["end"], shell, NOW)
    assert report.notes == ("what was cut off before is settled now: 1 done",)
    assert report.outcome is Outcome.ANSWERED
    await desk.answer(["freeze"], shell, NOW)
    await desk.answer(["end"], ALICE, NOW)
    assert gate.settles == 1


async def test_a_handler_is_handed_the_audit_and_holds_no_gate() -> None:
    """As a function, which asks the gate when it is called."""
    record = Record(at=NOW, who="U01", action="freeze", decision=Decision.FROZEN)

    class Remembering:
        async def records(self, window: Window, *, limit: int) -> list[Record]:
            assert (window.until, limit) == (NOW, dispatch.RECORDS)
            return [record]

    async def handler(query: Any, asked: Asked) -> Report:
        [found] = await asked.records(asked.window(1))
        return Report(summary=found.action)

    report = await ask(a_desk(handler, gate=lambda: cast(Gate, Remembering())))

    assert report.summary == "freeze"


async def test_a_desk_without_marks_knows_of_none() -> None:
    """Nothing is marked where there is no Slack."""

    async def handler(query: Any, asked: Asked) -> Report:
        found = await asked.pinned(asked.caller, asked.window(1))
        return Report(summary=f"{len(found)} marked")

    assert (await ask(a_desk(handler))).summary == "0 marked"


@pytest.mark.parametrize(
    ("caller", "channel"),
    [
        (Caller(door=Door.SHELL), None),
        (Caller(door=Door.SLASH, user_id="U01", channel_id="C01"), "C01"),
        (Caller(door=Door.BUTTON, user_id="U01"), ""),
    ],
)
async def test_marked_messages_stay_in_their_channel(
    caller: Caller, channel: str | None
) -> None:
    """Only a shell, which has the database, sees those of all."""
    asked_for: list[str | None] = []

    async def pinned(window: Window, channel: str | None) -> tuple[Pinned, ...]:
        asked_for.append(channel)
        return ()

    async def handler(query: Any, asked: Asked) -> Report:
        await asked.pinned(asked.caller, asked.window(1))
        return Report(summary="read")

    await a_desk(handler, pinned=pinned).answer(["task", "41345358"], caller, NOW)

    assert asked_for == [channel]


SHELL = Caller(door=Door.SHELL)
DRAWN = Command(
    name="queue", answers="?", query=NoQuery, handler=fine, charts=True, hidden=False
)


async def drawing(
    words: str, caller: Caller = SHELL, **given: Any
) -> tuple[Report, list[bool]]:
    """Return the answer, and whether it was to have a picture, each time."""
    drew: list[bool] = []

    async def handler(query: Any, asked: Asked) -> Report:
        drew.append(asked.draws)
        return Report(summary="all is well")

    commands = {
        "queue": replace(DRAWN, handler=handler),
        "config": Command(name="config", answers="?", query=NoQuery, handler=handler),
    }
    desk = a_desk(handler, commands=commands)
    return await desk.answer(words.split(), caller, NOW, **given), drew


@pytest.mark.parametrize(
    ("words", "caller", "draws"),
    [
        ("queue", SHELL, False),
        ("queue --chart a.png", SHELL, True),
        ("queue", ALICE, True),
        ("queue --no-chart", ALICE, False),
        ("queue --json", ALICE, False),
        ("queue --private", ALICE, False),
        ("config", ALICE, False),
        ("queue", Caller(door=Door.CLOCK), False),
    ],
)
async def test_a_picture_is_made_where_one_will_be_seen(
    words: str, caller: Caller, draws: bool
) -> None:
    """A shell asks for it; in Slack it comes unless it can't or shan't."""
    _, drew = await drawing(words, caller)

    assert drew == [draws]


@pytest.mark.parametrize(
    ("words", "caller", "said", "hint"),
    [
        ("config --chart a.png", SHELL, "config has no picture", "have one: queue"),
        ("queue --chart a.png", ALICE, "for which a shell is needed", "by itself"),
    ],
)
async def test_a_picture_that_cannot_be_had_is_refused_before_anything_is_asked(
    words: str, caller: Caller, said: str, hint: str
) -> None:
    """In one line."""
    report, drew = await drawing(words, caller)

    assert (report.outcome, drew) == (Outcome.MISREAD, [])
    assert said in report.summary
    assert hint in report.hint


async def test_a_front_door_may_refuse_before_anything_is_asked() -> None:
    """It hears the common flags."""

    def refuse(common: Common) -> None:
        raise Misread(f"not into {common.chart}")  # noqa: EM102, TRY003

    report, drew = await drawing("queue --chart a.png", first=refuse)

    assert (report.summary, drew) == ("not into a.png", [])


@pytest.mark.parametrize(("system", "known"), [("reigh", 1), ("agents", 0)])
async def test_another_system_s_alerts_and_actions_are_not_told(
    system: str, known: int
) -> None:
    """Alerts are of the usual system; of one that is only read nothing was done."""
    seen: list[int] = []
    told_of: list[str] = []

    async def told(window: Window) -> tuple[Any, ...]:
        return ("an alert",)

    async def handler(query: TaskQuery, asked: Asked) -> Report:
        window = asked.window(1)
        seen.extend((len(await asked.records(window)), len(await asked.told(window))))
        told_of.append(asked.told_of)
        return Report(summary="fine")

    class Recording:
        def changes(self, system: str) -> bool:
            return system == "reigh"

        async def records(self, window: Window, *, limit: int) -> list[Record]:
            return [cast(Record, "a record")]

    desk = a_desk(
        handler, addresses=BOTH, gate=lambda: cast(Gate, Recording()), told=told
    )
    await desk.answer(["task", "41345358", "--system", system], ALICE, NOW)

    assert seen == [known, known]
    assert told_of == ["" if known else "reigh"]
