"""Builders of the agents' shared folder, as rules are shown it."""

from collections.abc import Mapping
from typing import Any, Final

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.cases import Case
from bot.domain.file_queue import (
    ActiveTask,
    Agent,
    FileQueue,
    Life,
    Sidecar,
    TaskFile,
    Told,
)
from bot.domain.findings import Finding
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.rules.book import book
from tests.world import NOW, a_case, a_line, ago

FILE: Final = TaskId("22d25838-1183-45b1-a88f-ce526688a1de")
OTHER: Final = TaskId("3a333f8c-8470-4efc-81da-07a9419aa14b")
BATCH: Final = "20260131_115000"
BRAIN: Final = Agent(
    id=WorkerId("brain"),
    kind=AgentKind.BRAIN,
    state="online",
    beat_at=ago(seconds=4),
)


def a_file(id: str = FILE, *, lane: Lane = Lane.PROCESSING, **given: Any) -> TaskFile:
    """Return a script task; one in progress began on gpu-1 two minutes ago."""
    values: dict[str, Any] = {
        "name": "render",
        "task_class": "script",
        "status": {Lane.QUEUE: "pending"}.get(lane, lane.value),
        "executor": "worker",
        "created_at": ago(minutes=10),
        "batch": BATCH,
    }
    if lane is Lane.PROCESSING:
        values |= {
            "worker": WorkerId("gpu-1"),
            "started_at": ago(minutes=2),
            "sidecar": a_sidecar(id),
        }
    if lane in (Lane.COMPLETE, Lane.FAILED):
        values |= {"worker": WorkerId("gpu-1"), "ended_at": ago(minutes=1)}
    return TaskFile(id=TaskId(id), lane=lane, **(values | given))


def a_sidecar(id: str = FILE, **given: Any) -> Sidecar:
    """Return a sidecar that was written 5 seconds ago."""
    return Sidecar(task_id=TaskId(id), **({"updated_at": ago(seconds=5)} | given))


def an_agent(id: str = "gpu-1", **given: Any) -> Agent:
    """Return a cold GPU agent whose heartbeat is 5 seconds old."""
    values: dict[str, Any] = {
        "kind": AgentKind.GPU,
        "beat_at": ago(seconds=5),
        "state": "cold",
        "runtime_state": "cold",
        "hot": False,
        "gpu": 1,
    }
    return Agent(id=WorkerId(id), **(values | given))


def busy(*ids: str, agent: str = "gpu-1", **given: Any) -> Agent:
    """Return an agent that says it runs these tasks."""
    active = tuple(ActiveTask(task_id=id, started_at=ago(minutes=2)) for id in ids)
    return an_agent(agent, **({"active": active} | given))


def a_life(id: str = "gpu-1", **given: Any) -> Mapping[str, Life]:
    """Return the last lines of an agent that started an hour ago."""
    values: dict[str, Any] = {
        "started_at": ago(hours=1),
        "last_line": a_line("Cycle: active 1", worker_id=WorkerId(id)),
    }
    return {id: Life(logger=id, **(values | given))}


def a_decision(kind: str, subject: str, **given: Any) -> Told:
    """Return what the brain decided once, a minute ago."""
    at = given.pop("at", ago(minutes=1))
    values: dict[str, Any] = {"message": f"{kind} of {subject}"}
    return Told(
        kind=kind,
        subject=subject,
        **({"first_at": at, "last_at": at} | values | given),
    )


def a_queue(**given: Any) -> FileQueue:
    """Return a folder in which one agent and the brain live, and nothing is to do."""
    values: dict[str, Any] = {
        "window": Window.before(NOW, hours=24),
        "tasks": (),
        "agents": (an_agent(),),
        "brain": BRAIN,
    }
    return FileQueue(**(values | given))


def a_folder(**given: Any) -> Case:
    """Return a case of the agents at NOW; what is named is of its folder."""
    return of_queue(a_queue(**given))


def of_queue(queue: FileQueue | None, **given: Any) -> Case:
    """Return a case of the agents at NOW with this folder."""
    return a_case(system="agents", scene=queue, **given)


def found(rule: str, case: Case) -> list[Finding]:
    """Return what a rule of the agents finds; each finding is whole."""
    findings = [*book("agents").rules[rule](case)]
    assert all(each.rule == rule for each in findings)
    assert all(each.evidence and each.remedy and each.title for each in findings)
    return findings
