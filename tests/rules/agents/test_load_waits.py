from typing import Any

import pytest

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.file_queue import LoadLock
from bot.domain.findings import Severity
from tests.file_queues import (
    OTHER,
    a_file,
    a_folder,
    a_life,
    an_agent,
    busy,
    found,
    of_queue,
)
from tests.world import a_line, ago

RULE = "load-waits"


def load(**given: Any) -> Any:
    values: dict[str, Any] = {
        "lane": Lane.QUEUE,
        "task_class": "meta",
        "command": "load_llm",
        "created_at": ago(seconds=61),
    }
    return a_file(**(values | given))


@pytest.mark.parametrize(
    "given",
    [
        {"created_at": ago(seconds=60)},
        {"created_at": None},
        {"requeued_at": ago(seconds=20)},
        {"command": "unload_llm"},
        {"command": None, "task_class": "script"},
    ],
)
def test_a_load_that_may_yet_be_taken(given: dict[str, Any]) -> None:
    """Sixty seconds exactly are well; other tasks have other rules."""
    assert not found(RULE, a_folder(tasks=(load(**given),)))
    assert not found(RULE, of_queue(None))


def test_a_load_that_nobody_takes() -> None:
    """Of each cold GPU agent it is told why."""
    agents = (
        an_agent("gpu-0", hot=True),
        an_agent("cpu-pi1", kind=AgentKind.CPU),
        busy(OTHER, agent="gpu-2"),
        an_agent("gpu-3", beat_at=ago(minutes=9)),
        an_agent("gpu-4"),
    )
    lock = LoadLock(worker="gpu-2")

    [one] = found(RULE, a_folder(tasks=(load(),), agents=agents, load_lock=lock))

    assert one.title == "task 22d25838 waits: load_llm was not taken for 1 min 1 s"
    assert one.evidence[1:] == (
        "gpu-2 is cold and busy with 3a333f8c",
        "dead: gpu-3 has not beaten for 9 min",
        "gpu-4 is cold, and should take it within 5 s",
        "gpu-2 holds the lock of model loads",
    )


def test_a_load_that_is_meant_for_few() -> None:
    """The others need not take it."""
    case = a_folder(tasks=(load(candidates=("gpu-9",)),), load_lock=LoadLock())

    [one] = found(RULE, case)

    assert one.evidence[1:] == ("no agent is cold",)


def test_a_load_that_no_worker_of_february_takes() -> None:
    """They load models too; what they are at work on only the task's file tells."""
    agents = tuple(
        an_agent(id, kind=AgentKind.WORKER, runtime_state=None, active=())
        for id in ("worker-1", "worker-2")
    )
    at_work = a_file(OTHER, worker="worker-1", started_at=ago(seconds=90))
    tasks = (load(task_class="resource"), at_work)

    [one] = found(RULE, a_folder(tasks=tasks, agents=agents))

    assert one.evidence[1:] == (
        "worker-1 is cold and busy with 3a333f8c",
        "worker-2 is cold, and should take it within 5 s",
    )


@pytest.mark.parametrize(
    "given",
    [
        {"started_at": ago(seconds=60)},
        {"started_at": None},
        {"command": "unload_llm"},
        {"worker": "gpu-9"},
    ],
    ids=["60 s", "no start", "other", "nobody"],
)
def test_a_load_that_was_just_taken(given: dict[str, Any]) -> None:
    """However long it had waited before; a lost agent's is an orphan."""
    taken = {"lane": Lane.PROCESSING, "created_at": ago(minutes=5)}
    lost = an_agent(beat_at=ago(minutes=3))
    long = a_file(task_class="meta", command="load_llm")

    assert not found(RULE, a_folder(tasks=(load(**(taken | given)),)))
    assert not found(RULE, a_folder(tasks=(long,), agents=(lost,)))


def test_a_load_that_takes_long() -> None:
    """It may yet be well, and is worth knowing."""
    task = load(lane=Lane.PROCESSING, started_at=ago(seconds=61))

    [one] = found(RULE, a_folder(tasks=(task,)))

    assert one.title == (
        "task 22d25838 takes long: gpu-1 has been at load_llm for 1 min 1 s"
    )
    assert one.severity is Severity.INFO


def test_the_warning_alone_tells_of_it_as_well() -> None:
    """While it is of the brain's last look, and no load was taken since."""
    words = "load_llm task available for 62s but GPUs ['gpu-1'] still cold"
    taken = load(lane=Lane.PROCESSING, started_at=ago(seconds=5))

    def told(seconds: int, **given: Any) -> Any:
        line = a_line(words, at=ago(seconds=seconds))
        return found(RULE, a_folder(lives=a_life("brain", load_warning=line), **given))

    [one] = told(90)

    assert one.title == "the brain warns that a model load is not taken"
    assert one.evidence[0].endswith(words)
    assert one.evidence[1] == "gpu-1 is cold, and should take it within 5 s"
    assert not told(91)
    assert not told(20, tasks=(taken,))
    assert [each.subject.kind for each in told(20, tasks=(load(),))] == ["task"]


@pytest.mark.parametrize("given", [{"unread": ("gpus",)}, {"agents": None}])
def test_nobody_is_called_hot_whose_heartbeat_was_not_read(
    given: dict[str, Any],
) -> None:
    """It may well be cold."""
    hot = (an_agent(hot=True),)
    [seen] = found(RULE, a_folder(tasks=(load(),), agents=hot))

    [one] = found(RULE, a_folder(**({"tasks": (load(),), "agents": hot} | given)))

    assert seen.evidence[1] == "no agent is cold"
    assert one.evidence[1] == "not every heartbeat was read"
