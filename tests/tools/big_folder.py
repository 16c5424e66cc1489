"""How the agents' folder is read when it is large and does not stand still.

20,000 task files and 5 million log lines of the last day are written to a folder of
their own, and questions are asked in processes of their own. The machine may be
shared, so the seconds of processor stand beside those of the clock.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

from bot.domain.access import Caller, Door
from bot.domain.agent_names import Lane
from bot.domain.report import Outcome
from bot.queries.health import HealthData
from bot.queries.queue import QueueData
from bot.settings import Settings
from bot.sources.agents.lanes import task_path
from bot.wiring import Wired
from tests.sources.agents import files
from tests.sources.agents.files import an_id, naive

ROOT = Path(__file__).parents[2]
SHARES = {
    Lane.PRIVATE: 0.03,
    Lane.QUEUE: 0.1,
    Lane.PROCESSING: 0.0005,
    Lane.FAILED: 0.01,
}
"""What is not complete, of all; half of what is complete was so within a day."""
AGENTS = 4
MOVES_A_SECOND = 200
DECIDED = 50  # one of so many lines is the brain's decision
_CLASSES = ("script", "llm", "cpu")
_SAID = (
    "[gpu-{n}] DEBUG: No tasks claimed - Queue: [script:4], budget: 115MB",
    "[gpu-{n}] INFO: Claimed script task: {id}... (render_long) [4800MB, 115MB left]",
    "[gpu-{n}] INFO: Spawned worker gpu-{n}-w0-{id} (PID 27272) for script task {id}",
    "[gpu-{n}] INFO: Worker gpu-{n}-w0-{id} finished: OK (VRAM peak: 0MB)",
    "[gpu-{n}] INFO: Task {id}... completed",
    "[gpu-{n}] DEBUG: Skipping {id}: needs 4800MB, only 115MB available",
)
_RARE = "[gpu-{n}] ERROR: llama-server failed 6 consecutive health checks: going cold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process took."""

    seconds: float
    processor: float
    megabytes: float

    def __str__(self) -> str:
        """Return it as a line of figures."""
        return (
            f"{self.seconds:6.2f} s ({self.processor:5.2f} s of processor),"
            f" {self.megabytes:4.0f} MB"
        )


def write_tasks(root: Path, number: int, now: datetime) -> None:
    """Write so many task files over all lanes."""
    bounds = [(lane, round(share * number)) for lane, share in SHARES.items()]
    lanes = [lane for lane, count in bounds for _ in range(count)]
    lanes += [Lane.COMPLETE] * (number - len(lanes))
    for lane in Lane:
        task_path(root, lane, "x").parent.mkdir(parents=True, exist_ok=True)
    for place, lane in enumerate(lanes):
        write_task(root, lane, place, now)


def beat(root: Path) -> None:
    """Write the heartbeats of agents and brain, as of now."""
    now = naive(datetime.now(UTC))
    for agent in range(1, AGENTS + 1):
        files.a_gpu(root, agent, last_updated=now, budget_available_mb=115)
    files.a_brain(root, last_updated=now)


def write_task(root: Path, lane: Lane, place: int, now: datetime) -> None:
    """Write one task's file."""
    made = now - timedelta(seconds=place % 172_800)
    doc: dict[str, object] = {
        "task_id": an_id(place),
        "type": "shell",
        "name": f"step_{place}",
        "task_class": _CLASSES[place % 3],
        "batch_id": "20261123_080000",
        "executor": "worker",
        "status": "pending",
        "priority": 5,
        "vram_estimate_mb": 4800,
        "command": "python scripts/render.py --item 'a name of ordinary length'",
        "created_at": naive(made),
    }
    if lane is Lane.PRIVATE:
        doc["depends_on"] = [f"step_{place % 7}"]
    if lane in (Lane.PROCESSING, Lane.COMPLETE, Lane.FAILED):
        doc |= {
            "status": {Lane.FAILED: "abandoned"}.get(lane, lane.value),
            "assigned_to": f"gpu-{place % AGENTS + 1}",
            "attempts": 1,
            "workers_attempted": [f"gpu-{place % AGENTS + 1}"],
            "started_at": naive(max(made, now - timedelta(seconds=60))),
        }
    if lane in (Lane.COMPLETE, Lane.FAILED):
        well = lane is Lane.COMPLETE
        output = "frames written: 240\n" if well else "[stderr: ValueError: no frames]"
        doc |= {
            "completed_at": naive(made + timedelta(seconds=40)),
            "result": {"success": well, "output": output, "action": "allowed"},
        }
    path = files.write(task_path(root, lane, an_id(place)), doc)
    os.utime(path, (made.timestamp(), made.timestamp()))


def write_logs(root: Path, lines: int, now: datetime) -> None:
    """Write so many lines of the day until *now*: five decisions a task among them."""
    decided = lines // DECIDED
    own = (lines - decided) // AGENTS
    path = root / "logs" / "brain_decisions.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for at, place in _times(decided, now):
            monitor = place % 20 == 0
            file.write(
                f'{{"timestamp": "{at:%Y-%m-%dT%H:%M:%S}.123456", "type":'
                f' "{"MONITOR" if monitor else "TASK_RELEASED"}", "message":'
                ' "GPUs active: 4/5, Agents: 4/4, Queue: 7 (script:7)", "details":'
                f' {{"task_id": "{place:08x}"}}}}\n'
            )
    for agent in range(1, AGENTS + 1):
        path = root / "logs" / "console" / f"gpu-{agent}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        said = cycle(_SAID)
        with path.open("w") as file:
            for at, place in _times(own, now):
                text = _RARE if place % 50_000 == 77 else next(said)
                file.write(f"{at:%H:%M:%S} {text.format(n=agent, id=f'{place:08x}')}\n")
    for path in root.rglob("*.log"):
        os.utime(path, (now.timestamp(), now.timestamp()))


