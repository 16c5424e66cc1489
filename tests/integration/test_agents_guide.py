"""What the agents' logging guide asks for, over real files and over made ones.

Its three cases lie on disk as the programs would leave them: a worker dies, no agent
has a model, all are busy. Each gets its verdict in one answer, and what is nearly one
does not.
"""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import queries
from bot.addressing import Addresses
from bot.dispatch import Desk
from bot.domain.access import Caller, Door
from bot.domain.agent_names import Lane
from bot.domain.findings import Status
from bot.domain.incident import IncidentData
from bot.domain.offers import Record
from bot.domain.report import Outcome, Report
from bot.domain.times import Window
from bot.queries.health import HealthData
from bot.queries.task import TaskData
from bot.settings import Settings
from bot.sources.agents import agents
from bot.sources.agents.lanes import task_path
from tests.sources.agents.files import (
    NOW,
    SAMPLES,
    a_brain,
    a_decision,
    a_gpu,
    a_log,
    a_task,
    ago,
    naive,
    running,
    the_decisions,
    write,
)
from tests.tools.big_folder import move
from tests.world import data_of, facts_of, table_of

SHELL = Caller(door=Door.SHELL, name="somebody")


class Nobody:
    """A gate behind which nothing was ever done."""

    async def records(self, window: Window, *, limit: int) -> tuple[Record, ...]:
        """Return none."""
        del window, limit
        return ()


async def asked(
    root: Path, words: str, now: datetime, *, records: bool = False
) -> Report:
    """Return what is answered about a folder then; *records* if the audit is asked."""
    gate: Any = Nobody() if records else None
    settings = Settings.of({"AGENTS_ROOT": str(root), "AGENTS_TZ": "UTC"})
    system = agents(settings.agents, settings.agents_programs)
    desk = Desk(
        addresses=Addresses({"agents": lambda: system}, default="agents"),
        commands=queries.book(),
        gate=lambda: gate or pytest.fail("nothing is changed here"),
    )
    return await desk.answer(words.split(), SHELL, now)


async def answered(
    root: Path,
    words: str,
    snapshot: str = "5_agents_back",
    *,
    later: timedelta = timedelta(),
) -> Report:
    """Return what is answered when the sample was taken, or so much later."""
    _, now = running(root, snapshot)
    return await asked(root, words, now + later)


async def test_whether_the_brain_tries_a_task_again_is_told(tmp_path: Path) -> None:
    """By its own rules; and nobody is offered to queue it again, for nobody may."""
    blocked = await answered(tmp_path / "1", "task 48d88b24")
    fell = await answered(tmp_path / "2", "task d865c6b5")

    told = data_of(blocked, TaskData).retry
    assert told is not None
    assert told.startswith("no: the brain gave it up after 3 of 3 attempts; escalation")
    assert data_of(fell, TaskData).retry == "no: it was given up with its batch"
    assert not any("requeue" in ask.words for ask in (*blocked.asks, *fell.asks))


async def test_what_lies_beside_a_tasks_file_is_told_with_it(tmp_path: Path) -> None:
    """Its batch, its workers, its sidecar and what the brain remembers of it."""
    report = await answered(tmp_path, "task 48d88b24")

    rows = facts_of(report, "In its folder")
    assert rows["tried on"] == "gpu-4, gpu-4, gpu-4"
    assert str(rows["batch"]).startswith("20261123_084823 of ")
    assert "shared-batch-id" not in {each.rule for each in report.findings}
    assert "false-completion" in {each.rule for each in report.findings}


async def test_what_becomes_of_an_orphan_is_told_by_the_brains_rules(
    tmp_path: Path,
) -> None:
    """And not by those of another system."""
    report = await answered(
        tmp_path, "task 22d25838", "1_gpu4_just_killed", later=timedelta(seconds=75)
    )

    assert str(data_of(report, TaskData).retry).startswith(
        "the brain was due to queue it again 7 s ago"
    )


async def recalled(root: Path, words: str) -> Report:
    """Return what is told of an incident, a while after it."""
    _, now = running(root)
    return await asked(root, words, now, records=True)


def rules(report: Report) -> dict[str, str]:
    """Return what is found, by rule, in one title each."""
    return {each.rule: each.title for each in report.findings}


