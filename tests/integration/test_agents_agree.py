"""What one command counts of the agents, every other one counts alike."""

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.access import Caller, Door
from bot.domain.agent_names import BATCH_ABORTED, Lane
from bot.domain.incident import IncidentData
from bot.queries.health import HealthData
from bot.queries.orphans import OrphansData
from bot.queries.queue import QueueData
from bot.queries.tasks import TaskEntry, TasksData
from bot.queries.workers import WorkersData
from bot.settings import Settings
from bot.sources.agents.lanes import task_path
from bot.sources.agents.task_files import STATUSES
from bot.wiring import Wired
from tests.sources.agents.files import (
    NOW,
    a_brain,
    a_gpu,
    a_task,
    ago,
    an_id,
    naive,
    racing,
    running,
    write,
)

LATELY = timedelta(minutes=5)
HOUR = timedelta(hours=1)
_WORDS = {
    Lane.PRIVATE: ("pending",),
    Lane.QUEUE: ("pending", "processing"),
    Lane.PROCESSING: ("processing",),
    Lane.COMPLETE: ("complete", "failed"),
    Lane.FAILED: ("failed", "blocked_cloud", "abandoned"),
}
_ENDED = (Lane.COMPLETE, Lane.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What each command found in one folder at one moment."""

    health: HealthData
    tasks: TasksData
    by_status: Mapping[str, int]
    """How many tasks are listed where each status is asked for."""
    queue: QueueData
    workers: WorkersData
    orphans: OrphansData
    report: IncidentData


async def asked(root: Path, state: Path, now: datetime) -> Answers:
    """Ask every command that counts."""
    wired = Wired(
        Settings.of(
            {
                "AGENTS_ROOT": str(root),
                "AGENTS_TZ": "UTC",
                "DEBUG_BOT_STATE_URL": f"sqlite:///{state / 'state.sqlite3'}",
            }
        )
    )

    async def data(words: str) -> Any:
        report = await wired.desk.answer(words.split(), Caller(door=Door.SHELL), now)
        assert report.data is not None, (words, report.summary)
        return report.data

    found = Answers(
        health=await data("health"),
        tasks=await data("tasks --limit 1000"),
        by_status={
            each: (await data(f"tasks --status {each}")).total for each in STATUSES
        },
        queue=await data("queue"),
        workers=await data("workers"),
        orphans=await data("orphans"),
        report=await data("report"),
    )
    await wired.close()
    return found


def agree(found: Answers, now: datetime) -> None:
    """Hold each count against those of all other commands."""
    rows, tally, hour = found.tasks.tasks, found.tasks.now, found.health.last_hour
    assert tally is not None
    every = {name: n for name, n in (found.health.tasks.by_status or {}).items() if n}
    assert every == found.tasks.by_status == Counter(each.status for each in rows)
    assert sum(tally.lanes.values()) == sum(every.values())

    ill = sum(every.get(each, 0) for each in _WORDS[Lane.FAILED])
    listed = {name: n for name, n in found.by_status.items() if n}
    assert listed == every | ({"failed": ill} if ill else {})

    waiting = every.get("pending", 0) + every.get("waiting", 0)
    assert waiting == found.queue.total == sum(tally.waiting.values())
    running = every.get("processing", 0)
    assert running == found.queue.in_progress == found.orphans.in_progress
    assert running == sum(tally.running.values()) == sum(tally.running_on.values())

    done, failed = of_done(rows), of_failed(found.tasks)
    since, lately = now - HOUR, now - LATELY
    assert hour.tasks_completed == sum(at >= since for at in done)
    assert hour.tasks_failed == sum(at >= since for at in failed.values())
    assert tally.completed_lately == sum(at > lately for at in done)
    assert tally.failed_lately == sum(at > lately for at in failed.values())
    assert tally.completed_lately == sum(tally.done.values())
    assert tally.completed_lately == sum(tally.completed_lately_by.values())
    load = found.queue.load
    assert load is not None
    assert load.completed_lately == tally.completed_lately
    assert load.alive == found.workers.healthy + found.workers.ageing

    shares = {each.worker_id: each.completed for each in found.workers.work or ()}
    assert {id: n for id, n in shares.items() if n} == Counter(
        each.worker_id for each in rows if each.status == "complete" and each.worker_id
    )
    hit = {each.id for each in found.report.tasks or () if each.failed_at}
    assert hit == {each.id for each in found.tasks.failures}

    crew = found.health.workers
    assert (crew.by_status, crew.healthy, crew.ageing, crew.stale, crew.missing) == (
        *(found.workers.by_status, found.workers.healthy, found.workers.ageing),
        *(found.workers.stale, found.workers.missing),
    )


def of_done(rows: tuple[TaskEntry, ...]) -> list[datetime]:
    """Return when tasks of the list were completed."""
    return [
        it.processed_at for it in rows if it.status == "complete" and it.processed_at
    ]


def of_failed(found: TasksData) -> dict[str, datetime]:
    """Return the tasks that failed by themselves, and when."""
    return {it.id: it.failed_at for it in found.failures if it.failed_at}


@pytest.mark.parametrize(
    "name", ["1_gpu4_just_killed", "3_gpu1_stuck_requeued", "5_agents_back"]
)
async def test_the_counts_of_a_sample_agree(tmp_path: Path, name: str) -> None:
    """In the first a plan that could not be run lies among the complete tasks."""
    root = tmp_path / "shared"
    _, now = running(root, name)

    agree(await asked(root, tmp_path, now), now)


async def test_the_counts_of_the_oldest_generation_agree(tmp_path: Path) -> None:
    """Its workers claim and run tasks by themselves."""
    root = tmp_path / "shared"
    now = racing(root)

    agree(await asked(root, tmp_path, now), now)


async def test_files_that_cannot_be_read_are_counted_by_every_command(
    tmp_path: Path,
) -> None:
    """By where they lie, which is all that is known of them."""
    root = tmp_path / "shared"
    a_gpu(root)
    a_brain(root)
    for number, lane in enumerate(Lane):
        a_task(root, lane, number, completed_at=naive(ago(minutes=9)))
        write(task_path(root, lane, an_id(9 + number)), "{", at=ago(minutes=9))
    found = await asked(root, tmp_path, NOW)

    agree(found, NOW)
    assert found.tasks.now is not None
    assert found.tasks.now.running == {"script": 1, "unreadable": 1}


def _a_doc(lane: Lane) -> st.SearchStrategy[dict[str, Any]]:
    """Draw what a task's file says in the lane."""
    ended = {
        "completed_at": st.integers(1, 7000).map(lambda age: naive(ago(seconds=age))),
        "result": st.sampled_from([{}, {"success": True}, {"success": False}]),
        "abandoned_reason": st.sampled_from([None, BATCH_ABORTED, "another"]),
    }
    return st.fixed_dictionaries(
        {
            "status": st.sampled_from(_WORDS[lane]),
            "task_class": st.sampled_from(["script", "llm", "meta", ""]),
            "executor": st.sampled_from(["worker", "brain"]),
            "assigned_to": st.sampled_from([None, "gpu-1", "gpu-2", "gone"]),
            "created_at": st.integers(7001, 80_000).map(
                lambda age: naive(ago(seconds=age))
            ),
            **(ended if lane in _ENDED else {}),
        }
    )


_FILE = st.sampled_from(Lane).flatmap(
    lambda lane: st.tuples(st.just(lane), _a_doc(lane))
)


def test_the_counts_of_any_folder_agree(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever lies where, and whatever its file says of itself."""
    home = tmp_path_factory.mktemp("agree")

    @settings(max_examples=25)
    @given(st.lists(_FILE, max_size=12))
    def hold(drawn: list[tuple[Lane, dict[str, Any]]]) -> None:
        with tempfile.TemporaryDirectory() as shared:
            root = Path(shared)
            (root / "tasks").mkdir()
            a_gpu(root)
            a_brain(root)
            for number, (lane, doc) in enumerate(drawn):
                a_task(root, lane, number, at=ago(seconds=1), **doc)
            agree(anyio.run(asked, root, home, NOW), NOW)

    hold()
