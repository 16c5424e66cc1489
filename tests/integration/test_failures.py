"""Calm in failure: one clear line, the right exit code, within ten seconds."""

import time
from collections.abc import Iterator

import pytest

from bot.demo.faults import Fault
from bot.demo.gateway import key
from bot.demo.stack import Stack
from tests.integration.conftest import Said, program, shell

pytestmark = pytest.mark.postgrest

WORKER = "gpu-20260101_000000-d0000001"


@pytest.fixture(autouse=True)
def calm(stack: Stack) -> Iterator[None]:
    """Leave no fault behind."""
    yield
    assert stack.gateway is not None
    assert stack.runpod is not None
    stack.gateway.calm()
    stack.runpod.calm()


def one_line(said: Said, *, code: int) -> str:
    """Return the only line on standard error, having checked what all must fulfil."""
    assert said.code == code, said
    assert "Traceback" not in said.err
    lines = said.err.strip().splitlines()
    assert len(lines) == 1, said.err
    return lines[0]


def timed(*words: str, environment: dict[str, str]) -> tuple[Said, float]:
    """Return what it said, and after how many seconds more than any program needs.

    On a busy machine it takes several to begin.
    """
    begun = time.monotonic()
    program("helth", environment={})
    between = time.monotonic()
    said = program(*words, environment=environment)
    return said, time.monotonic() - between - (between - begun)


def test_no_settings_at_all() -> None:
    """The setting that is missing is named."""
    said = program("health", environment={})

    assert said.code == 4
    assert "Traceback" not in said.err
    assert "SUPABASE_URL is not set" in said.err + said.out


def test_no_settings_and_a_task() -> None:
    """A command that lives from one source names its setting in one line."""
    line = one_line(program("task", "41345358", environment={}), code=4)

    assert "SUPABASE_URL is not set" in line


def test_an_unreachable_database(stack: Stack) -> None:
    """Nobody listens there; the library's seven silent seconds are not spent."""
    environment = {**stack.environment, "SUPABASE_URL": "http://127.0.0.1:9"}
    said, seconds = timed("task", "41345358", environment=environment)

    assert "SUPABASE_URL" in one_line(said, code=4)
    assert seconds < 10


def test_a_silent_database(stack: Stack) -> None:
    """An address that accepts and never answers is given up within ten seconds."""
    assert stack.gateway is not None
    stack.gateway.faults(Fault(match=".", times=99, delay=30))
    said, seconds = timed("tasks", environment=stack.environment)

    assert "did not answer within" in one_line(said, code=4)
    assert seconds < 10


def test_a_wrong_key(stack: Stack) -> None:
    """The setting that holds it is named, the key is not."""
    wrong = key("service_role", secret="another-secret-of-32-characters-length")
    environment = {**stack.environment, "SUPABASE_SERVICE_ROLE_KEY": wrong}
    line = one_line(program("tasks", environment=environment), code=4)

    assert "SUPABASE_SERVICE_ROLE_KEY" in line
    assert wrong not in line


def test_a_key_that_sees_nothing(stack: Stack) -> None:
    """An anon key gets an empty database; that is not an answer."""
    environment = {**stack.environment, "SUPABASE_SERVICE_ROLE_KEY": key("anon")}
    line = one_line(program("tasks", environment=environment), code=4)

    assert "anon" in line


def test_an_empty_project_is_not_called_well(stack: Stack) -> None:
    """Nothing to see is not the same as nothing wrong."""
    said = program("health", "--json", environment=stack.environment)

    assert said.json["status"] == "unknown"


def test_a_missing_table(stack: Stack) -> None:
    """The table is named; what does not need it is still answered."""
    assert stack.postgres is not None
    stack.postgres.sql("alter table system_logs rename to system_logs_gone")
    try:
        logs = program("logs", environment=stack.environment)
        health = program("health", "--json", environment=stack.environment)
    finally:
        stack.postgres.sql("alter table system_logs_gone rename to system_logs")

    assert "system_logs" in one_line(logs, code=4)
    assert health.code == 4
    assert health.json["data"]["tasks"]["by_status"]["Queued"] == 0
    assert any("system_logs" in each["reason"] for each in health.json["gaps"])


def test_runpod_down(stack: Stack) -> None:
    """The rest of the answer is shown, and the gap is named."""
    assert stack.runpod is not None
    stack.runpod.faults(Fault(match=".", times=99, status=503, body="{}"))
    said = program("health", "--json", environment=stack.environment)
    pods = program("runpod", environment=stack.environment)

    assert said.code == 4
    assert said.json["data"]["tasks"]["by_status"]["Queued"] == 0
    assert said.json["data"]["pods"]["orphaned"] is None
    assert [each["source"] for each in said.json["gaps"]] == ["runpod"]
    assert "runpod" in one_line(pods, code=4)


def test_runpod_not_configured(stack: Stack) -> None:
    """Named as a gap, which fails nothing but the command that is about it."""
    environment = {**stack.environment, "RUNPOD_API_KEY": ""}
    health = program("health", "--json", environment=environment)
    pods = program("runpod", environment=environment)

    assert health.code == 0
    assert "not configured" in health.json["gaps"][0]["reason"]
    assert "RUNPOD_API_KEY" in one_line(pods, code=4)


def test_one_slow_table_does_not_take_the_answer_down(stack: Stack) -> None:
    """The logs hang; the worker's row and tasks are shown, the gap is named."""
    assert stack.postgres is not None
    assert stack.gateway is not None
    stack.postgres.sql(
        "insert into workers (id, instance_type, status, last_heartbeat) values"
        f" ('{WORKER}', 'RTX 4090', 'active', now()) on conflict do nothing"
    )
    stack.gateway.faults(Fault(match="system_logs", times=99, delay=30))
    words = ("worker", WORKER, "--json")
    said, seconds = timed(*words, environment=stack.environment)
    stack.postgres.sql("delete from workers")

    assert said.code == 4
    assert said.json["data"]["worker"]["status"] == "active"
    assert said.json["data"]["is_logging"] is None
    assert said.json["gaps"][0]["source"] == "supabase"
    assert seconds < 10


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("task", "not/an/id"), "not an id"),
        (("task", "gpu-20260101_000000-d0000001"), "worker"),
        (("tasks", "--status", "Running"), "In Progress"),
        (("workers", "--status", "actve"), "active"),
        (("tasks", "--hours", "soon"), "--hours"),
        (("helth",), "health"),
        (("task",), "ID"),
        (("logs", "--level", "EROR"), "ERROR"),
        (("health", "--sytem", "reigh"), "--system"),
        (("health", "--system", "rei"), "reigh"),
    ],
)
def test_wrong_words_are_refused(words: tuple[str, ...], hint: str) -> None:
    """Before any source is asked, with the nearest right word."""
    line = one_line(shell(*words, environment={}), code=2)

    assert hint in line


def test_what_does_not_exist(stack: Stack) -> None:
    """An id of the right form that nothing has."""
    words = ("task", "00000000-0000-4000-8000-000000000000")
    line = one_line(program(*words, environment=stack.environment), code=3)

    assert "no task is called" in line