def a_worker(root: Path, number: int, *, beat: float = 5, hot: bool = True) -> None:
    """Write the heartbeat of a worker of February 2026, so many seconds old."""
    doc = {
        "worker_id": f"worker-{number}",
        "gpu_id": number,
        "timestamp": naive(ago(seconds=beat)),
        "model_loaded": hot,
        "model": "qwen2.5:7b",
        "port": 23430 + number,
    }
    write(root / "workers" / f"worker-{number}" / "heartbeat.json", doc)


def a_run(root: Path, number: int, worker: str, *, seconds: float, **more: Any) -> None:
    """Write a task that the worker has had in progress for so long."""
    since = naive(ago(seconds=seconds))
    values: dict[str, Any] = {"assigned_to": worker, "started_at": since}
    a_task(root, Lane.PROCESSING, number, **(values | more))


# --- a worker dies ------------------------------------------------------------------


def a_death(root: Path, *lines: str, beat: float) -> None:
    """Write two old workers; one has a task and fell silent after these lines."""
    a_worker(root, 1, beat=beat)
    a_worker(root, 2)
    a_run(root, 1, "worker-1", seconds=97)
    begun = "08:00:00 [worker-1] INFO: Worker worker-1 starting main loop"
    a_log(root, "worker-1.log", begun, *lines, at=ago(seconds=beat))


CRASH = (
    "08:58:30 [worker-1] ERROR: Worker worker-1 crashed in main loop: 'model_name'",
    "08:58:30 [worker-1] INFO: Worker worker-1 shutting down - completed 15 tasks",
)


@pytest.mark.parametrize("words", ["health", "queue"])
async def test_a_worker_that_crashed_is_the_verdict(tmp_path: Path, words: str) -> None:
    """With its exception, how many it had done, the task it leaves and its silence."""
    a_death(tmp_path, *CRASH, beat=90)

    report = await asked(tmp_path, words, NOW)

    found = rules(report)
    assert report.status is Status.CRITICAL
    assert found["crashed-agent"].startswith("worker-1 crashed")
    assert "'model_name'" in found["crashed-agent"]
    assert found["orphaned-task"] == "task 00000001 is orphaned: worker-1 crashed"
    told = " ".join(proof for each in report.findings for proof in each.evidence)
    assert "completed 15 tasks" in told
    assert "1 min 30 s ago" in told


@pytest.mark.parametrize("words", ["health", "queue"])
async def test_a_worker_without_an_exit_line_was_killed(
    tmp_path: Path, words: str
) -> None:
    """Or its host is down; after two minutes, not before."""
    a_death(tmp_path, beat=121)

    report = await asked(tmp_path, words, NOW)

    assert report.status is Status.CRITICAL
    assert "no exit line" in rules(report)["killed-agent"]
    assert "orphaned-task" in rules(report)


@pytest.mark.parametrize("words", ["health", "queue"])
async def test_a_worker_that_beats_has_not_died(tmp_path: Path, words: str) -> None:
    """At 60 s it is well; one that began again after its crash lives, and may again."""
    again = "08:59:10 [worker-1] INFO: Worker worker-1 starting main loop"
    a_death(tmp_path / "silent", beat=60)
    a_death(tmp_path / "again", *CRASH, again, beat=5)

    silent = await asked(tmp_path / "silent", words, NOW)
    begun = await asked(tmp_path / "again", words, NOW)

    assert silent.status is Status.OK
    assert {*rules(begun)} <= {"restarted-agent"}
    assert begun.status is (Status.WARNING if words == "health" else Status.OK)
    assert not {"crashed-agent", "killed-agent", "orphaned-task"} & {
        *rules(silent),
        *rules(begun),
    }


async def test_a_worker_that_beats_late_is_a_warning(tmp_path: Path) -> None:
    """After 90 s, of 60 that are well."""
    a_death(tmp_path, beat=90)

    report = await asked(tmp_path, "health", NOW)

    assert report.status is Status.WARNING
    assert "1 min 30 s" in rules(report)["heartbeat-ageing"]
    assert "killed-agent" not in rules(report)


# --- no agent has a model -----------------------------------------------------------


