"""Front door: the shell. Words are the same as in Slack; see CONTRACT, section 3."""

import asyncio
import contextlib
import getpass
import io
import logging
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, TextIO

from bot import __version__
from bot.chart_file import ChartFile
from bot.domain.access import Caller, Door
from bot.domain.errors import Known, Misread
from bot.domain.figures import some
from bot.domain.offers import Press
from bot.domain.report import Outcome, Report
from bot.domain.spelling import clipped
from bot.domain.times import stamp
from bot.journal import open_journal
from bot.settings import Settings
from bot.wiring import Wired

EVERY_SECONDS: Final = 10.0
_CLEAR: Final = "\x1b[H\x1b[2J\x1b[3J"
_INTERRUPTED: Final = "it was interrupted"
_PROGRAMS: Final = {
    "serve": "run the bot in Slack, by Socket Mode or HTTP as the settings say",
    "demo": "open an incident in a box (make demo installs what it needs); --check"
    " asks it two questions and ends, --no-slack leaves Slack out, --system NAME plays"
    " one of reigh (as it is), agents, octollm, or all",
    "doctor": "check every setting, token and counterpart, and say what to mend",
    "manifest": "print the Slack manifest; --http URL for a bot without Socket Mode,"
    " --command /NAME for another slash command",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    with_trace = "--debug" in words
    words = [word for word in words if word != "--debug"]
    unheard = sys.stdout is None and words[:1] != ["serve"]
    _open_what_is_closed()
    _let_any_text_out()
    if unheard:
        _complain("the answer could not be written: standard output is closed", "")
        return Outcome.FAILED
    try:
        code = _run(words, with_trace=with_trace)
        sys.stdout.flush()
    except Known as error:
        if with_trace:
            raise
        _complain(error.message, error.hint)
        return Outcome.MISREAD
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _close_stdout()
        return Outcome.ANSWERED
    except OSError as error:  # a full disk, for one
        _complain(f"the answer could not be written: {error.strerror}", "")
        _close_stdout()
        return Outcome.FAILED
    return code


def _run(words: Sequence[str], *, with_trace: bool) -> int:
    if words in (["--version"], ["version"]):
        print(f"debug-bot {__version__}")
        return Outcome.ANSWERED
    if words and words[0] in _PROGRAMS:
        return _program(words[0], words[1:])
    if len(words) == 2 and words[0] == "help" and words[1] in _PROGRAMS:
        return _program(words[1], ["--help"])
    return _question(words, _settings(words), with_trace=with_trace)


def _open_what_is_closed() -> None:
    """Have all three streams, though a shell closed some (`2>&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def _let_any_text_out() -> None:
    """Have a terminal that knows few letters show the others by their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _close_stdout() -> None:
    """Keep the interpreter from writing the rest of an answer at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _settings(words: Sequence[str]) -> Settings:
    """Return the settings; a bad one must not keep anybody from the help."""
    try:
        return Settings.read()
    except Known:
        if not words or words[0] == "help" or {"--help", "-h"} & {*words}:
            return Settings()
        raise


def _program(name: str, words: Sequence[str]) -> int:
    """Run one of the programs that are not questions; each is imported when needed."""
    if {"--help", "-h"} & {*words}:
        _explain(name)
        return Outcome.ANSWERED
    if name == "demo":
        from bot.demo.run import demo

        return demo(words)
    if name == "manifest":
        from bot.manifest import print_manifest

        return print_manifest(words, sys.stdout)
    if words:
        msg = f"{name} has no use for '{clipped(words[0])}'"
        raise Misread(msg, hint=f"usage: debug-bot {name}")
    if name == "doctor" and (faults := Settings.faults()):
        for each in faults:
            _complain(each.message, each.hint)
        return Outcome.MISREAD
    settings = Settings.read()
    if name == "doctor":
        from bot.doctor import doctor

        return asyncio.run(doctor(settings, sys.stdout))
    from bot.slack.app import serve

    open_journal(settings)
    return serve(settings)


def _question(words: Sequence[str], settings: Settings, *, with_trace: bool) -> int:
    if with_trace:
        open_journal(settings)
    else:
        logging.getLogger("bot").addHandler(logging.NullHandler())
        logging.getLogger().addHandler(logging.NullHandler())
    report = _ask(words, settings)
    asked_all = report.command == "help" and not report.arguments.get("about")
    if asked_all and not report.as_json:
        _explain(*_PROGRAMS)
    return report.outcome


def _ask(words: Sequence[str], settings: Settings) -> Report:
    """Print the answer, and what becomes of a plan that is confirmed; return it.

    A person is asked between two runs of the event loop, for within one Ctrl-C would
    not end their typing.
    """
    wired = Wired(settings)
    caller = Caller(door=Door.SHELL, name=_who())
    target = ChartFile()
    with asyncio.Runner() as runner:
        try:
            now = datetime.now(UTC)
            asking = wired.desk.answer(words, caller, now, first=target.prepare)
            report = runner.run(asking)
            if report.watched:
                return _watch(report, wired, caller, runner)
            yes = report.arguments.get("yes")
            if report.red_button is None:
                done = _planless(report, yes)
                return _charted(done, target)
            if not (report.as_json and yes is not None):
                _print(report, sys.stdout)
            why = _why_not(report, yes)
            press = Press(
                offer_id=report.red_button.offer_id, caller=caller, why=why or ""
            )
            done = _pressed(press, report, wired, runner)
            if why is None or (report.as_json and yes is not None):
                _print(done, sys.stdout)
            return done
        finally:
            runner.run(wired.close())


def _watch(
    report: Report, wired: Wired, caller: Caller, runner: asyncio.Runner
) -> Report:
    """Print the answer anew until it has ended, or Ctrl-C; return the last one.

    A terminal shows one answer at a time. Elsewhere each is printed that differs from
    the one before by more than its age.
    """
    from formatters.live import ageless

    words = [*shlex.split(report.watched), "--system", report.system]
    words += ["--json"] if report.as_json else []
    screen = sys.stdout.isatty() and not report.as_json
    shown = ""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            looked = time.monotonic()
            like = ageless("".join(_text(report, sys.stdout)))
            if screen:
                sys.stdout.write(_CLEAR)
            if screen or like != shown:
                _print(report, sys.stdout, in_line=True)
            shown = like
            if report.settled or report.outcome is Outcome.NOT_FOUND:
                break
            if screen:
                every = f"every {EVERY_SECONDS:g} s until Ctrl-C"
                print(f"\nas of {stamp(datetime.now(UTC))}, {every}")
            time.sleep(max(0.0, looked + EVERY_SECONDS - time.monotonic()))
            now = datetime.now(UTC)
            looked_at = runner.run(wired.desk.answer(words, caller, now))
            report = replace(looked_at, command=report.command)  # as its schema says
    return report


def _charted(report: Report, target: ChartFile) -> Report:
    """Draw the answer's picture, if one is wanted; say what became of it."""
    if target.path is None or report.outcome is Outcome.MISREAD:
        return report
    chart = report.chart
    if chart is None or not chart.panels:
        why = "this answer has none" if chart is None else chart.alt
        _complain(f"no picture was drawn: {why}", "")
        return report
    from formatters.chart import png

    try:
        target.write(png(chart))
    except OSError as error:
        _complain(f"{target.path} could not be written: {error.strerror}", "")
        return replace(report, outcome=Outcome.FAILED)
    _complain(f"drawn into {target.path}", "")
    return report


def _planless(report: Report, yes: object) -> Report:
    """Print an answer that nothing can be confirmed of; `--yes N` then is wrong."""
    _print(report, sys.stdout)
    planned = report.outcome is Outcome.ANSWERED and not report.arguments.get("dry_run")
    if yes and planned:
        _complain(f"--yes {yes}, but the plan has no items", "")
        return replace(report, outcome=Outcome.REFUSED)
    return report


def _pressed(
    press: Press, report: Report, wired: Wired, runner: asyncio.Runner
) -> Report:
    """Return what became of the plan, confirmed or, where *press* says why, cancelled.

    Whoever stops it in the middle is told how far it had come.
    """
    last = report

    async def tell(progress: Report) -> None:
        nonlocal last
        last = progress
        if sys.stderr.isatty():
            _complain(progress.summary, "")

    now = datetime.now(UTC)
    pressing = wired.desk.press(press, cancels=bool(press.why), tell=tell, now=now)

    async def until_stopped() -> Report:
        # Not by way of Ctrl-C, which is ignored in what a shell starts behind itself.
        stop = asyncio.current_task().cancel  # type: ignore[union-attr]
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        return await pressing

    before = signal.getsignal(signal.SIGTERM)
    try:
        done = runner.run(until_stopped())
    except (KeyboardInterrupt, asyncio.CancelledError) as stopped:
        _print(last, sys.stdout)
        _complain(
            "stopped in the middle: what was begun may be done all the same",
            "audit tells what is known; the next action looks it up and settles it",
        )
        raise KeyboardInterrupt from stopped
    finally:
        runner.get_loop().remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)
    return replace(
        done,
        command=report.command,
        arguments=report.arguments,
        system=report.system,
        as_json=report.as_json,
    )


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"


