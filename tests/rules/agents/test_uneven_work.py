from typing import Any

import pytest

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.file_queue import ThermalPause
from bot.domain.findings import Severity
from tests.file_queues import a_file, a_folder, an_agent, found, of_queue
from tests.world import ago

RULE = "uneven-work"
ONE, TWO = an_agent(), an_agent("gpu-2")
CPU = an_agent("cpu-pi1", kind=AgentKind.CPU)


@pytest.mark.parametrize(
    "given",
    [
        {"completed": None},
        {"completed": {}},
        {"completed": {("gpu-1", "llm"): 4}},
        {"completed": {("gpu-1", "llm"): 8, ("gpu-2", "llm"): 2}},
        {"completed": {("cpu-pi1", "cpu"): 9}},
        {"completed": {("brain", "brain"): 9}},
        {"agents": (ONE, an_agent("gpu-2", beat_at=ago(minutes=9)), CPU)},
        {"agents": (ONE, an_agent("gpu-2", pause=ThermalPause()))},
    ],
    ids=["unread", "none", "few", "80 %", "cpu alone", "brain", "gone", "hot"],
)
def test_work_that_is_even_or_has_to_be_so(given: dict[str, Any]) -> None:
    """Exactly 80 % are even; GPU agents take no cpu tasks."""
    values = {"agents": (ONE, TWO, CPU), "completed": {("gpu-1", "llm"): 6}}

    assert not found(RULE, a_folder(**(values | given)))
    assert not found(RULE, of_queue(None))


def test_one_did_everything() -> None:
    """The guide's own incident: 6 of 6, while the others were alive."""
    agents = (ONE, TWO, an_agent("gpu-4"))

    [one] = found(RULE, a_folder(agents=agents, completed={("gpu-2", "llm"): 6}))

    assert one.title == "gpu-2 did 6 of 6 llm tasks, while gpu-1, gpu-4 are alive"
    assert one.evidence[0].endswith("gpu-2 6, gpu-1 0, gpu-4 0")
    assert one.severity is Severity.INFO
    assert one.ask == "worker gpu-1"


def test_it_matters_while_such_tasks_wait() -> None:
    """Of workers of February 2026 each takes all classes."""
    agents = tuple(an_agent(f"worker-{n}", kind=AgentKind.WORKER) for n in (1, 2))
    tasks = (a_file(lane=Lane.QUEUE, task_class="cpu"),)

    [one] = found(
        RULE,
        a_folder(agents=agents, tasks=tasks, completed={("worker-1", "cpu"): 5}),
    )

    assert one.severity is Severity.WARNING
    assert one.title.endswith("while worker-2 is alive")
