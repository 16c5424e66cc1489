"""The whole stack, as the demo and the tests hold it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.demo.ground import listen
from bot.demo.rest_stand_in import RestStandIn
from bot.demo.stack import Ports, Stack
from tests.counterparts import PATIENCE, standing

ADDRESSES = ("SUPABASE_URL", "RUNPOD_API_BASE_URL", "SLACK_API_URL")
pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

HOLDER = """
import time
from bot.demo.stack import Stack
with Stack(runpod=False, slack=False) as stack:
    ground = stack._ground
    print(ground.folder, *[it.id for it in ground._processes], flush=True)
    time.sleep(60)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened between the start and the end of a whole stack."""

    said: Sequence[str]
    settings: Mapping[str, str]
    http_settings: Mapping[str, str]
    answers: Mapping[str, Any]
    seconds_to_stop: float


@pytest.fixture(scope="module")
def day(web: httpx.Client) -> Day:
    """Start everything, ask each part something, end it."""
    said: list[str] = []
    with standing(progress=said.append) as stack:
        settings = stack.environment
        queue, pods, slack = (settings[name] for name in ADDRESSES)
        service = settings["SUPABASE_SERVICE_ROLE_KEY"]
        bearer = {"Authorization": f"Bearer {service}"}
        pod_key = {"Authorization": f"Bearer {settings['RUNPOD_API_KEY']}"}
        token = {"Authorization": f"Bearer {settings['SLACK_BOT_TOKEN']}"}
        answers = {
            "tasks": web.get(
                f"{queue}/rest/v1/tasks", headers={"apikey": service, **bearer}
            ).json(),
            "pods": web.get(f"{pods}/v2/pods", headers=pod_key).json(),
            "me": web.post(f"{slack}auth.test", headers=token).json(),
        }
        http_settings = stack.http_environment
        started = time.monotonic()
    return Day(
        said=said,
        settings=settings,
        http_settings=http_settings,
        answers=answers,
        seconds_to_stop=time.monotonic() - started,
    )


def _until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def test_a_bot_finds_all_it_needs_in_the_environment(day: Day) -> None:
    """Each address answers to the key beside it."""
    assert day.answers["tasks"] == []
    assert day.answers["pods"] == {"pods": []}
    assert day.answers["me"]["user_id"] == "U0DEBUG"


def test_an_app_in_events_mode_has_no_app_token(day: Day) -> None:
    """It could not tell otherwise which mode is meant."""
    assert "SLACK_APP_TOKEN" in day.settings
    assert "SLACK_APP_TOKEN" not in day.http_settings


def test_each_part_says_when_it_is_ready(day: Day) -> None:
    """A demo shows it while one waits."""
    assert len(day.said) == 6
    assert all("ready after" in line for line in day.said)


def test_it_stops_within_three_seconds(day: Day) -> None:
    """PostgREST and the web servers would drain for longer."""
    assert day.seconds_to_stop < 3


@pytest.mark.parametrize("name", ADDRESSES)
def test_nothing_listens_afterwards(day: Day, name: str) -> None:
    """The ports are free for the next."""
    port = httpx.URL(day.settings[name]).port or 0

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_part_can_be_had_alone() -> None:
    """What was not wanted is neither there nor missing."""
    with Stack(postgres=False, slack=False) as stack:
        settings = stack.environment

    assert set(settings) == {
        "DEBUG_BOT_POLICY",
        "DEBUG_BOT_STATE_URL",
        "RUNPOD_API_BASE_URL",
        "RUNPOD_API_KEY",
    }
    assert stack.postgres is None
    assert stack.missing == ()


def test_without_npms_binaries_the_queue_still_works(
    web: httpx.Client, tmp_path: Path
) -> None:
    """The stand-in takes PostgREST's place; Slack is named as missing."""
    with Stack(modules=tmp_path / "node_modules", runpod=False) as stack:
        settings = stack.environment
        if stack.postgres is None:
            pytest.skip("no embedded PostgreSQL")
        service = settings["SUPABASE_SERVICE_ROLE_KEY"]
        answer = web.get(
            f"{settings['SUPABASE_URL']}/rest/v1/workers",
            headers={"apikey": service, "Authorization": f"Bearer {service}"},
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_its_holder(number: signal.Signals) -> None:
    """However it ends: processes and folder are gone."""
    with subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        folder, *processes = holder.stdout.readline().split()
        holder.send_signal(number)
        holder.wait(PATIENCE)

    assert processes
    assert _until(lambda: not Path(folder).exists())
    assert not any(_runs(process) for process in processes)


def _runs(process: str) -> bool:
    state = Path("/proc", process, "stat")
    if not Path("/proc/self/stat").exists():  # another system
        return False
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"
