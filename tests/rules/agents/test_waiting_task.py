from dataclasses import replace
from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.file_queue import Agent
from bot.domain.findings import Confidence, Severity
from bot.domain.tasks import Wait
from bot.domain.waits import UNTOLD
from tests.file_queues import a_queue, an_agent, busy, found, of_queue
from tests.world import TASK, a_task, ago

RULE = "waiting-task"


def waits(wait: Wait, **given: Any) -> Case:
    values: dict[str, Any] = {"status": "Queued", "created_at": ago(minutes=2)} | given
    return of_queue(a_queue(), tasks=(a_task(**values),), waits={TASK: wait})


@pytest.mark.parametrize("reason", ["dependency failed", "dependency gone"])
def test_what_never_ends_is_told_elsewhere(reason: str) -> None:
    """By blocked-task; nor is anything said where nobody can tell, or nothing waits."""
    case = of_queue(a_queue(), tasks=(a_task(status="Queued"),))

    assert not found(RULE, waits(Wait(reason=reason)))
    assert not found(RULE, waits(Wait(reason=UNTOLD)))
    assert not found(RULE, waits(Wait(reason=None), status="In Progress"))
    assert not found(RULE, case)
    assert not found(RULE, of_queue(None))


@pytest.mark.parametrize(
    ("reason", "minutes", "severity"),
    [
        ("waits for dependency", 90, Severity.INFO),
        ("thermal pause", 5, Severity.INFO),
        ("thermal pause", 6, Severity.WARNING),
        ("needs a hot GPU", 2, Severity.INFO),
        ("no agent is alive", 1, Severity.WARNING),
        ("needs a cpu agent", 1, Severity.WARNING),
        (None, 5, Severity.INFO),
        (None, 6, Severity.WARNING),
    ],
)
def test_what_passes_by_itself_weighs_little(
    reason: str | None, minutes: int, severity: Severity
) -> None:
    """For five minutes; a plan's own order for however long it takes."""
    [one] = found(RULE, waits(Wait(reason=reason), created_at=ago(minutes=minutes)))

    assert one.severity is severity


def test_no_brain_that_nothing_tells_of_releases_a_task() -> None:
    """One that beats does so in its next cycle."""
    case = waits(Wait(reason="waits for the brain", detail="released soon"))
    without = replace(case, scene=a_queue(brain=None, told=()))
    [soon], [never] = found(RULE, case), found(RULE, without)

    assert soon.title.endswith("waits: waits for the brain")
    assert never.title.endswith("waits: no brain")
    assert never.evidence[0].endswith("nothing tells of a brain to release it")
    assert never.severity is Severity.WARNING


def test_a_wait_is_told_with_its_numbers() -> None:
    """And what to do about it."""
    wait = Wait(reason="no VRAM budget", detail="needs 4800 MB, gpu-1 has 115 MB left")

    [one] = found(RULE, waits(wait))

    assert one.title == "task 41345358 waits: no VRAM budget"
    assert one.evidence == (
        "needs 4800 MB, gpu-1 has 115 MB left",
        "made at 2026-01-31 11:58:00Z, 2 min ago",
    )
    assert "vram_estimate_mb" in one.remedy


def test_a_reason_without_a_remedy_of_its_own() -> None:
    """The queue tells the rest."""
    [one] = found(RULE, waits(Wait(reason="needs a larger model")))

    assert one.remedy == "see the queue"
    assert one.evidence[0] == "needs a larger model"


def test_one_that_should_be_taken_at_once() -> None:
    """By an agent, or by the brain."""
    [one] = found(RULE, waits(Wait(reason=None)))
    [two] = found(RULE, waits(Wait(reason=None, by_api=True), created_at=ago(hours=1)))

    assert one.remedy == "wait: an agent looks every 5 s"
    assert one.confidence is Confidence.LIKELY
    assert two.remedy == "see what the brain is busy with"
    assert two.ask == "orchestrator"


@pytest.mark.parametrize(
    ("agents", "severity"),
    [
        ((busy("11111111"), an_agent("gpu-9", beat_at=None)), Severity.INFO),
        ((busy("11111111"), an_agent("gpu-2")), Severity.WARNING),
        ((), Severity.WARNING),
    ],
)
def test_a_wait_for_gpus_that_all_work_is_no_fault(
    agents: tuple[Agent, ...], severity: Severity
) -> None:
    """Busy is not stuck; an idle one that has no room for it will never have."""
    case = waits(Wait(reason="no VRAM budget"), created_at=ago(hours=1))

    [one] = found(RULE, replace(case, scene=a_queue(agents=agents)))
    [two] = found(RULE, replace(case, scene=None))

    assert one.severity is severity
    assert two.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("no agent takes quantum tasks", "to cpu, script, llm or brain and submit it"),
        ("no agent takes such tasks", "to cpu, script, llm or brain and submit it"),
        ("no agent takes script tasks", "start an agent that takes them"),
        ("no agent takes meta tasks", "start an agent that takes them"),
    ],
)
def test_a_class_that_no_agent_takes_is_one_of_those_there_are_or_wrong(
    reason: str, remedy: str
) -> None:
    """No agent that could be started would take one of another."""
    [one] = found(RULE, waits(Wait(reason=reason)))

    assert remedy in one.remedy
