"""`debug-bot demo`: an incident in a box, with the real bot in a local Slack.

Everything runs on this machine and is gone afterwards. What can't be had here is
named, and the rest goes on: without Slack the shell still answers.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.demo.check import check
from bot.demo.ground import LOOPBACK, ROOT, Ground, Unavailable, free_port
from bot.demo.plays import OctoPlay, Play, ReighPlay, RigPlay
from bot.demo.stack import FIXED, Ports, Stack
from bot.demo.workspace import ALERTS
from bot.domain.figures import listed
from bot.domain.ids import AGENTS, OCTOLLM, REIGH
from bot.domain.redaction import redacted
from bot.domain.spelling import clipped

HEALTH_PORT: Final = 55630
ENVIRONMENT_FILE: Final = Path(".testbed/demo.env")
USAGE: Final = "usage: debug-bot demo [--system NAME] [--check] [--no-slack]"
SYSTEMS: Final = (REIGH, AGENTS, OCTOLLM)
ALL: Final = "all"
_CHOICES: Final = ", ".join(SYSTEMS)
EVERY: Final = timedelta(seconds=5)  # so often a rig's agents beat


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked of the demo."""

    check: bool
    slack: bool
    systems: tuple[str, ...] = (REIGH,)


class Teller:
    """Says what happens, with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, text: str) -> None:
        """Print a line of progress."""
        print(f"{time.monotonic() - self._started:6.1f} s  {text}", flush=True)


def demo(words: Sequence[str]) -> int:
    """Run the demo until it is told to end; return the exit code."""
    wanted = read(words)
    if isinstance(wanted, str):
        print(f"debug-bot: {redacted(wanted)} ({USAGE})", file=sys.stderr)
        return 2
    with _signals_end_us():
        try:
            return _demo(wanted)
        except KeyboardInterrupt:
            print("\nended: nothing is left running", flush=True)
            return 1 if wanted.check else 0


def read(words: Sequence[str]) -> Wanted | str:
    """Return what is wanted, or what is wrong with the words."""
    systems: tuple[str, ...] = (REIGH,)
    rest = iter(words)
    for word in rest:
        name, given, value = word.partition("=")
        if name == "--system":
            value = value if given else next(rest, "")
            if value not in (*SYSTEMS, ALL):
                wants = f"{name} wants {_CHOICES} or {ALL}"
                return (
                    f"{wants}: {clipped(value)} is not known here" if value else wants
                )
            systems = SYSTEMS if value == ALL else (value,)
        elif word not in ("--check", "--no-slack"):
            return f"{clipped(word)} is not known here"
    return Wanted(
        check="--check" in words, slack="--no-slack" not in words, systems=systems
    )


def _demo(wanted: Wanted) -> int:
    tell = Teller()
    queue = REIGH in wanted.systems
    parts = [*(["a database", "a RunPod"] if queue else [])]
    parts += ["a Slack"] if wanted.slack else []
    tell(f"starting {listed(parts) or 'an incident'}")
    # A check must not disturb a demo that somebody looks at.
    ports = Ports() if wanted.check else friendly(FIXED)
    stack = Stack(
        postgres=queue,
        runpod=queue,
        slack=wanted.slack,
        ports=ports,
        progress=_part(tell),
    )
    with (
        ThreadPoolExecutor() as pool,
        Ground() as ground,
        stack,
        contextlib.ExitStack() as held,
    ):
        if queue and stack.postgres is None:
            _complain(stack)
            return 4
        root = ground.folder / "rig"
        now = datetime.now(UTC)
        # Before the bot looks: what it misses then it looks for half a minute later.
        rig = RigPlay(now, root) if AGENTS in wanted.systems else None
        octo = None
        if OCTOLLM in wanted.systems:
            octo = OctoPlay(now, ground.folder / OCTOLLM)
            held.callback(octo.close)
        settings = {
            **stack.environment,
            **(ReighPlay.settings if queue else {}),
            **(octo.settings if octo is not None else {}),
            **(RigPlay.settings(root) if rig is not None else {}),
            **({} if queue else {"DEBUG_BOT_SYSTEM": wanted.systems[0]}),
        }
        bot = None
        if stack.slack is not None and stack.front is not None:
            stack.front.steer(public=True)  # as the manifest asks: chat:write.public
            bot = pool.submit(_connect, settings, ground, tell)
        plays: list[Play] = []
        if stack.postgres is not None:
            plays.append(ReighPlay(now, stack.postgres, stack.runpod))
        plays += filter(None, (rig, octo))
        for play in plays:
            tell(f"loaded {play.system}: {play.told}")
        connected = bot is not None and bot.result()
        if wanted.check:
            seen = _Seen(stack, settings, connected=connected)
            return _checked(seen, plays, wanted=wanted)
        _complain(stack)
        slack = stack.slack.url if connected and stack.slack is not None else None
        with _environment_file(settings) as where:
            print(invitation(plays, slack, where), flush=True)
            _hold(plays)
    return 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a check can ask: the stack, by these settings, in Slack if connected."""

    stack: Stack
    settings: Mapping[str, str]
    _: KW_ONLY
    connected: bool


