"""The doctor looks at everything, says what to mend, and never a secret."""

import asyncio
import io
import json
import socket
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import doctor as module
from bot.demo.ground import free_port
from bot.demo.slack_front import SlackFront
from bot.demo.stack import POLICY
from bot.doctor import doctor
from bot.domain.access import Caller, Door
from bot.settings import Settings
from bot.slack.checks import Checked
from bot.wiring import Wired
from tests.counterparts import standing
from tests.sources.octollm.replay import Given, replaying
from tests.world import NOW

NOWHERE = "http://127.0.0.1:9"


def a_key(**claims: object) -> str:
    """Return a key of Supabase's form."""
    body = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.signature"


async def examined(**values: str) -> tuple[int, list[str]]:
    """Return the exit code and the lines."""
    out = io.StringIO()
    port = {"DEBUG_BOT_PORT": str(free_port())}
    with tempfile.TemporaryDirectory() as folder:
        state = {"DEBUG_BOT_STATE_URL": f"sqlite:///{folder}/ledger.sqlite3"}
        code = await doctor(Settings.of({**port, **state, **values}), out)
    return code, out.getvalue().splitlines()


def line(lines: Sequence[str], what: str) -> str:
    """Return the line about something."""
    [found] = [each for each in lines if each[4:].startswith(f"{what} ")]
    return found


async def test_with_nothing_configured_it_says_what_could_be() -> None:
    """And that nothing can be asked yet."""
    code, lines = await examined()

    assert code == 4
    assert "set SUPABASE_URL" in lines[-1]
    assert line(lines, "reigh tasks").startswith("--")
    assert "SUPABASE_URL" in line(lines, "reigh tasks")
    assert "RUNPOD_API_KEY" in line(lines, "reigh pods")
    assert line(lines, "SLACK_BOT_TOKEN").startswith("--")
    assert not [each for each in lines if each.startswith("!!")]


async def test_what_cannot_be_reached_is_to_be_mended() -> None:
    """The exit code says so, too."""
    code, lines = await examined(
        SUPABASE_URL=NOWHERE, SUPABASE_SERVICE_ROLE_KEY=a_key(role="service_role")
    )

    assert code == 4
    assert line(lines, "reigh tasks").startswith("!!")
    assert "SUPABASE_URL" in line(lines, "reigh tasks")
    assert line(lines, "SUPABASE_SERVICE_ROLE_KEY").startswith("ok")


@pytest.mark.parametrize(
    ("key", "sign", "found"),
    [
        (a_key(role="service_role"), "ok", "role service_role"),
        (a_key(role="anon"), "!!", "shown no rows"),
        (a_key(role="service_role", exp=1000), "!!", "expired"),
        ("sb_secret_0123456789", "ok", "a secret key"),
        ("sb_publishable_0123456789", "!!", "shown no rows"),
        ("hello", "!!", "no key"),
        ("a.%%%.c", "!!", "no key"),
    ],
)
async def test_a_key_tells_what_it_may(key: str, sign: str, found: str) -> None:
    """Before anybody is asked."""
    _, lines = await examined(SUPABASE_SERVICE_ROLE_KEY=key)

    about = line(lines, "SUPABASE_SERVICE_ROLE_KEY")
    assert about.startswith(sign)
    assert found in about


async def test_a_taken_port_is_said() -> None:
    """It may be this very bot, which runs already."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, lines = await examined(DEBUG_BOT_PORT=port)

    assert code == 4
    assert port in line(lines, "DEBUG_BOT_PORT")


async def test_no_secret_is_printed() -> None:
    """Whatever is wrong with it."""
    secrets = {
        "SUPABASE_SERVICE_ROLE_KEY": a_key(role="anon"),
        "RUNPOD_API_KEY": "rpa_0123456789ABCDEF",
        "SLACK_BOT_TOKEN": "xoxb-123-456-abcdef",
        "SLACK_APP_TOKEN": "xapp-1-A0-789-abcdef",
        "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    }
    _, lines = await examined(
        **secrets,
        SUPABASE_URL=NOWHERE,
        SLACK_API_URL=NOWHERE,
    )

    printed = "\n".join(lines)
    assert not [name for name, text in secrets.items() if text in printed]


async def test_an_engine_that_keeps_lines_is_looked_at() -> None:
    """In place of the system's own, and its password is not printed."""
    _, lines = await examined(
        OCTOLLM_URL=NOWHERE,
        CLICKHOUSE_URL=NOWHERE,
        CLICKHOUSE_SYSTEMS="octollm",
        CLICKHOUSE_USER="me",
        CLICKHOUSE_PASSWORD="made up",
    )

    about = line(lines, "octollm logs")
    assert about.startswith("!!")
    assert "clickhouse cannot be reached" in about
    assert "see CLICKHOUSE_URL" in about
    assert "made up" not in "".join(lines)


