from typing import Any

import pytest

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.file_queue import Locks, Signal
from bot.domain.findings import Confidence, Severity
from tests.file_queues import OTHER, a_file, a_folder, an_agent, busy, found, of_queue
from tests.world import ago

RULE = "not-claiming"


def waits(**given: Any) -> Any:
    return a_file(**({"lane": Lane.QUEUE} | given))


@pytest.mark.parametrize(
    "given",
    [
        {"tasks": ()},
        {"tasks": (waits(created_at=ago(seconds=60)),)},
        {"tasks": (waits(created_at=None),)},
        {"tasks": (waits(requeued_at=ago(seconds=20)),)},
        {"agents": (busy(OTHER),)},
        {"agents": (an_agent(meta_task=OTHER),)},
        {"agents": (an_agent(beat_at=ago(minutes=3)),)},
        {"agents": (an_agent("cpu-pi1", kind=AgentKind.CPU),)},
    ],
    ids=["none", "just", "no time", "again", "busy", "loads", "gone", "cpu"],
)
def test_nobody_has_to_claim_anything(given: dict[str, Any]) -> None:
    """Nothing waits for over a minute, or the agent has something to do."""
    assert not found(RULE, a_folder(**({"tasks": (waits(),)} | given)))
    assert not found(RULE, of_queue(None))


def test_what_an_agent_never_takes_is_merely_known() -> None:
    """Hot GPUs take only meta and llm."""
    hot = an_agent(hot=True, runtime_state="ready_single")

    [one] = found(RULE, a_folder(tasks=(waits(),), agents=(hot,)))

    assert one.severity is Severity.INFO
    assert one.title == "gpu-1 claims nothing: it is hot: it takes only meta and llm"
    assert one.evidence[1] == "1 task waits, up to 10 min"


def test_what_holds_an_agent_back_comes_first() -> None:
    """A stop signal is somebody's will, or was forgotten."""
    stop = Signal(worker="gpu-1", kind="stop", at=ago(seconds=3))

    [one] = found(RULE, a_folder(tasks=(waits(task_class="cpu"),), signals=(stop,)))

    assert one.severity is Severity.WARNING
    assert one.title == "gpu-1 claims nothing: it has a stop signal"


def test_heat_is_told_by_itself() -> None:
    """Here it is merely the reason."""
    moving = an_agent(runtime_state="unloading")

    [one] = found(RULE, a_folder(tasks=(waits(),), agents=(moving,)))

    assert one.severity is Severity.INFO


def test_an_agent_that_could_and_does_not() -> None:
    """Nothing known holds it back; its log would tell with DEBUG."""
    other = waits(id=OTHER, task_class="cpu")

    [one] = found(RULE, a_folder(tasks=(other, waits()), signals=None))

    assert one.confidence is Confidence.POSSIBLE
    assert one.evidence[0] == "nothing known holds gpu-1 back from 22d25838"
    assert "GPU_LOG_LEVEL=DEBUG" in one.remedy


def test_each_kind_of_program_is_made_to_tell_more_in_its_own_way() -> None:
    """Workers of February have another variable, agents for cpu tasks none."""
    agents = (
        an_agent("worker-1", kind=AgentKind.WORKER),
        an_agent("cpu-pi1", kind=AgentKind.CPU),
    )
    work = (waits(task_class="cpu"),)

    told = found(RULE, a_folder(tasks=work, agents=agents))

    remedies = {each.subject.id: each.remedy for each in told}
    assert "WORKER_LOG_LEVEL=DEBUG for worker-1" in remedies["worker-1"]
    assert remedies["cpu-pi1"].startswith("see whether cpu-pi1 still looks")


def test_locks_that_cannot_be_written_hinder() -> None:
    """What cannot be locked cannot be claimed."""
    locks = Locks(total=3, unwritable=2)

    [one] = found(RULE, a_folder(tasks=(waits(),), locks=locks))

    assert "2 lock files in tasks/queue cannot be written" in one.title
