from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.file_queue import ThermalPause
from bot.rules.book import judge
from tests.file_queues import (
    FILE,
    OTHER,
    a_file,
    a_folder,
    a_queue,
    an_agent,
    busy,
    found,
    of_queue,
)
from tests.world import a_line, ago

RULE = "load-failing"
LOADING = {"runtime_state": "loading_single", "meta_phase": "starting"}


def load(**given: Any) -> Any:
    values: dict[str, Any] = {
        "task_class": "meta",
        "command": "load_llm",
        "started_at": ago(seconds=181),
        "sidecar": None,
        "model": "qwen2.5:7b",
    }
    return a_file(**(values | given))


@pytest.mark.parametrize(
    ("given", "agent"),
    [
        ({"started_at": ago(seconds=180)}, an_agent()),
        ({"command": "unload_llm"}, an_agent()),
        ({"started_at": None}, an_agent()),
        ({"worker": None}, an_agent()),
        ({}, an_agent(pause=ThermalPause())),
        ({}, an_agent(beat_at=ago(minutes=9))),
        ({"lane": Lane.FAILED}, an_agent(hot=True)),
        ({"lane": Lane.FAILED, "command": None}, an_agent()),
    ],
)
def test_a_load_that_is_well_or_over(given: dict[str, Any], agent: Any) -> None:
    """Three minutes exactly may be; a worker with a model has loaded it since."""
    assert not found(RULE, a_folder(tasks=(load(**given),), agents=(agent,)))
    assert not found(RULE, of_queue(None))


def test_a_load_that_does_not_end() -> None:
    """Meanwhile the agent writes no sidecar of its other tasks."""
    agent = busy(OTHER, **LOADING)

    [one] = found(RULE, a_folder(tasks=(load(model=None),), agents=(agent,)))

    assert one.title == (
        "task 22d25838 does not end: gpu-1 loads a model without a sign for 3 min 1 s"
    )
    assert "loading_single, in phase starting" in one.evidence[2]
    assert one.evidence[-1].endswith("of 3a333f8c either")


def test_a_load_without_other_tasks_or_a_phase() -> None:
    """It is told alone."""
    case = a_folder(tasks=(load(),), agents=(an_agent(runtime_state=None),))

    [one] = found(RULE, case)

    assert one.evidence[-1] == "over 3 min is too long for a load"


def test_its_newest_line_tells_how_long_it_waited() -> None:
    """Since its last sign; those of other agents tell nothing of it."""
    line = a_line("LLAMA_LOAD_WAIT elapsed_s=120", worker_id="gpu-1")
    old = a_line("LLAMA_LOAD_WAIT elapsed_s=9", worker_id="gpu-1", at=ago(hours=1))
    other = a_line("LLAMA_LOAD_WAIT elapsed_s=5", worker_id="gpu-2", source_id="gpu-2")
    agents = (an_agent(meta_task=FILE),)
    queue = a_queue(tasks=(load(),), agents=agents)

    [one] = judge(of_queue(queue, lines=(line, old, other)))

    assert one.evidence[-1] == (
        "its line of 2026-01-31 11:59:00Z: LLAMA_LOAD_WAIT elapsed_s=120"
    )
    assert one.title == (
        "task 22d25838 does not end: gpu-1 has been loading qwen2.5:7b for 3 min 1 s,"
        " and only writes that it waits"
    )
    assert one.remedy.startswith("see LLAMA_LOAD_WAIT in its lines")


def test_a_line_that_says_that_it_waits_is_a_sign() -> None:
    """For as long as a sidecar is one; two of them tell that it goes on."""
    lines = tuple(
        a_line("LLAMA_LOAD_WAIT", worker_id="gpu-1", at=ago(seconds=each))
        for each in (201, 181)
    )
    task = load(started_at=ago(minutes=9))
    queue = a_queue(tasks=(task,), agents=(an_agent(meta_task=FILE),))

    [one] = judge(of_queue(queue, lines=lines))

    assert one.title.endswith("gpu-1 loads qwen2.5:7b without a sign for 3 min 1 s")
    assert one.remedy.startswith("elapsed_s grows in its lines: the model does not fit")


def test_a_load_that_failed_is_named_by_its_code() -> None:
    """It replaces that a task failed."""
    task = load(lane=Lane.FAILED, runtime_error="gguf_not_found", error="no file")
    case = a_folder(tasks=(task,), agents=())

    [one] = found(RULE, case)

    assert one.title == (
        "task 22d25838 failed: gpu-1 could not load qwen2.5:7b: gguf_not_found"
    )
    assert "model_search_roots" in one.remedy
    assert [each.rule for each in judge(case)] == [RULE]


@pytest.mark.parametrize("error", [None, " \n"])
def test_a_load_that_failed_without_a_code(error: str | None) -> None:
    """By its error, if there is one; blanks are none."""
    task = load(lane=Lane.FAILED, worker=None, model=None, error=error)

    [one] = found(RULE, a_folder(tasks=(task,)))

    assert len(one.evidence) == 1
    assert one.title.endswith("an agent could not load the model: no error text")
    assert one.ask == "workers"
