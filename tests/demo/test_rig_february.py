"""Workers of February 2026: what they write, as the product reads it."""

import json
from pathlib import Path

import pytest

from bot.demo.rig import Rig
from bot.demo.rig_files import written
from bot.demo.rig_scenarios import ELDER, ELDER_WHOLE, RIG_SCENARIOS
from bot.demo.rigs import make_rig
from bot.domain.agent_lives import elder
from bot.domain.agent_names import AgentKind
from tests.demo.rigs import a_rig, read
from tests.demo.times import NOON


def _healthy() -> Rig:
    return make_rig(NOON, 1, gpus=4, failures=(), february=True)


async def test_it_is_read_as_what_it_is(tmp_path: Path) -> None:
    """By its shape: no brain beats, and workers list no tasks."""
    found = await read(_healthy(), tmp_path)

    assert elder(found)
    assert {each.kind for each in found.agents or ()} == {AgentKind.WORKER}
    assert not any(each.active for each in found.agents or ())
    assert found.sidecars == ()
    assert found.monitor_at is not None
    assert found.configured is not None
    assert found.configured.agents.keys() == {f"worker-{n}" for n in range(1, 5)}


def test_only_what_was_there_in_february_is_written() -> None:
    """Neither heartbeats of a brain nor sidecars, states and events."""
    files = written(_healthy())

    paths = {path for path in files if not path.endswith(".lock")}
    folders = {path.rpartition("/")[0] for path in paths}
    assert {each for each in folders if not each.startswith("workers/")} == {
        *("agents", "logs", "logs/console", "brain/private_tasks"),
        *("tasks/queue", "tasks/processing", "tasks/complete"),
    }
    assert not any(path.endswith(".heartbeat.json") for path in paths)
    beat = json.loads(files["workers/worker-1/heartbeat.json"].text)
    assert {*beat} == {
        *("worker_id", "gpu_id", "timestamp", "model_loaded", "model", "port")
    }


def test_a_task_s_file_counts_its_retries() -> None:
    """It names no worker that it was tried on before."""
    rig = a_rig(february=True)
    agent, batch = rig.gpu(), rig.batch(rig.ago(minutes=5), "plan")
    task = rig.task(batch, "render")
    for seconds in (200, 100):
        rig.claim(agent, task, rig.ago(seconds=seconds))
    rig.end(agent, task, rig.ago(seconds=50), well=False)

    [file] = [
        it for path, it in written(rig).items() if path.endswith(f"{task.id}.json")
    ]
    told = json.loads(file.text)
    assert told["retry_count"] == 1
    assert not {"attempts", "workers_attempted", "batch_path"} & told.keys()
    assert told["assigned_to"] == agent.name == "worker-1"
    assert len(told["batch_id"]) == 8
    assert [each.message for each in agent.said][-2:] == [
        "Executing shell command: python3 step.py",
        f"Task {task.short}... failed",
    ]


def test_a_worker_says_twice_that_it_stops() -> None:
    """And how many tasks it did."""
    rig = a_rig(february=True)
    agent = rig.gpu(hot=True)

    rig.shuts_down(agent, NOON)

    said = [each.message for each in agent.said]
    assert said.count("Worker worker-1 shutting down - completed 0 tasks") == 2
    assert "Model loaded in 8s - ready for LLM tasks" in said


def test_one_that_tells_everything_tells_of_its_heartbeats() -> None:
    """At each look at an empty queue."""
    rig = a_rig(february=True, debug=True)
    rig.gpu(minutes=1)

    told = written(rig)["logs/console/worker-1.log"].text

    assert "[worker-1] DEBUG: Heartbeat sent - status: idle, idle: 5s" in told


@pytest.mark.parametrize("name", sorted({*ELDER, *ELDER_WHOLE}))
def test_each_can_be_planted(name: str) -> None:
    """Nothing of it is a GPU agent's."""
    rig = make_rig(NOON, 2, failures=[name], february=True)

    assert name in RIG_SCENARIOS
    assert all(each.february for each in rig.agents.values())
    assert not {"sidecar", "gpus", "cpus"} & {
        part for path in written(rig) for part in path.split("/")
    }


def test_some_rigs_are_of_february() -> None:
    """One in six of those that are drawn; others where they have to be."""
    drawn = [make_rig(NOON, seed).february for seed in range(60)]

    assert 5 <= sum(drawn) <= 15
    assert make_rig(NOON, 1, failures=["stuck by its time"]).february
    assert not make_rig(NOON, 1, failures=["killed"]).february
