import pytest

from bot.domain import file_proofs as proofs
from bot.domain.agent_names import AgentKind, Lane
from bot.domain.file_queue import Agent
from tests.file_queues import BRAIN, FILE, a_file, a_sidecar, an_agent
from tests.world import NOW, ago


@pytest.mark.parametrize(
    ("agent", "path"),
    [
        (BRAIN, "brain/heartbeat.json"),
        (an_agent(gpu=3), "gpus/gpu_3/heartbeat.json"),
        (an_agent(gpu=None), "gpus/gpu-1/heartbeat.json"),
        (an_agent("cpu-pi1", kind=AgentKind.CPU), "cpus/cpu-pi1/heartbeat.json"),
        (
            an_agent("worker-1", kind=AgentKind.WORKER),
            "workers/worker-1/heartbeat.json",
        ),
    ],
)
def test_each_kind_writes_its_heartbeat_in_a_place_of_its_own(
    agent: Agent, path: str
) -> None:
    """So that the file can be looked at."""
    assert proofs.beat_path(agent) == path


def test_a_heartbeat_is_told_with_its_age() -> None:
    """Or that it tells no time, or one of later."""
    late, ahead = an_agent(), an_agent(beat_at=ago(seconds=-7))

    assert proofs.beat(late, NOW).endswith("is of 2026-01-31 11:59:55Z, 5 s ago")
    assert proofs.beat(ahead, NOW).endswith("12:00:07Z, 7 s ahead of the clock here")
    assert "no time" in proofs.beat(an_agent(beat_at=None), NOW)
    assert proofs.beat(an_agent(undated=True), NOW) == (
        "gpus/gpu_1/heartbeat.json tells no time, and was written at"
        " 2026-01-31 11:59:55Z, 5 s ago"
    )


def test_a_task_is_told_by_its_file() -> None:
    """Who started it when, if the file says so."""
    bare = a_file(worker=None, started_at=None)

    assert proofs.called(a_file()) == "task 22d25838"
    assert proofs.started(a_file(), NOW) == (
        f"tasks/processing/{FILE}.json: gpu-1 started it at 2026-01-31 11:58:00Z,"
        " 2 min ago"
    )
    assert proofs.started(bare, NOW).endswith("names somebody and no start")


def test_a_sidecar_is_told_or_its_absence() -> None:
    """That it lacks is a proof as well."""
    assert proofs.sidecar(a_file(), NOW).endswith("5 s ago")
    assert proofs.sidecar(a_file(sidecar=None), NOW).startswith("no sidecar")
    half = a_file(sidecar=a_sidecar(updated_at=None))
    assert proofs.sidecar(half, NOW) == "its sidecar tells no time"


def test_an_end_is_told_as_far_as_it_is_known() -> None:
    """When, where, and at which attempt."""
    whole = a_file(lane=Lane.FAILED, attempts=3)
    bare = a_file(lane=Lane.FAILED, worker=None, ended_at=None, status="")

    assert proofs.ended(whole) == (
        f"tasks/failed/{FILE}.json: failed at 2026-01-31 11:59:00Z on gpu-1, attempt 3"
    )
    assert proofs.ended(bare) == f"tasks/failed/{FILE}.json: ended"


def test_texts_of_others_are_cut_to_a_line() -> None:
    """An error is told first, the output where there is none."""
    assert proofs.said("a" * 200 + "\nb").endswith("a…")
    assert proofs.failure(a_file(error="bad\nworse")) == ("its error: bad",)
    assert proofs.failure(a_file(output="out")) == ("its error: out",)
    assert proofs.failure(a_file()) == ()


def test_the_first_tasks_are_named() -> None:
    """And the others counted."""
    tasks = [a_file(f"{n}{n}{n}{n}{n}{n}{n}{n}-1") for n in range(6)]

    assert proofs.names(tasks).endswith("44444444 and 1 more")
    assert proofs.held(tasks[:1]) == ("it holds 1 task: 00000000",)
    assert proofs.held(()) == ()
