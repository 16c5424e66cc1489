import pytest

from bot.domain.startup import came_up, memory_profile, of_startup, started, stopped
from tests.world import NOW, WORKER, a_line, a_worker, ago

UP = f"Worker {WORKER} started. Polling every 10s."


@pytest.mark.parametrize(
    ("message", "is_one"),
    [(UP, True), ("ModuleNotFoundError: wgp", True), ("loading model wan", False)],
)
def test_ordinary_work_is_no_start(message: str, *, is_one: bool) -> None:
    """It loads models as well."""
    assert of_startup(a_line(message)) is is_one


def test_a_worker_came_up_when_its_line_says_so() -> None:
    """Not before its creation, whatever another clock says."""
    lines = [a_line("before"), a_line(UP, at=ago(minutes=50))]

    assert came_up(lines) is lines[1]
    assert started(a_worker(), lines, NOW).endswith(", 10 min after its creation")
    born_later = a_worker(created_at=ago(minutes=49))
    assert started(born_later, lines, NOW).endswith(", 0 s after its creation")


def test_a_beat_alone_is_no_start() -> None:
    """The guardian beats on its own."""
    assert came_up([]) is None
    assert "but no line of the window says" in started(a_worker(), [], NOW)
    silent = a_worker(last_heartbeat_at=None)
    assert "has not come up in the 1 h" in started(silent, [], NOW)


def test_what_a_start_stopped_at_is_the_line_that_says_so() -> None:
    """Of a copy of the pod's whole log."""
    fine = a_line("Startup logs for gpu-1:\n=== GIT PULL ===")
    dump = a_line("Startup logs:\n=== GIT PULL ===\n ModuleNotFoundError: wgp\nmore")

    assert stopped([fine]) is None
    assert stopped([fine, dump]) == (dump, "ModuleNotFoundError: wgp")


def test_the_memory_profile_is_told_where_a_version_logs_it() -> None:
    """Of one that left no line of its start nobody knows."""
    up, profile = a_line(UP), a_line("Initializing with Memory Profile 3")

    assert memory_profile([]) is None
    assert memory_profile([a_line()]) is None
    assert memory_profile([up]) == "not logged by this worker version"
    assert memory_profile([profile, up]) == "3"
