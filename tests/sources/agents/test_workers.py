from pathlib import Path

import pytest

from bot.domain.errors import NotFound, SourceDown
from bot.domain.times import Window
from bot.domain.workers import Pulse, WorkerId
from bot.sources import Workers
from bot.sources.agents.workers import AgentsWorkers, agent_of
from tests.sources.agents.files import (
    NOW,
    a_brain,
    a_cpu,
    a_decision,
    a_folder,
    a_gpu,
    a_log,
    shut,
    snapshot,
    the_decisions,
    write,
)

HOUR = Window.before(NOW, hours=1)


def the_workers(root: Path) -> Workers:
    return AgentsWorkers(a_folder(root))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("gpu-1", True),
        ("worker-12", True),
        ("worker-gpu1", True),
        ("cpu-pi1", True),
        ("brain", True),
        ("gpu-2-w0-dd8fbfaa", False),
        ("cpu-pi1-w0", False),
        ("gpu-2-meta", False),
        ("gpu", False),
        ("gpu-20251017_130952-95cd7f4c", False),
    ],
)
def test_ids_are_known_by_their_form(tmp_path: Path, text: str, *, whole: bool) -> None:
    """A subprocess of an agent is none."""
    assert the_workers(tmp_path).is_id(text) is whole
    assert the_workers(tmp_path).may_bound(text)


def test_a_subprocess_stands_for_its_agent() -> None:
    """However it is called."""
    names = ("gpu-2-w0-dd8fbfaa", "gpu-2-meta", "gpu-2", "cpu-a-b-w1-dd8fbfaa")

    assert [agent_of(each) for each in names] == ["gpu-2", "gpu-2", "gpu-2", "cpu-a-b"]


async def test_workers_are_found_by_what_their_ids_begin_with(tmp_path: Path) -> None:
    """Or by one of their subprocesses."""
    for number in (1, 2):
        a_gpu(tmp_path, number)
    a_brain(tmp_path)
    workers = the_workers(tmp_path)

    assert await workers.find("gpu") == ["gpu-1", "gpu-2"]
    assert await workers.find("gpu-2-w0-dd8fbfaa") == ["gpu-2"]
    assert await workers.find("x") == []
    assert await workers.find("-2") == ["gpu-2"]
    assert await workers.of_pod("p") == ()
    known = await workers.known_as(["brain", "gpu-1-meta", "gpu-9"], ["pod"])
    assert {each.id for each in known} == {"brain", "gpu-1"}


async def test_who_is_alive_is_told_by_the_age_of_heartbeats() -> None:
    """gpu-4 was killed 52 s before; nothing else tells yet."""
    folder, now = snapshot("1_gpu4_just_killed")
    fleet = await AgentsWorkers(folder).fleet(Window.before(now, hours=1))
    ages = {
        each.id: round((each.silence(now) or NOW - NOW).total_seconds())
        for each in fleet.rows
    }

    assert fleet.whole
    assert ages == {"brain": 1, "cpu-pi1": 4, "gpu-1": 3, "gpu-2": 5, "gpu-4": 52}


async def test_who_is_silent_is_told_by_the_age_of_heartbeats() -> None:
    """Thirteen minutes later two are."""
    folder, now = snapshot("3_gpu1_stuck_requeued")
    fleet = await AgentsWorkers(folder).fleet(Window.before(now, hours=1))

    assert {each.id: each.pulse(now) for each in fleet.rows} == {
        "brain": None,
        "cpu-pi1": Pulse.HEALTHY,
        "gpu-1": Pulse.STALE,
        "gpu-2": Pulse.HEALTHY,
        "gpu-4": Pulse.STALE,
    }


async def test_an_agent_that_should_be_there_is_in_the_fleet(tmp_path: Path) -> None:
    """By the configuration."""
    a_gpu(tmp_path, 1)
    write(tmp_path / "config.json", {"gpus": [{"name": "gpu-1"}, {"name": "gpu-3"}]})
    workers = the_workers(tmp_path)

    assert (await workers.get(WorkerId("gpu-3"))).status == "never started"
    assert (await workers.get(WorkerId("gpu-1-w0-dd8fbfaa"))).id == "gpu-1"
    with pytest.raises(NotFound, match="no worker is called gpu-2") as raised:
        await workers.get(WorkerId("gpu-2"))
    assert raised.value.hint == (
        "did you mean 'gpu-3'? there are gpu-1, gpu-3: workers"
    )


