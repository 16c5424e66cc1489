"""A rig while it is made."""

from datetime import timedelta

from tests.demo.rigs import a_rig
from tests.demo.times import NOON


def test_times_are_of_the_hosts_zone_and_name_none() -> None:
    """As the programs write them; a batch's id is of whole seconds."""
    rig = a_rig(zone="America/New_York")

    assert rig.naive(NOON) == "2026-01-31T07:00:00.000000"
    assert rig.stamped(NOON) == "20260131_070000"


def test_no_two_batches_share_an_id_by_accident() -> None:
    """The second one is submitted a second later."""
    rig = a_rig()

    one, two = (rig.batch(NOON, "plan") for _ in range(2))

    assert two.at - one.at == timedelta(seconds=1)
    assert one.id != two.id


def test_a_task_is_claimed_run_and_done() -> None:
    """Its file, its agent's lines and its batch's events tell the same."""
    rig = a_rig()
    agent, batch = rig.gpu(), rig.batch(rig.ago(minutes=5), "plan")
    task = rig.task(batch, "render")
    rig.run(agent, task, seconds=100)
    assert task.sidecar_at
    assert (task.lane, agent.running) == ("processing", [task])

    rig.end(agent, task, rig.ago(seconds=9))

    assert (task.lane, agent.done) == ("complete", 1)
    assert dict(task.fields)["result"]["success"]
    assert task.fields["workers_attempted"] == [agent.name]
    said = [each.message for each in agent.said]
    assert said[-1] == f"Task {task.short}... completed"
    assert [each["event"] for each in batch.events] == [
        "task_released",
        "task_started",
        "task_succeeded",
    ]


def test_a_model_load_is_a_meta_task_of_no_plan() -> None:
    """It names who may take it."""
    rig = a_rig()

    task = rig.load(rig.ago(seconds=20), "gpu-1")

    assert (task.task_class, task.batch.id) == ("meta", "system")
    assert task.fields["candidate_workers"] == ["gpu-1"]
    assert task.batch not in rig.batches


def test_only_the_well_live() -> None:
    """Hot, cold, or either; a cpu agent is no GPU agent."""
    rig = a_rig()
    hot, cold, lost, cpu = rig.gpu(hot=True), rig.gpu(), rig.gpu(), rig.cpu()
    rig.spare(hot.name, cold.name, cpu.name)

    assert [*rig.living()] == [hot, cold]
    assert [*rig.living(hot=True)] == [hot]
    assert [*rig.living(hot=False)] == [cold]
    assert lost.name not in rig.innocent