def friendly(ports: Ports) -> Ports:
    """Return the ports, with any free one instead of one that is taken."""
    found = {}
    for each in fields(ports):
        try:
            number = getattr(ports, each.name)
            found[each.name] = free_port(number) if number else 0
        except Unavailable:
            found[each.name] = 0
    return Ports(**found)


def invitation(plays: Sequence[Play], slack: str | None, environment: Path) -> str:
    """Return what to open and what to type."""
    program = _shown(Path(sys.executable).with_name("debug-bot"))
    shell = f"env $(cat {environment}) {program}"
    parts = [""]
    if slack is not None:
        width = max(len(words) for play in plays for words, _ in play.asks)
        parts.append(f"Open      {slack}  and go to #ops")
        if (usual := plays[0]).alerts:
            parts[-1] += ";"
            told = f"#alerts is told by itself of what is wrong with {usual.system}"
            parts.append(f"{'':10}{told}")
        parts.append("")
        several = len(plays) > 1
        parts += ["Type there what you want to know, of each system:", ""] * several
        for play in plays:
            for number, (words, why) in enumerate(play.asks):
                lead = "" if number else play.system if several else "Type"
                parts.append(f"{lead:10}{words:{width}}  {why}")
            parts.append("")
    questions = [words for play in plays for words in [*play.questions][:2]]
    for number, words in enumerate(questions):
        lead = "" if number else "In a shell, here:"
        parts.append(f"{lead:19}{shell} {words}")
    parts += ["", "Ctrl-C ends all of it."]
    return "\n".join(parts)


def bot_environment(settings: Mapping[str, str], **more: str) -> dict[str, str]:
    """Return all that the demo's bot sees: nothing of the caller's own settings."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
    mine = {name: os.environ[name] for name in kept if name in os.environ}
    return {
        **mine,
        **settings,
        "PYTHONPATH": str(ROOT),
        **more,
    }


def _connect(settings: Mapping[str, str], ground: Ground, tell: Teller) -> bool:
    """Start the bot as `debug-bot serve`; return whether it can be asked."""
    try:
        port = free_port(HEALTH_PORT)
    except Unavailable:
        port = free_port()
    process = ground.start(
        "debug-bot",
        [sys.executable, "-m", "bot", "serve"],
        environment=bot_environment(
            settings,
            DEBUG_BOT_PORT=str(port),
            DEBUG_BOT_ALERTS_CHANNEL=ALERTS,
            DEBUG_BOT_ALERTS_EVERY="10",  # a demo is short
        ),
        end_with=signal.SIGTERM,
        cwd=ground.folder,  # no .env of the caller's is read there
    )
    try:
        process.wait_for(f"http://{LOOPBACK}:{port}/readyz")
    except Unavailable as error:
        tell(f"the bot could not be started: {error}")
        return False
    tell("the bot is connected to Slack")
    return True


def _checked(seen: _Seen, plays: Sequence[Play], *, wanted: Wanted) -> int:
    if wanted.slack and not seen.connected:
        for each in seen.stack.missing:
            print(f"without {each.part}: {each.reason}", file=sys.stderr)
        print("Slack can't be asked here: see --no-slack", file=sys.stderr)
        return 1
    slack = seen.stack.slack if seen.connected else None
    environment = bot_environment(seen.settings)
    well = True
    for play in plays:
        play.beat(datetime.now(UTC))
        well &= check(
            slack, seen.stack.front, environment, play.questions, play.secrets
        )
    print("all is well" if well else "something is wrong: see above", flush=True)
    return 0 if well else 1


def _hold(plays: Sequence[Play]) -> None:
    """Let time pass in the incidents until a signal comes."""
    troubled = False
    while True:
        for play in plays:
            try:
                play.beat(datetime.now(UTC))
            except Exception as error:  # noqa: BLE001 - the demo goes on, only older
                if not troubled:
                    print(f"an incident stands still: {error}", file=sys.stderr)
                troubled = True
        time.sleep(EVERY.total_seconds())


@contextlib.contextmanager
def _environment_file(settings: Mapping[str, str]) -> Iterator[Path]:
    """Keep a file that points another shell at the demo; none of it is secret."""
    path = ENVIRONMENT_FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _complain(stack: Stack) -> None:
    """Say what can't be had here, and what still works."""
    for each in stack.missing:
        print(f"without {each.part}: {each.reason}", file=sys.stderr)
    if any(each.part == "postgres" for each in stack.missing):
        print("there is no database, so there is nothing to show", file=sys.stderr)
    elif stack.missing:
        print("the shell still answers, as below", file=sys.stderr)
    sys.stderr.flush()


def _part(tell: Teller) -> Callable[[str], None]:
    """Return what passes the stack's progress on, without its own clock."""

    def told(text: str) -> None:
        part, _, rest = text.partition(": ")
        tell(f"{part} is ready" if rest.startswith("ready") else text)

    return told


def _shown(path: Path) -> str:
    """Return the path as short as it can be typed here."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


@contextlib.contextmanager
def _signals_end_us() -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end us once; while we end, neither does anything."""
    ours = (signal.SIGINT, signal.SIGTERM)

    def end(_: int, __: object) -> None:
        for each in ours:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in ours}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