async def test_a_check_that_takes_too_long_is_cut() -> None:
    """The others have their lines all the same."""

    async def check() -> Sequence[Checked]:
        await asyncio.Event().wait()
        return ()

    [found] = await module._bounded("x", check, 0.01)

    assert found.well is False
    assert "did not answer" in found.found


async def test_a_check_that_fails_is_said_without_its_words() -> None:
    """They could hold anything."""

    async def check() -> Sequence[Checked]:
        msg = "secret"
        raise ValueError(msg)

    [found] = await module._bounded("x", check, 1)

    assert found.found == "could not be checked (ValueError)"


@pytest.mark.slack
@pytest.mark.postgrest
async def test_a_whole_set_up_is_well_until_a_scope_is_missing() -> None:
    """On a real database and a Slack that knows tokens and scopes."""
    with standing(runpod=False) as stack:
        assert isinstance(stack.front, SlackFront)
        stack.front.steer(public=True)
        well, lines = await examined(**stack.environment)
        stack.front.steer(missing_scopes=["chat:write"])
        lacking, others = await examined(**stack.environment)

    assert well == 0
    assert "@debug in Testbed" in line(lines, "SLACK_BOT_TOKEN")
    assert "empty" in line(lines, "reigh tasks")
    assert lacking == 4
    assert "chat:write" in line(others, "Slack scopes")


async def test_without_a_policy_nobody_may_change_anything() -> None:
    """That is well: reading needs none."""
    _, lines = await examined()

    assert line(lines, "DEBUG_BOT_POLICY").startswith("--")
    assert "nobody may change anything" in line(lines, "DEBUG_BOT_POLICY")
    assert line(lines, "ledger") == f"ok  {'ledger':{len(_column(lines))}}works"


def _column(lines: Sequence[str]) -> str:
    """Return the first column of the line about the ledger, as wide as it is."""
    [found] = [each for each in lines if each[4:].startswith("ledger ")]
    return found[4 : found.index("works")]


async def test_the_policy_s_rules_are_counted() -> None:
    """So that one sees that the right file was read."""
    _, lines = await examined(DEBUG_BOT_POLICY=str(POLICY))

    assert line(lines, "DEBUG_BOT_POLICY").startswith("ok")
    assert "1 role, 6 actions allowed" in line(lines, "DEBUG_BOT_POLICY")


async def test_a_policy_that_cannot_be_read_is_to_be_mended(tmp_path: Path) -> None:
    """Until then nobody may change anything."""
    code, lines = await examined(DEBUG_BOT_POLICY=str(tmp_path / "policy.toml"))

    assert code == 4
    assert line(lines, "DEBUG_BOT_POLICY").startswith("!!")


async def test_a_ledger_that_cannot_be_opened_is_to_be_mended() -> None:
    """Its password is not told."""
    _, lines = await examined(
        DEBUG_BOT_STATE_URL="postgresql://me:hunter2@127.0.0.1:9/state"
    )

    assert line(lines, "ledger").startswith("!!")
    assert "DEBUG_BOT_STATE_URL" in line(lines, "ledger")
    assert "hunter2" not in "".join(lines)


async def test_a_freeze_is_told(tmp_path: Path) -> None:
    """It would otherwise be a riddle why nothing can be done."""
    state = {"DEBUG_BOT_STATE_URL": f"sqlite:///{tmp_path}/ledger.sqlite3"}
    wired = Wired(Settings.of(state))
    ann = Caller(door=Door.SHELL, name="ann")
    await wired.desk.answer(["freeze"], ann, NOW)
    await wired.close()

    _, lines = await examined(**state)

    assert "everything is frozen, by shell: ann" in line(lines, "ledger")


async def test_other_systems_are_looked_at_where_they_are_set_up(
    tmp_path: Path,
) -> None:
    """What they still lack is named; without any setting of theirs nothing is said."""
    folder = {"AGENTS_ROOT": str(tmp_path)}
    (tmp_path / "tasks").mkdir()
    _, usual = await examined()
    _, zoneless = await examined(**folder)
    _, whole = await examined(**folder, AGENTS_TZ="UTC")

    assert not [each for each in usual if "agents" in each]
    assert "AGENTS_TZ is not set" in line(zoneless, "agents tasks")
    assert "0 workers" in line(whole, "agents workers")
    assert whole[-1] != usual[-1]