def _why_not(report: Report, yes: object) -> str | None:
    """Return why the plan is not to be done, and say so; None when it is confirmed."""
    button = report.red_button
    number = len(button.choices) if button else 0
    hint = ""
    if yes is not None:
        if yes == number:
            return None
        why = f"--yes {yes}, but the plan has {some(number, 'item')}"
    elif report.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        why, hint = "nobody could be asked", f"--yes {number} does it"
    else:
        print(f"\n{button.warning if button else ''}")
        try:
            typed = input(f"Type {number} to do it, anything else to leave it: ")
        except EOFError:
            typed = ""
        except KeyboardInterrupt:
            print()
            typed = _INTERRUPTED
        if typed.strip() == str(number):
            return None
        why = typed if typed == _INTERRUPTED else "it was not confirmed"
    _complain(f"nothing was done: {why}", hint)
    return why


def _print(report: Report, out: TextIO, *, in_line: bool = False) -> None:
    """Print the answer; what went wrong goes to standard error as one line.

    JSON may be wanted *in_line*.
    """
    nothing_found = report.data is None and not report.sections
    if report.outcome is not Outcome.ANSWERED and nothing_found:
        _complain(report.summary, report.hint)
        if report.as_json and report.outcome is not Outcome.MISREAD:
            _write(_json(report, in_line=in_line), out)
        return
    _write(_written(report, out, in_line=in_line), out)
    for gap in report.gaps:
        if gap.failed:
            _complain(f"{gap.source} {gap.reason}", "")


