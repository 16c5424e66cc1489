from typing import Any

import pytest

from bot.domain.file_queue import ThermalPause
from bot.domain.findings import Confidence
from bot.rules.book import judge
from tests.file_queues import (
    FILE,
    a_file,
    a_folder,
    a_sidecar,
    an_agent,
    busy,
    found,
    of_queue,
)
from tests.world import ago

RULE = "hung-task"


def hung(**given: Any) -> Any:
    values: dict[str, Any] = {
        "started_at": ago(minutes=55),
        "sidecar": a_sidecar(peak_vram_mb=0),
    }
    return a_file(**(values | given))


@pytest.mark.parametrize(
    ("task", "agent"),
    [
        (hung(started_at=ago(minutes=30)), busy(FILE)),
        (hung(started_at=None), busy(FILE)),
        (hung(sidecar=a_sidecar(peak_vram_mb=900)), busy(FILE)),
        (hung(sidecar=a_sidecar(updated_at=ago(seconds=121))), busy(FILE)),
        (hung(sidecar=a_sidecar(updated_at=None)), busy(FILE)),
        (hung(sidecar=None), busy(FILE)),
        (hung(), busy(FILE, pause=ThermalPause())),
        (hung(), busy(FILE, beat_at=ago(minutes=9))),
        (hung(worker="gpu-9"), busy(FILE)),
    ],
    ids=["limit", "no start", "vram", "late", "blank", "none", "heat", "gone", "other"],
)
def test_a_task_that_may_be_at_work(task: Any, agent: Any) -> None:
    """Or of which the agent itself is lost: three limits exactly are well."""
    assert not found(RULE, a_folder(tasks=(task,), agents=(agent,)))
    assert not found(RULE, of_queue(None))


def test_older_folders_have_no_sidecars() -> None:
    """So none of their tasks is called hung."""
    agents = (an_agent(runtime_state=None),)

    assert not found(RULE, a_folder(tasks=(hung(),), agents=agents, brain=None))


def test_a_subprocess_that_hangs_under_a_living_agent() -> None:
    """Which replaces that it runs long."""
    case = a_folder(tasks=(hung(),), agents=(busy(FILE),))

    [one] = found(RULE, case)

    assert one.title == (
        "task 22d25838 seems to hang: it runs 55 min while gpu-1 is alive"
    )
    assert one.confidence is Confidence.LIKELY
    assert [each.rule for each in judge(case)] == [RULE]


def test_where_nobody_measures_the_memory() -> None:
    """CPU agents do not: then it is merely possible."""
    task = hung(sidecar=a_sidecar(), task_class="")

    [one] = found(RULE, a_folder(tasks=(task,), agents=(busy(FILE),)))

    assert one.confidence is Confidence.POSSIBLE
