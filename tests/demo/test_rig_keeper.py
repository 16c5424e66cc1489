"""A rig's incident, while the clock goes on."""

from datetime import timedelta
from pathlib import Path

from bot.demo.rig_files import Shared
from bot.demo.rig_keeper import RigKeeper
from bot.demo.rigs import make_rig
from tests.demo.times import NOON


def test_the_living_beat_and_the_dead_stay_dead(tmp_path: Path) -> None:
    """Who is late stays as late as it was."""
    rig = make_rig(NOON, 1, failures=["late", "killed"], zone="UTC")
    late, killed = (
        rig.agents[each.subject]
        for each in rig.expected
        if each.rule in ("heartbeat-ageing", "killed-agent")
    )
    died = killed.beat_at
    keeper = RigKeeper(rig, Shared(tmp_path))

    for number in range(1, 121):
        keeper.beat(NOON + timedelta(seconds=5 * number))

    assert rig.now == NOON + timedelta(minutes=10)
    assert rig.now - late.beat_at == timedelta(seconds=90)
    assert killed.beat_at == died
    assert all(rig.now - each.beat_at < timedelta(seconds=5) for each in rig.living())
    assert rig.now - rig.monitor_at <= timedelta(seconds=30)


def test_healthy_tasks_end_and_others_begin(tmp_path: Path) -> None:
    """None runs for long, what waited is done, and what waited for it is released."""
    rig = make_rig(NOON, 2, failures=(), zone="UTC")
    waiting = [id for id, it in rig.tasks.items() if it.lane in ("queue", "private")]
    assert waiting
    keeper = RigKeeper(rig, Shared(tmp_path))

    for number in range(1, 121):  # at each, all that was ever said is written anew
        keeper.beat(NOON + timedelta(seconds=10 * number))

    running = [it for it in rig.tasks.values() if it.lane == "processing"]
    assert running
    assert all(
        rig.now - it.fields["started_at"] < timedelta(seconds=250) for it in running
    )
    assert {rig.tasks[id].lane for id in waiting} <= {"complete", "processing"}
    assert len([*tmp_path.glob("tasks/processing/*.heartbeat.json")]) == len(running)


def test_who_pauses_for_heat_goes_on_doing_so(tmp_path: Path) -> None:
    """Its pause is always about to end."""
    rig = make_rig(NOON, 1, failures=["paused for heat"], zone="UTC")
    [paused] = [rig.agents[each.subject] for each in rig.expected]
    keeper = RigKeeper(rig, Shared(tmp_path))

    keeper.beat(NOON + timedelta(minutes=9))

    assert paused.fields["thermal_pause_until"] == rig.now + timedelta(seconds=54)


def test_the_brain_goes_on_with_what_is_stuck(tmp_path: Path) -> None:
    """Abort, abort, kill, and a minute later the queue, where another takes it."""
    rig = make_rig(NOON, 1, failures=["stuck"], zone="UTC")
    [id] = [each.subject for each in rig.expected if each.rule == "stuck-task"]
    [agent] = [each for each in rig.agents.values() if rig.tasks[id] in each.running]
    keeper = RigKeeper(rig, Shared(tmp_path))

    for number in range(1, 61):
        keeper.beat(NOON + timedelta(seconds=5 * number))

    kinds = [
        each.kind for each in rig.decisions if each.details.get("task_id") == id[:8]
    ]
    assert kinds[-4:] == [
        "TASK_ABORT_SIGNAL",
        "TASK_ABORT_SIGNAL",
        "TASK_FORCE_KILL_SIGNAL",
        "TASK_REQUEUED_TIMEOUT",
    ]
    assert rig.tasks[id] not in agent.running
    assert rig.tasks[id].lane in ("queue", "processing")