def _written(report: Report, out: TextIO, *, in_line: bool = False) -> Iterable[str]:
    """Return the answer in the form that was asked for, or that it is made for."""
    if report.as_json:
        return _json(report, in_line=in_line)
    return _markdown(report) if report.attachment else _text(report, out)


def _markdown(report: Report) -> Iterable[str]:
    from formatters.digest import digest

    yield digest(report)


def _json(report: Report, *, in_line: bool) -> Iterable[str]:
    from formatters.document import chunks, line

    if in_line:
        yield line(report)
        return
    yield from chunks(report)
    yield "\n"


def _text(report: Report, out: TextIO) -> Iterable[str]:
    from formatters.text import lines

    screen = shutil.get_terminal_size((80, 24))
    width, height = min(screen.columns, 120), screen.lines if out.isatty() else 0
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    colour = out.isatty() and not plain
    for line in lines(report, width=width, colour=colour, height=height):
        yield line + "\n"


def _write(parts: Iterable[str], out: TextIO) -> None:
    out.writelines(parts)
    out.flush()


def _explain(*programs: str) -> None:
    """Print what programs of this shell do that are not questions."""
    for name in programs:
        print(f"debug-bot {name}: {_PROGRAMS[name]}")


def _complain(message: str, hint: str) -> None:
    from bot.domain.redaction import redacted
    from formatters.visible import visible

    line = redacted(f"debug-bot: {message}" + (f" ({hint})" if hint else ""))
    print(" ".join(visible(line).split()), file=sys.stderr)