def cold(root: Path, *, waited: float, load: float | None = 62, **gpu: Any) -> None:
    """Write two cold GPU agents, six llm tasks, and a load that waits as well."""
    a_brain(root)
    a_gpu(root, 2)
    a_gpu(root, 4, **gpu)
    for number in range(6):
        made = naive(ago(seconds=waited))
        a_task(root, Lane.QUEUE, number, task_class="llm", created_at=made)
    if load is not None:
        a_task(
            root,
            Lane.QUEUE,
            9,
            task_class="meta",
            command="load_llm",
            created_at=naive(ago(seconds=load)),
        )


@pytest.mark.parametrize("words", ["health", "queue"])
async def test_that_no_agent_has_a_model_is_the_verdict(
    tmp_path: Path, words: str
) -> None:
    """With for how long the load waits, by its file, and the cold agents by name."""
    cold(tmp_path, waited=98)

    report = await asked(tmp_path, words, NOW)

    assert report.status is Status.WARNING
    assert rules(report)["no-model"] == (
        "no agent has a model, and 6 llm tasks wait for 1 min 38 s; a load waits for"
        " 1 min 2 s"
    )
    assert "load_llm was not taken for 1 min 2 s" in rules(report)["load-waits"]
    told = [each.evidence for each in report.findings if each.rule == "no-model"]
    assert told[0][:2] == ("gpu-2 is cold", "gpu-4 is cold")


async def test_the_queue_tells_each_class_against_its_takers(tmp_path: Path) -> None:
    """Nobody takes llm tasks, and the load could be taken by both."""
    cold(tmp_path, waited=98)

    report = await asked(tmp_path, "queue", NOW)

    by_class = table_of(report, "By class, against who could take it")
    assert [row[:4] for row in by_class] == [
        ("llm", 6, "1 min 38 s", "nobody"),
        ("meta", 1, "1 min 2 s", "gpu-2, gpu-4"),
    ]
    assert str(by_class[0][4]).startswith("needs a hot GPU")
    assert "no agent has a model" in report.summary


@pytest.mark.parametrize("words", ["health", "queue"])
async def test_what_nearly_lacks_a_model_does_not(tmp_path: Path, words: str) -> None:
    """One is hot, if busy; or all is younger than a minute; or one is being loaded."""
    hot = {"state": "hot", "loaded_model": "qwen", "budget_available_mb": 0}
    cold(tmp_path / "hot", waited=98, load=None, **hot)
    cold(tmp_path / "young", waited=60, load=60)
    cold(tmp_path / "loading", waited=98, load=None, meta_task_active=True)
    a_run(
        tmp_path / "loading",
        9,
        "gpu-4",
        seconds=20,
        task_class="meta",
        command="load_llm",
    )

    found = {
        name: await asked(tmp_path / name, words, NOW)
        for name in ("hot", "young", "loading")
    }

    assert "no-model" not in rules(found["hot"])
    assert not {"no-model", "load-waits"} & {*rules(found["young"])}
    assert rules(found["loading"])["no-model"].endswith("; gpu-4 loads one")
    assert found["loading"].status is Status.OK


# --- all are busy -------------------------------------------------------------------


def crowd(root: Path, *, waiting: int = 197, runs: float = 40, busy: int = 3) -> None:
    """Write three old workers, of whom some work, and sixty tasks of the last minutes.

    As many wait as are said.
    """
    the_decisions(
        root,
        a_decision(
            "MONITOR",
            f"GPUs active: 3/5, Workers: 3/3, Queue: {waiting}, Processing: {busy},"
            " Stuck: 0",
            ago(seconds=20),
        ),
    )
    for number in range(1, 4):
        a_worker(root, number)
    for number in range(1, busy + 1):
        a_run(root, number, f"worker-{number}", seconds=runs)
    for number in range(60):
        a_task(
            root,
            Lane.COMPLETE,
            100 + number,
            completed_at=naive(ago(seconds=4 * number + 1)),
            assigned_to=f"worker-{number % 3 + 1}",
            result={"success": True},
        )
    for number in range(waiting):
        made = naive(ago(seconds=200))
        a_task(root, Lane.QUEUE, 1000 + number, task_class="llm", created_at=made)


