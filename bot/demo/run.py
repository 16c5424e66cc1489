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
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from bot.demo.check import check
from bot.demo.ground import LOOPBACK, PATIENCE, ROOT, Ground, Unavailable, free_port
from bot.demo.incident import FAILED_TASK, Incident, Truth, make_incident
from bot.demo.keeper import EVERY, Keeper
from bot.demo.stack import FIXED, Ports, Stack
from bot.demo.workspace import ALERTS

HEALTH_PORT: Final = 55630
ENVIRONMENT_FILE: Final = Path(".testbed/demo.env")
USAGE: Final = """\
usage: debug-bot demo [--check] [--no-slack]

Plays an incident on this machine until Ctrl-C: a queue, a RunPod and a Slack of its
own, and the bot in it.

  --check     ask two questions in Slack and in a shell, print the answers, and end
  --no-slack  without Slack: for the shell alone"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked of the demo."""

    check: bool
    slack: bool


class Teller:
    """Says what happens, with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, text: str) -> None:
        """Print a line of progress."""
        print(f"{time.monotonic() - self._started:6.1f} s  {text}", flush=True)


def demo(words: Sequence[str]) -> int:
    """Run the demo until it is told to end; return the exit code."""
    unknown = [word for word in words if word not in ("--check", "--no-slack")]
    if unknown:
        print(USAGE, file=sys.stderr)
        print(f"debug-bot demo: {unknown[0]} is not known here", file=sys.stderr)
        return 2
    wanted = Wanted(check="--check" in words, slack="--no-slack" not in words)
    with _signals_end_us():
        try:
            return _demo(wanted)
        except KeyboardInterrupt:
            print("\nended: nothing is left running", flush=True)
            return 1 if wanted.check else 0


def _demo(wanted: Wanted) -> int:
    tell = Teller()
    tell("starting a database, a RunPod" + (" and a Slack" if wanted.slack else ""))
    # A check must not disturb a demo that somebody looks at.
    ports = Ports() if wanted.check else friendly(FIXED)
    stack = Stack(slack=wanted.slack, ports=ports, progress=_part(tell))
    with ThreadPoolExecutor() as pool, Ground() as ground, stack:
        if stack.postgres is None:
            _complain(stack)
            return 4
        bot = None
        if stack.slack is not None and stack.front is not None:
            stack.front.steer(public=True)  # as the manifest asks: chat:write.public
            bot = pool.submit(_connect, stack, ground, tell)
        incident = make_incident(datetime.now(UTC))
        lines = incident.fleet.load(stack.postgres, stack.runpod)
        workers, tasks = len(incident.fleet.workers), len(incident.fleet.tasks)
        tell(f"loaded {workers} workers, {tasks} tasks, {lines} log lines")
        keeper = Keeper(incident, stack.postgres, stack.runpod)
        connected = bot is not None and bot.result()
        if wanted.check:
            return _checked(stack, incident, connected=connected, wanted=wanted)
        _complain(stack)
        slack = stack.slack.url if connected and stack.slack is not None else None
        with _environment_file(stack.environment) as where:
            print(invitation(incident.truth, slack, where), flush=True)
            _hold(keeper)
    return 0


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


def invitation(truth: Truth, slack: str | None, environment: Path) -> str:
    """Return what to open and what to type."""
    program = _shown(Path(sys.executable).with_name("debug-bot"))
    shell = f"env $(cat {environment}) {program}"
    parts = [""]
    if slack is not None:
        asks = (
            (f"/debug task {FAILED_TASK}", "why did this task fail?"),
            ("/debug health", "what is wrong right now?"),
            (f"@debug worker {truth.loading_worker}", "how did this one die?"),
            (f"@debug {truth.cascade_children[0][:8]}", "a bare id: a task that fell"),
            ("/debug runpod", "what do pods cost that nobody uses?"),
            ("/debug runpod terminate", "end them: a plan, and a red button"),
            ("@debug queue", "why do tasks wait?"),
        )
        width = max(len(words) for words, _ in asks)
        parts += [
            f"Open      {slack}  and go to #ops;",
            "          #alerts is told by itself of what is wrong",
            "",
        ]
        for number, (words, why) in enumerate(asks):
            lead = "Type" if number == 0 else ""
            parts.append(f"{lead:10}{words:{width}}  {why}")
        parts.append("")
    parts += [
        f"In a shell, here:  {shell} health",
        f"                   {shell} task {FAILED_TASK}",
        "",
        "Ctrl-C ends all of it.",
    ]
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


def _connect(stack: Stack, ground: Ground, tell: Teller) -> bool:
    """Start the bot as `debug-bot serve`; return whether it can be asked."""
    try:
        port = free_port(HEALTH_PORT)
    except Unavailable:
        port = free_port()
    process = ground.start(
        "debug-bot",
        [sys.executable, "-m", "bot", "serve"],
        environment=bot_environment(
            stack.environment,
            DEBUG_BOT_PORT=str(port),
            DEBUG_BOT_ALERTS_CHANNEL=ALERTS,
            DEBUG_BOT_ALERTS_EVERY="10",  # a demo is short
        ),
        end_with=signal.SIGTERM,
        cwd=ground.folder,  # no .env of the caller's is read there
    )
    try:
        with httpx.Client(trust_env=False, timeout=2) as client:
            url = f"http://{LOOPBACK}:{port}/readyz"
            process.wait_until(lambda: _ready(client, url), within=PATIENCE)
    except Unavailable as error:
        tell(f"the bot could not be started: {error}")
        return False
    tell("the bot is connected to Slack")
    return True


def _ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False


def _checked(
    stack: Stack, incident: Incident, *, connected: bool, wanted: Wanted
) -> int:
    if wanted.slack and not connected:
        for each in stack.missing:
            print(f"without {each.part}: {each.reason}", file=sys.stderr)
        print("Slack can't be asked here: see --no-slack", file=sys.stderr)
        return 1
    slack = stack.slack if connected else None
    environment = bot_environment(stack.environment)
    well = check(slack, stack.front, environment, incident.truth)
    print("all is well" if well else "something is wrong: see above", flush=True)
    return 0 if well else 1


def _hold(keeper: Keeper) -> None:
    """Let time pass in the incident until a signal comes."""
    troubled = False
    while True:
        try:
            keeper.beat(datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - the demo goes on, only older
            if not troubled:
                print(f"the incident stands still: {error}", file=sys.stderr)
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
    if stack.postgres is None:
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