async def test_lines_of_other_days_are_told_of(tmp_path: Path) -> None:
    """A file that nobody writes any more is no empty one."""
    log = tmp_path / "orchestrator.jsonl"
    stamp = time.time() - 4 * 86_400  # noqa: TID251  the doctor looks at the clock
    old = datetime.fromtimestamp(stamp, UTC)
    said = {"event": "x", "level": "info", "timestamp": f"{old:%Y-%m-%dT%H:%M:%SZ}"}
    log.write_text(json.dumps(said) + "\n")
    _, lines = await examined(OCTOLLM_LOG_GLOBS=f"orchestrator={log}")

    assert line(lines, "octollm logs").endswith(
        f"no line in the last 24 h, the newest is of {old:%Y-%m-%d %H:%M:%SZ}"
    )


async def test_services_are_looked_at_where_they_are_set_up(tmp_path: Path) -> None:
    """Each part that no setting names is left out, and none of another system told."""
    log = tmp_path / "orchestrator.jsonl"
    said = {"event": "x", "level": "info", "timestamp": "2026-01-31T12:00:00Z"}
    log.write_text(json.dumps(said) + "\n")
    code, lines = await examined(OCTOLLM_LOG_GLOBS=f"orchestrator={log}")

    assert code == 0
    assert line(lines, "octollm logs").endswith("no line in the last 24 h")
    assert "OCTOLLM_URL is not set" in line(lines, "octollm workers")
    assert not [each for each in lines if "octollm pods" in each]


async def test_every_service_and_its_recorder_has_its_line() -> None:
    """One arm that works says nothing of another one."""
    with replaying(health=Given({"status": "healthy"})) as alive:
        code, lines = await examined(
            OCTOLLM_REFLEX_URL=alive.url,
            OCTOLLM_ARMS=f"judge={alive.url},coder={NOWHERE}",
            OCTOLLM_PROMETHEUS_URL=NOWHERE,
        )

    assert code == 4
    assert line(lines, "octollm reflex-layer").startswith("ok")
    assert line(lines, "octollm judge").startswith("ok")
    assert line(lines, "octollm coder").startswith("!!")
    assert line(lines, "octollm coder").endswith("refused → see OCTOLLM_ARMS")
    assert line(lines, "octollm Prometheus").startswith("!!")
    assert "OCTOLLM_PROMETHEUS_URL" in line(lines, "octollm Prometheus")


async def test_files_of_one_service_that_are_not_there_are_to_be_mended(
    tmp_path: Path,
) -> None:
    """Though those of another one are read."""
    (tmp_path / "o.log").touch()
    globs = f"orchestrator={tmp_path}/o*.log"
    well, _ = await examined(OCTOLLM_LOG_GLOBS=globs)
    code, lines = await examined(OCTOLLM_LOG_GLOBS=f"{globs},coder={tmp_path}/c*.log")

    assert well == 0
    assert code == 4
    assert line(lines, "octollm log files").startswith("!!")
    assert "of coder are not there" in line(lines, "octollm log files")


@pytest.mark.parametrize(
    ("text", "sign", "found"),
    [("{}", "ok", "works"), ("{", "!!", "no JSON"), (None, "!!", "no file is there")],
)
async def test_files_that_settings_of_the_agents_name_are_looked_for(
    tmp_path: Path, text: str | None, sign: str, found: str
) -> None:
    """Without one the usual place is looked at, and nothing is missing."""
    (tmp_path / "tasks").mkdir()
    folder = {"AGENTS_ROOT": str(tmp_path), "AGENTS_TZ": "UTC"}
    usual, _ = await examined(**folder)
    if text is not None:
        (tmp_path / "own.json").write_text(text)
        (tmp_path / "own.log").touch()
    _, lines = await examined(
        **folder, AGENTS_CONFIG="own.json", AGENTS_LOG_GLOBS="own*.log"
    )

    logs = line(lines, "agents console logs")
    assert usual == 0
    assert line(lines, "agents configuration").startswith(sign)
    assert found in line(lines, "agents configuration")
    assert logs.startswith("ok" if text else "!!")


async def test_a_setting_that_is_no_number_is_to_be_mended() -> None:
    """The default is reckoned with, which nobody set."""
    _, lines = await examined(MAX_ACTIVE_GPUS="x")

    assert line(lines, "MAX_ACTIVE_GPUS").startswith("!!")
    assert "'x', which is no number" in line(lines, "MAX_ACTIVE_GPUS")
