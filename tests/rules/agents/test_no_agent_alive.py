from bot.domain.agent_names import Lane
from bot.domain.file_queue import Agent
from bot.domain.findings import Severity
from tests.file_queues import (
    a_file,
    a_folder,
    a_life,
    an_agent,
    found,
    of_queue,
)
from tests.world import ago

RULE = "no-agent-alive"
GONE = ago(hours=5)


def lost(id: str) -> Agent:
    """Return an agent that has not beaten for hours."""
    return an_agent(id, beat_at=GONE)


def test_one_that_beats_is_enough() -> None:
    """Nor is anything told of a folder without agents, or of a single one."""
    assert not found(RULE, a_folder(agents=(lost("gpu-1"), an_agent("gpu-2"))))
    assert not found(RULE, a_folder(agents=(lost("gpu-1"),)))
    assert not found(RULE, a_folder(agents=()))
    assert not found(RULE, a_folder(agents=None))
    assert not found(RULE, of_queue(None))


def test_one_whose_heartbeat_could_not_be_read_may_live() -> None:
    """It is not called dead."""
    unread = ("gpus/gpu_4/heartbeat.json",)
    case = a_folder(agents=(lost("gpu-1"), lost("gpu-2")), unread=unread)

    assert not found(RULE, case)


def test_a_fleet_that_is_gone_is_critical_though_nothing_waits() -> None:
    """Whatever is submitted stays; that no brain is known is told."""
    agents = (lost("worker-1"), lost("worker-2"))

    [one] = found(RULE, a_folder(agents=agents, brain=None))

    assert one.severity is Severity.CRITICAL
    assert one.title == (
        "no agent is alive: none of 2 has beaten since 2026-01-31 07:00:00Z"
    )
    assert any("no brain is known" in each for each in one.evidence)


def test_the_brain_is_told_of_by_what_it_left() -> None:
    """Its heartbeat, or its last look."""
    agents = (lost("gpu-1"), lost("gpu-2"))

    [one] = found(RULE, a_folder(agents=agents))
    [other] = found(RULE, a_folder(agents=agents, brain=None, monitor_at=GONE))

    assert any("brain/heartbeat.json is of" in each for each in one.evidence)
    assert any("its brain last looked at" in each for each in other.evidence)


def test_a_shutdown_of_all_may_be_meant() -> None:
    """But not while something waits."""
    agents = (lost("gpu-1"), lost("gpu-2"))
    lives = {
        **a_life(stopped_at=GONE, started_at=ago(hours=6)),
        **a_life("gpu-2", stopped_at=GONE, started_at=ago(hours=6)),
    }
    waits = a_file(lane=Lane.QUEUE)

    [meant] = found(RULE, a_folder(agents=agents, lives=lives))
    [bad] = found(RULE, a_folder(agents=agents, lives=lives, tasks=(waits,)))

    assert meant.severity is Severity.WARNING
    assert "2 logs of theirs tell of a shutdown" in meant.evidence
    assert bad.severity is Severity.CRITICAL
