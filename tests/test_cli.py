"""The shell's front door, without any source."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bot import __version__, cli
from bot.chart_file import SIGNATURE, ChartFile
from bot.domain.access import Caller
from bot.domain.charts import Lane, Lanes
from bot.domain.errors import Misread
from bot.domain.offers import Press
from bot.domain.report import (
    Chart,
    Choice,
    Facts,
    Gap,
    Outcome,
    RedButton,
    Report,
    Section,
)
from bot.gate.carrying import Tell
from bot.words import Common
from tests.world import NOW

ROOT = Path(__file__).parents[1]
REPORT = Report(
    summary="all is well",
    sections=(Facts(title="Fleet", rows=(("active", 3),)),),
    command="health",
)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` is near, no setting is set, and no test changes the log."""
    monkeypatch.setattr(cli, "open_journal", lambda _: None)
    monkeypatch.chdir(tmp_path)
    for name in ("SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY", "RUNPOD_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_help_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Also without any words; it names the programs that are not questions."""
    assert cli.main([]) == Outcome.ANSWERED

    out = capsys.readouterr().out
    assert "Why did this task fail?" in out
    assert "debug-bot serve" in out


def test_a_program_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """`demo --help` is no unknown command."""
    assert cli.main(["demo", "--help"]) == Outcome.ANSWERED

    out = capsys.readouterr().out
    assert "make demo" in out
    assert "--system NAME" in out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """As other programs do."""
    assert cli.main(["--version"]) == Outcome.ANSWERED

    assert __version__ in capsys.readouterr().out


def test_a_typo_is_one_line_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is printed where an answer would stand."""
    assert cli.main(["helth"]) == Outcome.MISREAD

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "did you mean 'health'?" in said.err


def test_what_cannot_be_read_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads the output finds an object, whatever happened."""
    assert cli.main(["tasks", "--json"]) == Outcome.SOURCE_DOWN

    said = capsys.readouterr()
    assert json.loads(said.out)["status"] == "unknown"
    assert "SUPABASE_URL is not set" in said.err


def test_a_bad_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is asked."""
    monkeypatch.setenv("DEBUG_BOT_PORT", "many")

    assert cli.main(["health"]) == Outcome.MISREAD
    assert "DEBUG_BOT_PORT" in capsys.readouterr().err


def test_serving_without_tokens_names_the_setting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line, not a traceback."""
    assert cli.main(["serve"]) == Outcome.MISREAD

    assert "SLACK_BOT_TOKEN" in capsys.readouterr().err


def test_the_manifest_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """To be pasted into Slack's form."""
    assert cli.main(["manifest"]) == Outcome.ANSWERED

    assert "slash_commands:" in capsys.readouterr().out


def test_a_gap_is_also_told_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was answered is printed all the same."""
    gap = Gap(source="runpod", reason="cannot be reached")
    out = io.StringIO()
    cli._print(Report(summary="partly", sections=REPORT.sections, gaps=(gap,)), out)

    assert "partly" in out.getvalue()
    assert capsys.readouterr().err == "debug-bot: runpod cannot be reached\n"


@pytest.mark.parametrize(
    ("no_color", "term", "coloured"),
    [("", "xterm", True), ("1", "xterm", False), ("", "dumb", False)],
)
def test_a_terminal_may_want_no_colour(
    monkeypatch: pytest.MonkeyPatch, no_color: str, term: str, *, coloured: bool
) -> None:
    """An empty NO_COLOR says nothing (no-color.org)."""
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", term)
    out = Terminal()
    cli._print(REPORT, out)

    assert ("\x1b" in out.getvalue()) is coloured


def test_no_colour_where_no_terminal_is() -> None:
    """A pipe gets plain text."""
    out = io.StringIO()
    cli._print(REPORT, out)

    assert "\x1b" not in out.getvalue()


def test_a_reader_that_has_seen_enough_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`debug-bot logs | head` ends calmly."""

    def closed(*_: object, **__: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(cli, "_question", closed)
    monkeypatch.setattr("os.dup2", lambda *_: 0)

    assert cli.main(["health"]) == Outcome.ANSWERED


@pytest.mark.parametrize("words", [["serve", "--foo"], ["doctor", "--json"]])
def test_a_program_has_no_use_for_other_words(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not start."""
    assert cli.main(words) == Outcome.MISREAD
    assert f"{words[0]} has no use for '{words[1]}'" in capsys.readouterr().err


@pytest.mark.parametrize("before", ["", *("x" * length for length in range(49, 60, 2))])
@pytest.mark.parametrize(
    "words",
    [
        *(
            "doctor",
            "demo",
            "manifest",
            "manifest --command",
            "manifest --http",
            "xyzzy",
        ),
        *("help", "queue --system", "queue --hours", "logs --level", "queue --lines"),
        *("task", "health", "queue --chart"),
    ],
)
def test_no_word_is_repeated_with_a_secret_in_it(
    words: str, before: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A secret that was cut first would no longer look like one."""
    typed = f"{before}=rpa_QzQzQzQzQz"
    assert cli.main([*words.split(), typed]) == Outcome.MISREAD

    assert "Qz" not in capsys.readouterr().err


def test_the_doctor_names_all_settings_that_are_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each: whoever mends one wants to know the next."""
    monkeypatch.setenv("DEBUG_BOT_PORT", "many")
    monkeypatch.setenv("DEBUG_BOT_ANSWERS", "all")

    code = cli.main(["doctor"])

    port, answers = capsys.readouterr().err.splitlines()
    assert code == Outcome.MISREAD
    assert "DEBUG_BOT_PORT wants a whole number" in port
    assert "DEBUG_BOT_ANSWERS wants channel or private" in answers


@pytest.mark.parametrize("words", [[], ["help"], ["task", "--help"], ["help", "serve"]])
def test_help_needs_no_settings(
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever has set one wrongly may need it most."""
    monkeypatch.setenv("DEBUG_BOT_PORT", "many")

    assert cli.main(words) == Outcome.ANSWERED
    assert capsys.readouterr().out


@pytest.mark.parametrize("words", ["help", "--version", "manifest", "demo --help"])
def test_a_full_disk_is_one_line(words: str) -> None:
    """And a failure, for nobody has the answer."""
    said = _run(*words.split(), into="/dev/full")

    assert said.returncode == Outcome.FAILED
    assert said.stderr == (
        "debug-bot: the answer could not be written: No space left on device\n"
    )


@pytest.mark.parametrize("words", ["help", "whoami", "manifest --http x"])
def test_without_an_output_nothing_is_asked(words: str) -> None:
    """Nobody would have the answer."""
    said = _shell(f"{words} >&-")

    assert said.returncode == Outcome.FAILED
    assert said.stderr == (
        "debug-bot: the answer could not be written: standard output is closed\n"
    )


def test_without_a_place_for_errors_the_answer_is_itself() -> None:
    """It may be read by a program."""
    said = _shell("what nothing-known --json 2>&-")

    assert said.returncode == Outcome.MISREAD
    assert said.stdout == ""


def test_letters_that_an_output_lacks_are_written_by_number() -> None:
    """An answer is never cut for an arrow."""
    said = _run("logs", "--level", "\N{RIGHTWARDS ARROW}", PYTHONIOENCODING="ascii")

    assert said.returncode == Outcome.MISREAD
    assert "no log level is called '\\u2192'" in said.stderr


def _run(
    *words: str, into: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Return what a process of its own did."""
    with Path(into or os.devnull).open("w") as out:
        return subprocess.run(  # noqa: S603  ourselves
            [sys.executable, "-m", "bot", *words],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={"PYTHONPATH": str(ROOT), **environment},
        )


def _shell(line: str) -> subprocess.CompletedProcess[str]:
    """Return what a shell's line of ours did, which may close some of its streams."""
    return subprocess.run(  # noqa: S602  ourselves
        f"exec {sys.executable} -m bot {line}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )


PLAN = Report(
    summary="runpod terminate: 2 items",
    command="runpod terminate",
    data={"plan": []},
    red_button=RedButton(
        offer_id="an-offer",
        label="Do it: 2 items",
        question="?",
        warning="They are ended for good.",
        choices=(Choice(label="a", description=""), Choice(label="b", description="")),
    ),
)
DONE = Report(summary="runpod terminate: 2 done", data={"outcomes": []})
CANCELLED = Report(summary="cancelled", outcome=Outcome.REFUSED)


class APlanningDesk:
    """Offers PLAN whatever it is asked, and remembers what is pressed."""

    plan: ClassVar[Report] = PLAN
    pressed: ClassVar[list[tuple[str, bool]]] = []
    yes: ClassVar[int | None] = None
    as_json: ClassVar[bool] = False

    def __init__(self, settings: object) -> None:
        self.desk = self

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime, **_: object
    ) -> Report:
        return replace(self.plan, arguments={"yes": self.yes}, as_json=self.as_json)

    async def press(
        self, press: Press, *, cancels: bool, tell: Tell, now: datetime
    ) -> Report:
        self.pressed.append((press.offer_id, cancels))
        if not cancels:
            await tell(Report(summary="running"))
        return CANCELLED if cancels else DONE

    async def close(self) -> None:
        pass


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> type[APlanningDesk]:
    """The shell in front of a desk that plans."""
    monkeypatch.setattr(cli, "Wired", APlanningDesk)
    for name, value in (
        ("plan", PLAN),
        ("pressed", []),
        ("yes", None),
        ("as_json", False),
    ):
        monkeypatch.setattr(APlanningDesk, name, value)
    return APlanningDesk


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def typing(monkeypatch: pytest.MonkeyPatch, typed: str) -> Terminal:
    """Have somebody at a terminal type this; return what they see."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stdout", screen)
    return screen


def test_the_number_of_items_must_be_typed(
    desk: type[APlanningDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan and its warning stand above the question."""
    screen = typing(monkeypatch, "2\n")

    assert cli.main(["runpod", "terminate"]) == Outcome.ANSWERED
    assert desk.pressed == [("an-offer", False)]
    for words in ("2 items", "ended for good", "Type 2 to do it", "2 done"):
        assert words in screen.getvalue()


@pytest.mark.parametrize("typed", ["3\n", "yes\n", "\n", ""])
def test_anything_else_leaves_it(
    typed: str, desk: type[APlanningDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the end of input; the offer is closed."""
    typing(monkeypatch, typed)

    assert cli.main(["runpod", "terminate"]) == Outcome.REFUSED
    assert desk.pressed == [("an-offer", True)]


def test_without_an_input_nobody_is_asked(
    desk: type[APlanningDesk],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And nothing is done."""
    monkeypatch.setattr("sys.stdin", None)

    assert cli.main(["runpod", "terminate"]) == Outcome.REFUSED
    sys.stdin.close()
    assert desk.pressed == [("an-offer", True)]
    assert "nothing was done: nobody could be asked" in capsys.readouterr().err


def test_ctrl_c_leaves_it(
    desk: type[APlanningDesk],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At the question: the offer is closed, and that is what the audit says."""
    typing(monkeypatch, "")

    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)

    assert cli.main(["runpod", "terminate"]) == Outcome.REFUSED
    assert desk.pressed == [("an-offer", True)]
    assert "nothing was done: it was interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("signal_", "by_ctrl_c"),
    [
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGTERM, signal.default_int_handler),
        (signal.SIGTERM, signal.SIG_IGN),  # as a shell starts what is in its background
    ],
)
def test_who_stops_it_in_the_middle_is_told_how_far_it_came(
    signal_: signal.Signals,
    by_ctrl_c: Any,
    desk: type[APlanningDesk],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It may be done all the same: nobody waited for the answer."""

    async def press(_: object, press: Press, **more: Any) -> Report:
        await more["tell"](Report(summary="1 of 2 ended"))
        signal.raise_signal(signal_)
        await asyncio.sleep(10)
        raise AssertionError

    monkeypatch.setattr(desk, "press", press)
    monkeypatch.setattr(desk, "yes", 2)
    before = {it: signal.getsignal(it) for it in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, by_ctrl_c)
    try:
        assert cli.main(["runpod", "terminate", "--yes", "2"]) == 130
        assert signal.getsignal(signal.SIGTERM) == before[signal.SIGTERM]
    finally:
        signal.signal(signal.SIGINT, before[signal.SIGINT])

    said = capsys.readouterr()
    assert "1 of 2 ended" in said.out
    assert "what was begun may be done all the same (audit tells" in said.err


def test_without_a_terminal_nobody_is_asked(
    desk: type[APlanningDesk], capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan is printed, and how to have it done."""
    assert cli.main(["runpod", "terminate"]) == Outcome.REFUSED

    captured = capsys.readouterr()
    assert "2 items" in captured.out
    assert "--yes 2 does it" in captured.err
    assert desk.pressed == [("an-offer", True)]


def test_the_right_number_does_it(
    desk: type[APlanningDesk],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Plan and outcome are both printed."""
    monkeypatch.setattr(desk, "yes", 2)

    assert cli.main(["runpod", "terminate", "--yes", "2"]) == Outcome.ANSWERED
    out = capsys.readouterr().out
    assert "2 items" in out
    assert "2 done" in out
    assert desk.pressed == [("an-offer", False)]


@pytest.mark.parametrize("yes", [0, 1, 3])
def test_a_wrong_number_does_nothing(
    yes: int,
    desk: type[APlanningDesk],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The plan may have changed since it was looked at."""
    monkeypatch.setattr(desk, "yes", yes)

    assert cli.main(["runpod", "terminate", "--yes", str(yes)]) == Outcome.REFUSED
    assert f"--yes {yes}, but the plan has 2 items" in capsys.readouterr().err
    assert desk.pressed == [("an-offer", True)]


def test_a_number_for_a_plan_of_nothing_is_wrong(
    desk: type[APlanningDesk],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Something was expected, and is not there any more."""
    monkeypatch.setattr(desk, "yes", 2)
    monkeypatch.setattr(desk, "plan", replace(PLAN, red_button=None))

    assert cli.main(["runpod", "terminate", "--yes", "2"]) == Outcome.REFUSED
    assert "the plan has no items" in capsys.readouterr().err
    assert desk.pressed == []


def test_as_json_the_plan_alone_is_printed(
    desk: type[APlanningDesk],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nobody is asked, so it is cancelled, as without a terminal."""
    monkeypatch.setattr(desk, "as_json", True)

    assert cli.main(["runpod", "terminate", "--json"]) == Outcome.REFUSED
    said = capsys.readouterr()
    assert json.loads(said.out)["data"] == {"plan": []}
    assert "nobody could be asked (--yes 2 does it)" in said.err
    assert [each[1] for each in desk.pressed] == [True]


def test_as_json_the_outcome_is_one_object(
    desk: type[APlanningDesk],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the command that it belongs to."""
    monkeypatch.setattr(desk, "as_json", True)
    monkeypatch.setattr(desk, "yes", 2)

    assert cli.main(["runpod", "terminate", "--json", "--yes", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["data"] == {"outcomes": []}
    assert found["command"] == "runpod terminate"


def test_progress_is_for_whoever_watches(
    desk: type[APlanningDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error, where it spoils no answer."""
    screen = Terminal()
    monkeypatch.setattr(desk, "yes", 2)
    monkeypatch.setattr(sys, "stderr", screen)

    assert cli.main(["runpod", "terminate", "--yes", "2"]) == Outcome.ANSWERED
    assert "running" in screen.getvalue()


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container."""

    def nobody() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nobody)

    assert cli._who() == f"user {os.getuid()}"


def test_an_answer_that_is_to_be_kept_is_printed_as_markdown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Unless JSON is asked for."""
    report = Report(summary="all is well", data={}, attachment="Incident report")

    cli._print(report, sys.stdout)
    cli._print(replace(report, as_json=True), sys.stdout)

    printed = capsys.readouterr().out
    assert printed.startswith("# Incident report\n\n**ok** · all is well\n")
    assert json.loads(printed[printed.index("{") :])["summary"] == "all is well"


# --- watching ------------------------------------------------------------------------


class Watched:
    """A desk whose answers change; the last one has ended."""

    answers: ClassVar[list[Report]] = []
    asked: ClassVar[list[list[str]]] = []

    def __init__(self, settings: object) -> None:
        self.desk = self

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime, **_: object
    ) -> Report:
        self.asked.append(list(words))
        as_json = "--json" in words
        return replace(self.answers.pop(0), generated_at=now, as_json=as_json)

    async def close(self) -> None:
        pass


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> type[Watched]:
    """Return a desk that says what to ask on, and looks that come at once."""
    first = replace(REPORT, watched="health", system="reigh", command="watch health")
    changed = replace(REPORT, summary="not well, for 3 s")
    Watched.answers = [first, REPORT, changed, replace(changed, settled=True)]
    Watched.asked = []
    monkeypatch.setattr(cli, "Wired", Watched)
    monkeypatch.setattr(cli, "EVERY_SECONDS", 0.0)
    return Watched


def test_a_watch_prints_what_changes(
    watched: type[Watched], capsys: pytest.CaptureFixture[str]
) -> None:
    """Once each; it ends with what it is about."""
    assert cli.main(["watch", "health"]) == Outcome.ANSWERED

    out = capsys.readouterr().out
    assert (out.count("all is well"), out.count("not well")) == (1, 1)
    assert "\x1b" not in out
    assert watched.asked == [
        ["watch", "health"],
        *[["health", "--system", "reigh"]] * 3,
    ]


def test_a_watch_prints_json_in_lines(
    watched: type[Watched], capsys: pytest.CaptureFixture[str]
) -> None:
    """One object for each change."""
    assert cli.main(["watch", "health", "--json"]) == Outcome.ANSWERED

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["summary"] for line in lines] == ["all is well", "not well, for 3 s"]
    assert {line["command"] for line in lines} == {"watch health"}


def test_a_watch_on_a_terminal_is_drawn_anew(
    watched: type[Watched],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each look, with the time as of which it is true."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert cli.main(["watch", "health"]) == Outcome.ANSWERED

    first, *looks = capsys.readouterr().out.split("\x1b[H\x1b[2J")
    assert first == ""
    assert len(looks) == 4
    assert all("Z, every 0 s until Ctrl-C" in look for look in looks[:-1])
    assert "Ctrl-C" not in looks[-1]


def test_ctrl_c_ends_a_watch(
    watched: type[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was answered until then; the exit code is that of the last answer."""

    def interrupt(seconds: float) -> None:
        if len(watched.answers) == 1:
            raise KeyboardInterrupt

    down = replace(REPORT, outcome=Outcome.SOURCE_DOWN)
    watched.answers[2] = down
    monkeypatch.setattr("bot.cli.time.sleep", interrupt)

    assert cli.main(["watch", "health"]) == Outcome.SOURCE_DOWN


def test_a_watch_ends_when_it_is_gone(
    watched: type[Watched], capsys: pytest.CaptureFixture[str]
) -> None:
    """As any answer about what does not exist."""
    watched.answers[1] = Report(summary="no such task", outcome=Outcome.NOT_FOUND)

    assert cli.main(["watch", "health"]) == Outcome.NOT_FOUND

    assert "no such task" in capsys.readouterr().err


# --- pictures ------------------------------------------------------------------------


class ADrawingDesk:
    """Answers with a report whose picture is wanted in out.png."""

    report: ClassVar[Report] = REPORT

    def __init__(self, settings: object) -> None:
        self.desk = self

    async def answer(
        self,
        words: Sequence[str],
        caller: Caller,
        now: datetime,
        *,
        first: Callable[[Common], object],
    ) -> Report:
        try:
            first(Common(chart=words[-1]))
        except Misread as error:
            return Report(summary=error.message, outcome=Outcome.MISREAD)
        return self.report

    async def close(self) -> None:
        pass


LANE = Lanes(lanes=(Lane(name="tasks"),))
CHART = Chart(title="t", alt="nothing was read", since=NOW, until=NOW, panels=(LANE,))


def draw(
    monkeypatch: pytest.MonkeyPatch, *sections: Section, to: str = "out.png"
) -> int:
    """Return the exit code of a question whose answer has these sections."""
    monkeypatch.setattr(cli, "Wired", ADrawingDesk)
    report = replace(REPORT, sections=(*REPORT.sections, *sections))
    monkeypatch.setattr(ADrawingDesk, "report", report)
    return cli.main(["queue", "--chart", to])


def test_a_picture_is_drawn_beside_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer is printed, and where the picture is stands beside it."""
    assert draw(monkeypatch, CHART) == Outcome.ANSWERED

    said = capsys.readouterr()
    assert Path("out.png").read_bytes().startswith(SIGNATURE)
    assert "all is well" in said.out
    assert said.err == "debug-bot: drawn into out.png\n"


@pytest.mark.parametrize(
    ("sections", "why"),
    [((), "this answer has none"), ((replace(CHART, panels=()),), "nothing was read")],
)
def test_why_there_is_no_picture_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sections: tuple[Section, ...],
    why: str,
) -> None:
    """The answer stands, and no empty file is made."""
    assert draw(monkeypatch, *sections) == Outcome.ANSWERED

    assert capsys.readouterr().err == f"debug-bot: no picture was drawn: {why}\n"
    assert not Path("out.png").exists()


def test_a_bad_path_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else is said."""
    assert draw(monkeypatch, CHART, to="out.txt") == Outcome.MISREAD

    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_a_picture_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer was printed before."""

    def full(target: ChartFile, picture: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ChartFile, "write", full)

    assert draw(monkeypatch, CHART) == Outcome.FAILED
    said = capsys.readouterr()
    assert "all is well" in said.out
    assert said.err == (
        "debug-bot: out.png could not be written: No space left on device\n"
    )


@pytest.mark.parametrize("words", [["--help"], ["queue", "--help"], ["queue"]])
def test_whoever_wants_no_picture_does_not_pay_for_one(words: list[str]) -> None:
    """The library that draws takes a second to import."""
    code = (
        "import sys; from bot import cli; "
        f"cli.main({words!r}); "
        "sys.exit(any(name in sys.modules for name in ('matplotlib', 'PIL', 'numpy')))"
    )
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )

    assert done.returncode == 0, done.stderr
