from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.claiming import held_back, nobody_takes, refused, unlockable
from bot.domain.file_queue import Agent, Locks, TaskFile, ThermalPause
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def an_agent(kind: AgentKind = AgentKind.GPU, **known: Any) -> Agent:
    facts: dict[str, Any] = {"kind": kind, "beat_at": NOW, "hot": False}
    return Agent(id=WorkerId("gpu-1"), **(facts | known))


def a_file(kind: str = "script", **known: Any) -> TaskFile:
    return TaskFile(id=TaskId("t"), lane=Lane.QUEUE, task_class=kind, **known)


def test_a_well_agent_is_not_held_back() -> None:
    """Up to two minutes after its heartbeat."""
    assert held_back(an_agent(beat_at=NOW - timedelta(seconds=120)), NOW) is None


@pytest.mark.parametrize(
    ("known", "reason", "detail"),
    [
        ({"beat_at": None}, "never started", "gpu-1 never beat"),
        (
            {"beat_at": NOW - timedelta(seconds=121)},
            "dead",
            "gpu-1 has not beaten for 2 min 1 s",
        ),
        ({"reserved_for": ""}, "reserved", "gpu-1 is reserved for somebody"),
        ({"reserved_for": "bench"}, "reserved", "gpu-1 is reserved for bench"),
        ({"pause": ThermalPause()}, "thermal pause", "gpu-1 is paused"),
        (
            {"pause": ThermalPause(reasons=("82C >= 75C",), until=NOW)},
            "thermal pause",
            "gpu-1 is paused until 09:00:00Z because 82C >= 75C",
        ),
        (
            {"runtime_state": "loading_single"},
            "in transition",
            "gpu-1 is loading_single",
        ),
        ({"runtime_state": "wedged"}, "wedged", "gpu-1 is wedged"),
        (
            {"runtime_state": "error_recoverable", "error_code": "gguf_not_found"},
            "wedged",
            "gpu-1 is error_recoverable (gguf_not_found)",
        ),
        ({"env_block": "no torch"}, "missing modules", "gpu-1: no torch"),
    ],
)
def test_what_holds_an_agent_back_is_told(
    known: dict[str, Any], reason: str, detail: str
) -> None:
    """The first true reason, in the order of systems/agents.md, 3A, 6."""
    found = held_back(an_agent(**known), NOW)

    assert found is not None
    assert (found.reason, found.detail) == (reason, detail)


def test_a_stop_signal_holds_an_agent_back() -> None:
    """Before anything that its heartbeat says."""
    found = held_back(an_agent(reserved_for="x"), NOW, stopped={"gpu-1"})

    assert found is not None
    assert found.reason == "told to stop"


@pytest.mark.parametrize(
    ("agent", "file"),
    [
        ({}, a_file("script")),
        ({}, a_file("meta", vram_estimate_mb=9000)),
        ({"hot": True}, a_file("llm")),
        ({"kind": AgentKind.CPU}, a_file("cpu")),
        ({"kind": AgentKind.WORKER}, a_file("script")),
        ({"kind": AgentKind.WORKER, "hot": True}, a_file("cpu")),
        ({"kind": AgentKind.BRAIN}, a_file("brain")),
        ({"budget_mb": 4800}, a_file(vram_estimate_mb=4800)),
        ({"hot": True, "tier": 2}, a_file("llm", min_tier=2)),
        ({"hot": True, "model": "a"}, a_file("llm", model="a")),
        ({}, a_file("meta", candidates=("gpu-1",))),
    ],
)
def test_what_fits_is_not_refused(agent: dict[str, Any], file: TaskFile) -> None:
    """What an agent does not say is no reason."""
    assert refused(an_agent(**agent), file) is None