def _times(lines: int, now: datetime) -> Iterator[tuple[datetime, int]]:
    for place in range(lines):
        yield now - timedelta(seconds=86_400 * (1 - (place + 1) / lines)), place


def ask(root: Path, *words: str) -> Run:
    """Ask in a process of its own, and return what that took."""
    environment = {"AGENTS_ROOT": str(root), "AGENTS_TZ": "UTC"}
    state = f"sqlite:///{root.parent / 'state.sqlite3'}"
    begun = time.perf_counter()
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        run = subprocess.Popen(
            [sys.executable, "-m", "bot", *words, "--system", "agents"],
            stdout=nothing,
            cwd=ROOT,
            env=os.environ | environment | {"DEBUG_BOT_STATE_URL": state},
        )
        _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    assert run.returncode == 0, words
    return Run(
        seconds=time.perf_counter() - begun,
        processor=usage.ru_utime + usage.ru_stime,
        megabytes=usage.ru_maxrss / 1024,
    )


def move(root: Path, seconds: float) -> int:
    """Move tasks from lane to lane, as programs do, and return how many steps.

    Every second one is written anew before its old file goes, as a claim is.
    """
    order = (Lane.QUEUE, Lane.PROCESSING, Lane.COMPLETE)
    queue = task_path(root, Lane.QUEUE, "x").parent
    ids = cycle(sorted(path.stem for path in queue.glob("*.json")))
    begun, steps = time.perf_counter(), 0
    at: dict[str, int] = {}
    while (spent := time.perf_counter() - begun) < seconds:
        if steps > spent * MOVES_A_SECOND:
            time.sleep(0.002)
            continue
        id = next(ids)
        here = at.get(id, 0)
        old, new = (task_path(root, order[place % 3], id) for place in (here, here + 1))
        if here % 2:
            new.write_text(old.read_text())
            old.unlink()
        else:
            old.rename(new)
        at[id] = here + 1
        steps += 1
    return steps


async def watch(root: Path, number: int, seconds: float) -> tuple[int, Sequence[str]]:
    """Ask again and again; return how often, and every answer that was wrong."""
    settings = {
        "AGENTS_ROOT": str(root),
        "AGENTS_TZ": "UTC",
        "DEBUG_BOT_STATE_URL": f"sqlite:///{root.parent / 'state.sqlite3'}",
    }
    wired = Wired(Settings.of(settings))
    wrong: list[str] = []
    asked, begun = 0, time.perf_counter()
    for words in cycle(("health", "queue")):
        if time.perf_counter() - begun > seconds:
            break
        report = await wired.desk.answer(
            [words, "--system", "agents"], Caller(door=Door.SHELL), datetime.now(UTC)
        )
        asked += 1
        if report.outcome is not Outcome.ANSWERED:
            wrong.append(f"{words}: {report.summary}")
        wrong += [
            f"{words}: {gap.source} {gap.reason}"
            for gap in report.gaps
            if gap.reason != "has no pods"
        ]
        if isinstance(report.data, HealthData):
            counted = sum((report.data.tasks.by_status or {}).values())
            wrong += [f"health counts {counted}"] if counted != number else []
        elif not isinstance(report.data, QueueData):
            wrong.append(f"{words} tells nothing")
    await wired.close()
    return asked, wrong


def main() -> None:
    """Write the folder, take all measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--root", type=Path, help="where to write it, and leave it")
    parser.add_argument("--move", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.move:
        print(move(given.move, given.seconds))
        return
    with tempfile.TemporaryDirectory() as home:
        root = given.root or Path(home) / "shared"
        now = datetime.now(UTC)
        if not root.exists():
            write_tasks(root, given.tasks, now)
            write_logs(root, given.lines // 10, now)
        _measure(root, given.tasks, given.lines, now)
        print(f"\nWhile {MOVES_A_SECOND} files a second move (target: nothing wrong)")
        words = ["-m", "tests.tools.big_folder", "--move", str(root)]
        mover = subprocess.Popen(
            [sys.executable, *words, "--seconds", str(given.seconds)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        asked, wrong = asyncio.run(watch(root, given.tasks, given.seconds - 1.0))
        told, _ = mover.communicate()
        print(f"  {asked} answers over {json.loads(told)} moves, {len(wrong)} wrong")
        for each in wrong[:10]:
            print(f"    {each}")


def _measure(root: Path, tasks: int, lines: int, now: datetime) -> None:
    search = ("logs", "--search", "consecutive health", "--limit", "20")
    print(f"Searching the logs of a day for a rare text, {lines // 10:,} lines")
    print(f"  logs    {ask(root, *search)}")
    write_logs(root, lines, now)
    print(f"Ten times the lines (target: no more memory), {lines:,} lines")
    print(f"  logs    {ask(root, *search)}")
    print(f"{tasks:,} task files and these (target: 2 s and 200 MB at most)")
    for words in ("health", "queue", "orphans"):
        beat(root)
        ask(root, words)
        print(f"  {words:8}{ask(root, words)}", flush=True)


if __name__ == "__main__":
    main()
