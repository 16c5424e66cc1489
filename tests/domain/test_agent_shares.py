from typing import Any

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.agent_shares import shares, table, unshared
from bot.domain.file_queue import TaskFile
from bot.domain.workers import WorkerId
from tests.file_queues import BRAIN, a_file, a_queue, an_agent
from tests.world import NOW, ago

DONE = {("gpu-2", "llm"): 6, ("gpu-2", "script"): 2, ("brain", ""): 2}
AGENTS = (an_agent(), an_agent("gpu-2", hot=True, beat_at=ago(hours=1)), BRAIN)


def test_what_was_not_read_is_no_share() -> None:
    """Neither completions nor agents."""
    assert shares(a_queue(completed=None), NOW) is None
    assert shares(a_queue(completed={}, agents=None), NOW) is None


def test_an_agent_that_did_nothing_stands_beside_one_that_did_all() -> None:
    """The brain only where it did some."""
    first, brain, idle = shares(a_queue(completed=DONE, agents=AGENTS), NOW) or ()

    assert (first.worker_id, first.completed, first.share) == ("gpu-2", 8, 0.8)
    assert (first.by_class, first.alive, first.hot) == (
        {"llm": 6, "script": 2},
        False,
        True,
    )
    assert (brain.worker_id, brain.by_class, brain.alive) == (
        "brain",
        {"plan": 2},
        True,
    )
    assert (idle.worker_id, idle.share, idle.alive, idle.hot) == (
        *("gpu-1", 0.0, True, False),
    )


def test_where_nothing_was_done_there_is_no_share() -> None:
    """And no table."""
    [only] = shares(a_queue(completed={}), NOW) or ()

    assert only.share is None
    assert table([only]) == ()


def test_each_class_is_named() -> None:
    """And how each worker stands now is told."""
    cpu = an_agent("cpu-pi1", kind=AgentKind.CPU, hot=None, runtime_state=None)
    done = DONE | {("gone-1", "llm"): 1}
    agents = (*AGENTS, cpu, an_agent("gpu-3", hot=True), an_agent("gpu-4"))
    load = a_file(lane=Lane.COMPLETE, command="load_llm", worker=WorkerId("gpu-4"))
    queue = a_queue(completed=done, agents=agents, tasks=(load,))
    [found] = table(shares(queue, NOW) or ())

    assert found.header == ("worker", "completed", "share", "of class", "now")
    assert found.rows[0] == ("gpu-2", 8, "73%", "llm 6, script 2", "not alive")
    now = {row[0]: row[-1] for row in found.rows}
    assert now == {
        "gpu-2": "not alive",
        "brain": "alive",
        "gone-1": "not alive",
        "cpu-pi1": "alive",
        "gpu-1": "alive, cold, loaded none",
        "gpu-3": "alive, hot",
        "gpu-4": "alive, cold",
    }
    unknown = shares(a_queue(completed={("gone-1", "llm"): 1}), NOW) or ()
    assert (unknown[0].hot, unknown[0].loads, unknown[1].loads) == (None, None, None)


def test_what_is_in_nobodys_share_is_said() -> None:
    """A plan's file names no worker; what failed was not completed."""

    def plan(id: str, **given: Any) -> TaskFile:
        return a_file(id, lane=Lane.COMPLETE, worker=None, task_class="", **given)

    assert unshared(a_queue(tasks=None)) == ()
    assert unshared(a_queue(tasks=(a_file(), plan("a", success=False)))) == ()
    assert unshared(a_queue(tasks=(plan("a"), plan("b", ended_at=None)))) == (
        "1 completed task names no worker, as plans do, and counts in no share",
    )
    [several] = unshared(a_queue(tasks=(plan("a"), plan("b"))))
    assert several.startswith("2 completed tasks name no worker")