@pytest.mark.parametrize(
    ("agent", "file", "reason"),
    [
        ({}, a_file("cpu"), "needs a cpu agent"),
        ({}, a_file("llm"), "needs a hot GPU"),
        ({"hot": True}, a_file("script"), "needs a cold GPU"),
        ({}, a_file("odd"), "no agent takes odd tasks"),
        ({"kind": AgentKind.CPU}, a_file(""), "no agent takes such tasks"),
        ({"kind": AgentKind.WORKER, "hot": True}, a_file(), "no agent takes script"),
        ({"budget_mb": 115}, a_file(vram_estimate_mb=4800), "no VRAM budget"),
        ({"hot": True, "tier": 1}, a_file("llm", min_tier=2), "needs a larger model"),
        (
            {"hot": True, "placement": "single_gpu"},
            a_file("llm", placement="split_gpu"),
            "needs another placement",
        ),
        ({"hot": True, "model": "a"}, a_file("llm", model="b"), "needs another model"),
        ({}, a_file("meta", candidates=("gpu-2",)), "meant for others"),
    ],
)
def test_what_does_not_fit_is_refused(
    agent: dict[str, Any], file: TaskFile, reason: str
) -> None:
    """With its numbers."""
    found = refused(an_agent(**agent), file)

    assert found is not None
    assert found.reason.startswith(reason)
    assert found.detail


def _nobody(file: TaskFile, *agents: Agent) -> str | None:
    found = nobody_takes(file, agents, NOW, stopped=())
    return found.reason if found else None


def test_one_agent_that_takes_it_suffices() -> None:
    """Whatever holds the others back."""
    dead = an_agent(beat_at=None)

    assert _nobody(a_file(), dead, an_agent()) is None


def test_the_reason_is_that_of_an_agent_that_could() -> None:
    """A living one of the right kind before a dead one, and before another kind."""
    dead = an_agent(beat_at=NOW - timedelta(hours=1))
    full, hot = an_agent(budget_mb=1), an_agent(hot=True)
    paused = an_agent(pause=ThermalPause())
    file = a_file(vram_estimate_mb=2)

    assert _nobody(file, dead, hot, full, paused) == "no VRAM budget"
    assert _nobody(file, hot, dead) == "dead"
    assert _nobody(file, hot) == "needs a cold GPU"
    assert _nobody(file, hot, an_agent(AgentKind.CPU)) == "needs a cold GPU"
    assert _nobody(a_file("llm"), paused) == "no agent takes llm tasks"


def test_without_a_living_agent_nobody_takes_anything() -> None:
    """Nor where there is none at all."""
    assert _nobody(a_file(), an_agent(beat_at=None)) == "no agent is alive"
    assert _nobody(a_file()) == "no agent is alive"


def test_of_a_budget_all_that_are_short_are_named() -> None:
    """With the most that one has left; the first four by name."""
    wants = a_file(vram_estimate_mb=4800)
    two = [replace(an_agent(budget_mb=n), id=WorkerId(f"gpu-{n}")) for n in (115, 90)]
    many = [replace(an_agent(budget_mb=115), id=WorkerId(f"gpu-{n}")) for n in range(5)]

    few = nobody_takes(wants, two, NOW, stopped=())
    every = nobody_takes(wants, many, NOW, stopped=())

    assert few is not None
    assert few.detail == "needs 4800 MB, gpu-115, gpu-90 have 115 MB left at most"
    assert every is not None
    assert every.detail == (
        "needs 4800 MB, gpu-0, gpu-1, gpu-2, gpu-3 and 1 more have 115 MB left"
    )


@pytest.mark.parametrize(
    ("locks", "told"),
    [
        (None, None),
        (Locks(total=3, unwritable=0), None),
        (
            Locks(total=3, unwritable=1),
            "1 lock file in tasks/queue cannot be written",
        ),
    ],
)
def test_what_cannot_be_locked_cannot_be_claimed(
    locks: Locks | None, told: str | None
) -> None:
    """Where nobody looked at the locks, nothing is told of them."""
    assert unlockable(locks) == told
