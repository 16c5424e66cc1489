"""The shell's front door, without any source."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import __version__, cli
from bot.domain.report import Facts, Gap, Outcome, Report

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

    assert "make demo" in capsys.readouterr().out


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


def test_a_full_disk_is_one_line() -> None:
    """And a failure, for nobody has the answer."""
    said = _run("help", into="/dev/full")

    assert said.returncode == Outcome.FAILED
    assert said.stderr == (
        "debug-bot: the answer could not be written: No space left on device\n"
    )


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
