"""The whole stack, as the demo and the tests hold it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bot.demo.ground import listen
from bot.demo.rest_stand_in import RestStandIn
from bot.demo.stack import Ports, Stack

pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

HOLDER = """
import time
from bot.demo.stack import Stack
with Stack(postgres=True, runpod=False, slack=True) as stack:
    ground = stack._ground
    print(ground.folder, *[it.id for it in ground._processes], flush=True)
    time.sleep(60)
"""


def _whole(stack: Stack) -> Stack:
    if stack.missing:
        pytest.skip("; ".join(it.reason for it in stack.missing))
    return stack


def _until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def test_a_bot_finds_all_it_needs_in_the_environment() -> None:
    """Each address answers to the key beside it."""
    said: list[str] = []
    with Stack(progress=said.append) as stack:
        settings = _whole(stack).environment
        service = settings["SUPABASE_SERVICE_ROLE_KEY"]
        queue = httpx.get(
            f"{settings['SUPABASE_URL']}/rest/v1/tasks",
            headers={"apikey": service, "Authorization": f"Bearer {service}"},
            trust_env=False,
        )
        pods = httpx.get(
            f"{settings['RUNPOD_API_BASE_URL']}/v2/pods",
            headers={"Authorization": f"Bearer {settings['RUNPOD_API_KEY']}"},
            trust_env=False,
        )
        slack = httpx.post(
            f"{settings['SLACK_API_URL']}auth.test",
            headers={"Authorization": f"Bearer {settings['SLACK_BOT_TOKEN']}"},
            trust_env=False,
        )
        http = stack.http_environment

    assert queue.json() == []
    assert pods.json() == {"pods": []}
    assert slack.json()["user_id"] == "U0DEBUG"
    assert len(said) == 6
    assert "SLACK_APP_TOKEN" not in http


def test_a_part_can_be_had_alone() -> None:
    """What was not wanted is neither there nor missing."""
    with Stack(postgres=False, slack=False) as stack:
        settings = stack.environment

    assert set(settings) == {"RUNPOD_API_KEY", "RUNPOD_API_BASE_URL"}
    assert stack.postgres is None
    assert stack.missing == ()


def test_without_npms_binaries_the_queue_still_works(tmp_path: Path) -> None:
    """The stand-in takes PostgREST's place; Slack is named as missing."""
    with Stack(modules=tmp_path / "node_modules", runpod=False) as stack:
        settings = stack.environment
        if stack.postgres is None:
            pytest.skip("no embedded PostgreSQL")
        service = settings["SUPABASE_SERVICE_ROLE_KEY"]
        answer = httpx.get(
            f"{settings['SUPABASE_URL']}/rest/v1/workers",
            headers={"apikey": service, "Authorization": f"Bearer {service}"},
            trust_env=False,
        )

    assert answer.json() == []
    assert isinstance(stack.rest, RestStandIn)
    assert {it.part for it in stack.missing} == {"postgrest", "slack"}
    assert "SLACK_API_URL" not in settings


def test_a_taken_port_is_said_and_the_rest_goes_on() -> None:
    """A demo started twice explains itself."""
    with listen() as held:
        number = held.getsockname()[1]
        with Stack(postgres=False, slack=False, ports=Ports(runpod=number)) as stack:
            [missing] = stack.missing

    assert missing.part == "runpod"
    assert f"port {number} is taken" in missing.reason


def test_it_stops_within_three_seconds() -> None:
    """PostgREST and the web servers would drain for longer."""
    with Stack() as stack:
        settings = stack.environment
        started = time.monotonic()
    seconds = time.monotonic() - started

    assert seconds < 3
    for name in ("SUPABASE_URL", "RUNPOD_API_BASE_URL", "SLACK_API_URL"):
        if name in settings:
            port = httpx.URL(settings[name]).port or 0
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_its_holder(number: signal.Signals) -> None:
    """However it ends: processes and folder are gone."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        folder, *processes = holder.stdout.readline().split()
        holder.send_signal(number)
        holder.wait(10)

    assert processes
    assert _until(lambda: not Path(folder).exists())
    assert not any(_runs(process) for process in processes)


def _runs(process: str) -> bool:
    state = Path("/proc", process, "stat")
    if not Path("/proc/self/stat").exists():  # another system
        return False
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"
