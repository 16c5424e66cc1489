"""What the programs of a rig wrote line by line: consoles and decisions."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from bot.demo import rig_february as february
from bot.demo.rig import Rig
from bot.demo.rig_parts import Decision, RigAgent, Said

MONITOR: Final = timedelta(seconds=30)  # systems/agents.md, 1A.6: one each 30 s
LOOK: Final = timedelta(seconds=5)
GROWN: Final = 101 * 1024 * 1024  # bytes; beyond the guide's 100 MB


class Written(NamedTuple):
    """A file: its text, when it was last written, who may write it.

    *hole* is how many bytes stand before the text, all of them zero.
    """

    text: str
    at: datetime
    mode: int = 0o644
    hole: int = 0


def console(rig: Rig, agent: RigAgent) -> tuple[str, Written]:
    """Return the path of an agent's console, and all that it wrote."""
    said = sorted([*agent.said, *_looks(rig, agent)], key=lambda each: each.at)
    if agent.cpu:
        path = f"logs/cpu_workers/cpu-agent-{agent.name}.log"
        lines = [f"{_full(rig, it.at)} [{agent.name}] {it.message}" for it in said]
        if rig.grown == agent.name:
            days = _full(rig, rig.begin - timedelta(days=9))
            lines.insert(0, f"\n{days} [{agent.name}] starting: queue=shared/tasks")
            return path, Written(text(lines), said[-1].at, hole=GROWN)
    else:
        path = f"logs/console/{agent.name}.log"
        lines = [_line(rig, agent.name, each) for each in said]
    return path, Written(text(lines), said[-1].at)


def _looks(rig: Rig, agent: RigAgent) -> Iterator[Said]:
    """Yield what an agent that tells everything writes while it finds nothing."""
    at = agent.started_at + LOOK
    last = max((each.at for each in agent.said), default=rig.now)
    until = last if agent.ended else min(agent.beat_at, rig.now)
    while rig.debug and not agent.cpu and at < until:
        idle = int((at - agent.started_at).total_seconds())
        looks = february.looks(idle) if agent.february else ["Queue empty"]
        yield from (Said(at, "DEBUG", each) for each in looks)
        at += LOOK


def of_brain(rig: Rig) -> Iterator[tuple[str, Written]]:
    """Yield the brain's decisions, and its console, which repeats them."""
    told = [each for each in rig.decisions if each.at <= rig.now]
    told += _monitors(rig)
    told.sort(key=lambda each: each.at)
    lines = [
        json.dumps(
            {
                "timestamp": rig.naive(each.at),
                "type": each.kind,
                "message": each.message,
                "details": plain(rig, each.details),
            }
        )
        for each in told
    ]
    yield "logs/brain_decisions.log", Written(text(lines), told[-1].at)
    begun = [
        Said(rig.begin, "INFO", "Starting brain: brain"),
        Said(rig.begin, "INFO", "[STARTUP] Brain ready (total: 11.1s)"),
    ]
    said = [Said(it.at, "INFO", f"[{it.kind}] {it.message}") for it in told]
    lines = [_line(rig, "brain", each) for each in (*begun, *said)]
    yield "logs/console/brain.log", Written(text(lines), told[-1].at)


def _monitors(rig: Rig) -> list[Decision]:
    """Return what the brain wrote each time that it looked at everything."""
    agents = sum(not each.cpu for each in rig.agents.values())
    counts = {"cpu": 0, "script": 0, "llm": 0}
    for task in rig.tasks.values():
        if task.lane == "queue":
            counts[task.task_class] = counts.get(task.task_class, 0) + 1
    running = sum(each.lane == "processing" for each in rig.tasks.values())
    found, at = [], rig.monitor_at
    while at > rig.begin:
        last = at == rig.monitor_at
        queue = counts if last else dict.fromkeys(counts, 0)
        by_class = ", ".join(f"{name}:{queue[name]}" for name in counts)
        told, at_work = f"{sum(queue.values())} ({by_class})", running if last else 0
        message = (
            f"GPUs active: {agents}/{agents}, Agents: {agents}/{agents},"
            f" Queue: {told}, Processing: {at_work}, Stuck: 0, Hot GPUs: 0,"
            " split-ready: 0"
        )
        if rig.february:
            message = february.monitor(rig.agents, told, at_work)
        stats = {"total_pending": sum(queue.values()), **queue}
        found.append(Decision(at, "MONITOR", message, {"queue_stats": stats}))
        at -= MONITOR
    return found


def _line(rig: Rig, logger: str, said: Said) -> str:
    of_day = said.at.astimezone(rig.zone)
    return f"{of_day:%H:%M:%S} [{logger}] {said.level}: {said.message}"


def _full(rig: Rig, at: datetime) -> str:
    return rig.naive(at)[:19]


def text(lines: Iterable[str]) -> str:
    """Return the lines as a file has them."""
    return "".join(f"{line}\n" for line in lines)


def plain(rig: Rig, value: Any) -> Any:
    """Return the value with its times as the host's programs write them."""
    if isinstance(value, datetime):
        return rig.naive(value)
    if isinstance(value, dict):
        return {name: plain(rig, it) for name, it in value.items()}
    if isinstance(value, list):
        return [plain(rig, it) for it in value]
    return value
