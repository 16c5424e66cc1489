import pytest

from bot.domain.agent_names import Lane
from bot.domain.findings import Severity
from tests.file_queues import a_file, a_folder, a_life, an_agent, found, of_queue
from tests.world import ago

RULE = "heartbeat-stale"


@pytest.mark.parametrize("seconds", [5, 61, 120])
def test_a_heartbeat_up_to_two_minutes_old(seconds: int) -> None:
    """Late at most; and one that never was is another matter."""
    agents = (an_agent(beat_at=ago(seconds=seconds)), an_agent("gpu-2", beat_at=None))

    assert not found(RULE, a_folder(agents=agents))
    assert not found(RULE, of_queue(None))


def test_an_agent_that_was_stopped() -> None:
    """With nothing to do: all is well."""
    at = ago(minutes=5)
    case = a_folder(agents=(an_agent(beat_at=at),), lives=a_life(stopped_at=at))

    assert not found(RULE, case)


def test_a_stale_heartbeat_with_a_task() -> None:
    """The brain gives the task back."""
    agent = an_agent(beat_at=ago(seconds=175))

    [one] = found(RULE, a_folder(agents=(agent,), tasks=(a_file(),)))

    assert one.title == "gpu-1 has not written a heartbeat for 2 min 55 s"
    assert one.severity is Severity.CRITICAL
    assert one.evidence[0].startswith("gpus/gpu_1/heartbeat.json is of")
    assert "queues 22d25838 again once no sidecar is written for 2 min" in one.remedy


@pytest.mark.parametrize(
    ("minutes", "tasks", "grave"),
    [
        (9, (), Severity.CRITICAL),
        (11, (), Severity.CRITICAL),
        (11, (a_file(lane=Lane.QUEUE),), Severity.CRITICAL),
    ],
)
def test_it_never_weighs_less(minutes: int, tasks: tuple[()], grave: Severity) -> None:
    """An agent that is long gone is told as gone, whether or not anything waits."""
    agent = an_agent(beat_at=ago(minutes=minutes))

    [one] = found(RULE, a_folder(agents=(agent,), tasks=tasks))

    assert one.severity is grave
    assert ("gpu-1 is gone: it has not" in one.title) is (minutes > 10)
    assert "queues" not in one.remedy