@pytest.mark.parametrize("words", ["health", "queue"])
async def test_that_all_are_busy_and_nothing_is_stuck_is_the_verdict(
    tmp_path: Path, words: str
) -> None:
    """With how long it lasts at the pace of the last five minutes."""
    crowd(tmp_path)

    report = await asked(tmp_path, words, NOW)

    assert report.status is Status.OK
    assert report.summary.endswith(
        "; busy, not stuck: 3 of 3 agents work, 197 waiting, done in about 16 min 25 s"
    )
    assert [*rules(report)] == ["all-busy"]


@pytest.mark.parametrize("words", ["health", "queue"])
@pytest.mark.parametrize(
    "given", [{"busy": 2}, {"waiting": 0}, {"runs": 1201}, {"busy": 0}]
)
async def test_what_is_nearly_busy_is_not(
    tmp_path: Path, words: str, given: dict[str, Any]
) -> None:
    """One is free; nothing waits; their tasks are stuck; nobody works."""
    crowd(tmp_path, **given)

    report = await asked(tmp_path, words, NOW)

    assert "busy, not stuck" not in report.summary
    assert "all-busy" not in rules(report)
    assert ("stuck-task" in rules(report)) == ("runs" in given)


# --- afterwards ---------------------------------------------------------------------


async def test_an_incident_is_told_with_its_causes_and_each_moment_once(
    tmp_path: Path,
) -> None:
    """A decision that is an error stands there as that alone."""
    report = await recalled(tmp_path, "report")

    data = data_of(report, IncidentData)
    assert "3 tasks failed" in report.summary
    assert {each.rule for each in data.root_causes} >= {
        *("missing-path", "bad-input", "out-of-memory", "double-run"),
    }
    said = [moment.message.split(" (")[0] for moment in data.timeline]
    assert [each for each in said if each.startswith("[BATCH_ABORTED]")] == [
        f"[BATCH_ABORTED] Aborted batch 20261123_{batch} due to fatal task failure"
        for batch in ("084817", "084812", "084823")
    ]
    assert "the brain began anew" in said


async def test_a_window_that_is_over_is_told_by_what_stayed_of_it(
    tmp_path: Path,
) -> None:
    """No heartbeat of today tells of then; what failed then does."""
    words = "report --since 2026-11-23T08:48 --until 2026-11-23T08:50"
    report = await recalled(tmp_path, words)

    found = rules(report)
    assert {"bad-input", "missing-path", "out-of-memory"} <= {*found}
    assert not {"clock-ahead", "double-run", "not-claiming", "all-busy"} & {*found}


@pytest.mark.parametrize("sample", ["2026-02/claim_races", "2026-03/big_output_hang"])
async def test_every_generation_has_its_report(tmp_path: Path, sample: str) -> None:
    """Also one without decisions, brain or heartbeats of it."""
    shutil.copytree(SAMPLES / sample, tmp_path / "shared")
    when = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)

    report = await asked(tmp_path / "shared", "report --hours 1", when, records=True)

    assert report.outcome is Outcome.ANSWERED
    assert data_of(report, IncidentData).workers is not None
    assert {gap.reason for gap in report.gaps} <= {"has no pods"}


# --- while it moves -----------------------------------------------------------------


async def test_tasks_that_move_meanwhile_are_counted_once(tmp_path: Path) -> None:
    """At 200 steps a second nothing is missed, told twice or called unreadable."""
    number = 90
    a_brain(tmp_path)
    a_gpu(tmp_path)
    for lane in (Lane.PROCESSING, Lane.COMPLETE):
        task_path(tmp_path, lane, "x").parent.mkdir(parents=True)
    (tmp_path / "logs").mkdir()
    for each in range(number):
        a_task(tmp_path, Lane.QUEUE, each)
    mover = asyncio.create_task(asyncio.to_thread(move, tmp_path, 3.0))
    counted = []
    while not mover.done():
        health = await asked(tmp_path, "health", NOW)
        queue = await asked(tmp_path, "queue", NOW)
        by_status = data_of(health, HealthData).tasks.by_status
        counted.append(sum((by_status or {}).values()))
        assert health.outcome is queue.outcome is Outcome.ANSWERED
        assert {gap.reason for gap in (*health.gaps, *queue.gaps)} <= {"has no pods"}
    steps = await mover

    assert len(counted) >= 3
    assert set(counted) == {number}
    assert steps > number
