"""What a rig's programs write of themselves, beside what the real ones wrote."""

import json
from typing import Any

import pytest

from bot.demo.rig_beats import beats, brain, config, heartbeat, state
from tests.demo.rigs import a_rig
from tests.sources.agents.files import SNAPSHOTS

REAL = SNAPSHOTS / "5_agents_back"


def real(path: str) -> dict[str, Any]:
    """Return what the real program wrote."""
    found: dict[str, Any] = json.loads((REAL / path).read_text())
    return found


def test_a_gpu_agent_writes_no_key_that_the_real_one_does_not() -> None:
    """Nor does it list a task otherwise."""
    rig = a_rig()
    agent = rig.gpu()
    rig.run(agent, rig.task(rig.batch(rig.ago(minutes=3), "plan"), "a"), seconds=60)
    known = real("gpus/gpu_4/heartbeat.json")

    shown = heartbeat(agent)

    assert beats(agent) == ("gpus/gpu_1/heartbeat.json",)
    assert shown.keys() <= known.keys()
    assert shown["active_tasks"][0].keys() <= known["active_tasks"][0].keys()
    assert shown["budget_available_mb"] == 4915 - 2200


def test_a_load_is_told_by_the_runtimes_state() -> None:
    """It is no task among the others."""
    rig = a_rig()
    agent = rig.gpu()
    task = rig.run(agent, rig.load(rig.ago(seconds=70), agent.name), seconds=60)

    shown = heartbeat(agent)

    assert shown["meta_task_id"] == task.id
    assert (shown["runtime_state"], shown["active_tasks"]) == ("loading_single", [])


@pytest.mark.parametrize("busy", [False, True])
def test_a_cpu_agent_names_its_only_task(busy: bool) -> None:
    """In two files, as the real one does."""
    rig = a_rig()
    agent, batch = rig.cpu(), rig.batch(rig.ago(minutes=3), "plan")
    if busy:
        rig.run(agent, rig.task(batch, "probe", "cpu"), seconds=60)

    shown = heartbeat(agent)

    assert beats(agent) == ("cpus/cpu-pi1/heartbeat.json", "heartbeats/cpu-pi1.json")
    assert shown.keys() <= real("cpus/cpu-pi1/heartbeat.json").keys()
    assert (shown["state"] == "running") is busy


def test_the_brain_and_its_memory_are_as_the_real_ones() -> None:
    """So is the configuration; what nobody started stands in it."""
    rig = a_rig()
    rig.gpu()
    rig.batch(rig.ago(minutes=3), "plan")
    rig.unstarted.append("gpu-9")

    assert brain(rig).keys() <= real("brain/heartbeat.json").keys()
    assert state(rig).keys() <= real("brain/state.json").keys() | {
        "gpu_missing_escalations"  # written once an agent was missed
    }
    assert config(rig).keys() <= real("config.json").keys()
    assert [each["name"] for each in config(rig)["gpus"]] == ["gpu-1", "gpu-9"]