async def test_of_many_agents_some_are_named_for_one_that_is_not(
    tmp_path: Path,
) -> None:
    """Where none is there, the folder may be another."""
    with pytest.raises(NotFound) as none:
        await the_workers(tmp_path).get(WorkerId("gpu-2"))
    names = [{"name": f"gpu-{number}"} for number in range(10, 25)]
    write(tmp_path / "config.json", {"gpus": names})
    with pytest.raises(NotFound) as raised:
        await the_workers(tmp_path).get(WorkerId("gpu-2"))

    assert none.value.hint.endswith("is AGENTS_ROOT the right folder?")
    assert raised.value.hint.endswith(" gpu-21 and 3 more: workers")


async def test_a_heartbeat_half_written_is_never_a_dead_agent(tmp_path: Path) -> None:
    """Neither absent nor never started."""
    a_cpu(tmp_path)
    write(tmp_path / "config.json", {"gpus": [{"name": "gpu-1"}]})
    write(tmp_path / "gpus" / "gpu_1" / "heartbeat.json", "{")
    workers = the_workers(tmp_path)
    fleet = await workers.fleet(HOUR)

    assert ([each.id for each in fleet.rows], fleet.whole) == (["cpu-pi1"], False)
    with pytest.raises(SourceDown, match="half written"):
        await workers.get(WorkerId("gpu-1"))


async def test_who_beats_in_a_folder_that_is_shut_is_nobody_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are known; of any other name nobody can tell."""
    a_gpu(tmp_path, 1)
    a_cpu(tmp_path)
    shut(monkeypatch, tmp_path / "gpus")
    workers = the_workers(tmp_path)
    fleet = await workers.fleet(HOUR)

    assert [each.id for each in fleet.rows] == ["cpu-pi1"]
    assert (fleet.whole, fleet.cut) == (False, False)
    assert list(await workers.find("pi1")) == ["cpu-pi1"]
    for name in ("gpu-1", "gpu-1-w0-dd8fbfaa", "other"):
        with pytest.raises(SourceDown, match="cannot be read in gpus: Permission"):
            await workers.find(name)
    with pytest.raises(SourceDown, match="cannot be read in gpus"):
        await workers.get(WorkerId("gpu-1"))


async def test_a_brain_is_always_known(tmp_path: Path) -> None:
    """Where nothing tells of it, it never started; older ones write no heartbeat."""
    workers = the_workers(tmp_path)
    never = await workers.get(WorkerId("brain"))
    the_decisions(tmp_path, a_decision("MONITOR", "looked", NOW))
    elder = await workers.get(WorkerId("brain"))

    assert (never.status, never.runs_on_gpu) == ("never started", False)
    assert (elder.status, elder.last_heartbeat_at) == ("without a heartbeat", None)
    assert [each.id for each in (await workers.fleet(HOUR)).rows] == []


async def test_who_wrote_lines_is_known_without_a_heartbeat(tmp_path: Path) -> None:
    """And so is one that the brain names, which wrote none; nobody else is."""
    a_gpu(tmp_path, 1)
    a_log(tmp_path, "all.log", "09:00:00 [gpu-2] INFO: GPU agent gpu-2 starting")
    missing = a_decision("GPU_MISSING", "gpu-3 is missing", NOW, gpu="gpu-3")
    the_decisions(tmp_path, missing)
    workers = the_workers(tmp_path)
    wrote, named = [await workers.get(WorkerId(f"gpu-{n}-w0")) for n in (2, 3)]

    assert (wrote.id, wrote.status) == ("gpu-2", "without a heartbeat")
    assert (named.id, named.status) == ("gpu-3", "never started")
    with pytest.raises(NotFound):
        await workers.get(WorkerId("gpu-4"))
