"""No agent has a model, and llm tasks wait."""

from typing import Any

import pytest

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.file_queue import Signal
from bot.domain.findings import Severity
from bot.rules.book import judge
from tests.file_queues import (
    FILE,
    OTHER,
    a_file,
    a_folder,
    an_agent,
    busy,
    found,
    of_queue,
)
from tests.world import ago

RULE = "no-model"
COLD = an_agent("gpu-1")


def llm(**given: Any) -> Any:
    values: dict[str, Any] = {
        "lane": Lane.QUEUE,
        "task_class": "llm",
        "created_at": ago(seconds=61),
    }
    return a_file(**(values | given))


def load(**given: Any) -> Any:
    values: dict[str, Any] = {
        "lane": Lane.QUEUE,
        "task_class": "meta",
        "command": "load_llm",
        "created_at": ago(seconds=50),
    }
    return a_file(OTHER, **(values | given))


@pytest.mark.parametrize(
    ("task", "agents"),
    [
        ({"created_at": ago(seconds=60)}, (COLD,)),
        ({"requeued_at": ago(seconds=20)}, (COLD,)),
        ({"task_class": "script"}, (COLD,)),
        ({}, (COLD, an_agent("gpu-2", hot=True))),
        ({}, (an_agent(beat_at=ago(minutes=3)),)),
        ({}, (an_agent("cpu-pi1", kind=AgentKind.CPU, hot=None),)),
        ({}, (COLD, an_agent("worker-1", kind=AgentKind.WORKER))),
        ({}, ()),
    ],
)
def test_others_tell_where_a_model_is_not_what_is_lacking(
    task: dict[str, Any], agents: Any
) -> None:
    """Sixty seconds exactly are well; old workers take llm tasks cold as well."""
    assert not found(RULE, a_folder(tasks=(llm(**task),), agents=agents))
    assert not found(RULE, of_queue(None))


def test_an_agent_whose_heartbeat_was_not_read_may_have_a_model() -> None:
    """Then nobody is said to have none."""
    assert not found(RULE, a_folder(tasks=(llm(),), agents=(COLD,), unread=("gpus",)))


def test_a_load_that_waits_is_told_with_who_could_take_it() -> None:
    """And why those do not."""
    stop = Signal(worker="gpu-2", kind="stop")
    agents = (
        COLD,
        an_agent("gpu-2"),
        busy("9bdb254e-0000-4000-8000-000000000003", agent="gpu-3"),
    )
    works = a_file("9bdb254e-0000-4000-8000-000000000003", worker="gpu-3")

    [one] = found(
        RULE, a_folder(tasks=(llm(), load(), works), agents=agents, signals=(stop,))
    )

    assert one.severity is Severity.WARNING
    assert one.title == (
        "no agent has a model, and 1 llm task waits for 1 min 1 s; a load waits for"
        " 50 s"
    )
    assert one.evidence[:3] == (
        "gpu-1 is cold",
        "told to stop: gpu-2 has a stop signal",
        "gpu-3 is cold and works on 9bdb254e",
    )
    assert one.evidence[3].startswith("task 3a333f8c, load_llm, is of 2026-01-31")
    assert one.ask == "workers"


def test_without_a_load_the_brain_is_to_be_seen() -> None:
    """It should have asked for one."""
    tasks = (llm(), llm(id="9bdb254e-0000-4000-8000-000000000004"))
    [one] = found(RULE, a_folder(tasks=tasks, agents=(COLD,)))

    assert one.title == (
        "no agent has a model, and 2 llm tasks wait for 1 min 1 s; no load waits either"
    )
    assert one.ask == "orchestrator"


def test_a_model_that_is_being_loaded_is_waited_for() -> None:
    """That is how it goes."""
    begun = load(lane=Lane.PROCESSING, started_at=ago(seconds=30), worker="gpu-1")
    nobody = load(lane=Lane.PROCESSING, started_at=ago(seconds=30), worker=None)

    [one] = found(RULE, a_folder(tasks=(llm(), begun), agents=(COLD,)))
    [two] = found(RULE, a_folder(tasks=(llm(), nobody), agents=(COLD,)))

    assert one.severity is Severity.INFO
    assert one.title.endswith("; gpu-1 loads one")
    assert two.title.endswith("; somebody loads one")
    assert FILE not in one.title


def test_without_a_model_nobody_is_told_to_be_merely_busy() -> None:
    """Whoever works on something else takes no llm task afterwards either."""
    works = a_file(worker="gpu-1")
    waits = llm(id="9bdb254e-0000-4000-8000-000000000004")
    case = a_folder(tasks=(waits, works), agents=(busy(FILE),))

    assert found("all-busy", case)
    assert [each.rule for each in judge(case)] == [RULE]
