"""The commands over real files of the agents, as a person would type them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import queries
from bot.addressing import Addresses
from bot.dispatch import Desk
from bot.domain.access import Caller, Door
from bot.domain.agent_names import Lane
from bot.domain.findings import Status
from bot.domain.report import Outcome, Report
from bot.queries.queue import QueueData
from bot.queries.task import TaskData
from bot.queries.tasks import TasksData
from bot.settings import Settings
from bot.sources.agents import agents
from tests.sources.agents.files import (
    NOW,
    a_brain,
    a_gpu,
    a_task,
    naive,
    racing,
    running,
    write,
)
from tests.world import data_of, facts_of, table_of

GHOST = "1c1a09da-1269-44ae-b509-9aeaec920457"
SHELL = Caller(door=Door.SHELL, name="somebody")
READ = (
    *("task 3a333f8c", "task 3a333f8c --logs-only", "3a333f8c", "worker gpu-1"),
    *("worker gpu-2 --startup", "worker brain", "worker cpu-pi1 --check-logging"),
    *("gpu-2-w0-22d25838", "tasks", "tasks --status blocked_cloud", "workers"),
    *("tasks --stuck", "workers --detailed", "worker gpu-1 --claims"),
    *("worker gpu-2 --check-logging", "worker gpu-4 --logs-only"),
    *("health", "orchestrator", "config --explain", "orphans", "queue"),
    *("logs --level ERROR", "logs --search moov --limit 2", "logs --task 3a333f8c"),
)


async def answered(root: Path, words: str, snapshot: str = "5_agents_back") -> Report:
    """Return what is answered at the moment at which the sample was taken."""
    _, now = running(root, snapshot)
    return await told(root, words, now)


async def of_races(root: Path, words: str) -> Report:
    """Return what is answered about the workers of February, 3 s after their end."""
    now = racing(root)
    return await told(root, words, now + timedelta(seconds=3))


async def told(root: Path, words: str, now: datetime) -> Report:
    """Return what is answered at that moment about the folder as it is."""
    settings = Settings.of({"AGENTS_ROOT": str(root), "AGENTS_TZ": "UTC"})
    system = agents(settings.agents, settings.agents_programs)
    desk = Desk(
        addresses=Addresses({"agents": lambda: system}, default="agents"),
        commands=queries.book(),
        gate=lambda: pytest.fail("nothing is changed here"),
    )
    return await desk.answer(words.split(), SHELL, now)


@pytest.mark.parametrize("words", READ)
async def test_every_command_that_reads_is_answered(tmp_path: Path, words: str) -> None:
    """By the agents' files, and with no part unread but pods, which there are none."""
    report = await answered(tmp_path, words)

    assert report.outcome is Outcome.ANSWERED
    assert {read.source for read in report.reads} <= {"agents"}
    assert {gap.reason for gap in report.gaps} <= {"has no pods"}


async def test_pods_are_said_to_be_lacking(tmp_path: Path) -> None:
    """In one line."""
    report = await answered(tmp_path, "runpod")

    assert report.summary == "agents has no pods"


async def test_a_task_that_runs_twice_says_so_first(tmp_path: Path) -> None:
    """It is the verdict."""
    report = await answered(tmp_path, "task 3a333f8c")

    assert "runs twice: gpu-1 ended it, and gpu-4 runs it again" in report.summary


async def test_a_timeline_merges_what_lies_beside_a_task(tmp_path: Path) -> None:
    """Sidecar, signals and incident stand in it at their times; none is a log line."""
    _, now = running(tmp_path)
    signal = {
        "task_id": "3a333f8c-8470-4efc-81da-07a9419aa14b",
        "timestamp": naive(now - timedelta(seconds=20)),
        "reason": "no_progress_625s_threshold_600s",
    }
    write(tmp_path / "signals" / "gpu-4.abort", signal, at=now)

    report = await told(tmp_path, "task 3a333f8c", now)
    bare = await told(tmp_path, "task 3a333f8c --logs-only", now)

    lines = data_of(report, TaskData).timeline
    beside = [
        (f"{line.at:%H:%M:%S}", line.source, line.message.split(" (")[0])
        for line in lines
        if line.source in ("sidecar", "signal", "incident")
    ]
    assert beside == [
        ("09:04:11", "incident", "stuck abort sent"),
        ("09:04:41", "incident", "stuck abort sent repeat"),
        ("09:05:11", "incident", "stuck force kill sent"),
        ("09:06:12", "incident", "stuck requeued after force kill timeout"),
        (
            "09:11:38",
            "signal",
            "abort sent to gpu-4, not read yet: no_progress_625s_threshold_600s",
        ),
        (
            "09:11:54",
            "sidecar",
            "last refreshed by gpu-4-w0-3a333f8c, PID 13049, VRAM peak 0 MB",
        ),
    ]
    assert [*lines] == sorted(lines, key=lambda line: line.order)
    told_bare = {line.source for line in data_of(bare, TaskData).timeline}
    assert told_bare == {"decision", "worker", "brain"}


@pytest.mark.parametrize("words", ["task 263a2407", "263a2407", "task 263a"])
async def test_a_task_that_a_fresh_run_removed_is_told(
    tmp_path: Path, words: str
) -> None:
    """By the brain's decisions, for it has no file."""
    report = await answered(tmp_path, words)

    assert report.outcome is Outcome.ANSWERED
    assert report.summary == (
        "no file of task 263a2407 is left: a fresh run of the same plan probably"
        " removed it, 2026-11-23 08:50:23Z"
    )
    assert facts_of(report, "What is left of it")["file"] == "none, in any folder"
    assert data_of(report, TaskData).task is None
    kinds = [line.source_id for line in data_of(report, TaskData).timeline]
    assert kinds == ["TASK_CREATED", "TASK_RELEASED", "gpu-4", "PLAN_CLEANUP"]


async def test_a_subprocess_whose_task_has_no_file_is_told_with_it(
    tmp_path: Path,
) -> None:
    """Its sidecar tells who goes on, and when it last did."""
    _, now = running(tmp_path)
    (tmp_path / "tasks" / "processing" / f"{GHOST}.json").unlink()

    report = await told(tmp_path, f"task {GHOST}", now)
    bare = await told(tmp_path, f"task {GHOST[:8]} --logs-only --hours 2", now)

    assert report.summary.startswith("no file of task 1c1a09da is left: gpu-1-")
    assert "still works on 1c1a09da, whose file is gone" in report.summary
    assert "ghost-sidecar" in [each.rule for each in report.findings]
    assert data_of(report, TaskData).timeline[-1].source == "sidecar"
    assert [section.title for section in bare.sections] == ["Timeline"]
    assert f"logs --task {GHOST} --hours 2" in [ask.words for ask in bare.asks]


@pytest.mark.parametrize("before", ["task ", ""])
async def test_ids_that_are_no_tasks_are_answered(tmp_path: Path, before: str) -> None:
    """A batch by its tasks, the others by the task that they are about."""
    _, now = running(tmp_path)

    async def asked(id: str) -> Report:
        return await told(tmp_path, f"{before}{id}", now)

    batch = await asked("20261123_085013")
    incident = await asked("inc_20261123_090411_7430acd6")
    subprocess = await asked("gpu-4-w0-3a333f8c")
    nothing = await asked("20201123_085013")

    assert batch.command == "tasks"
    assert batch.words == "tasks --batch 20261123_085013"
    assert "20261123_085013 is a batch of long_script" in batch.notes
    for report in (incident, subprocess):
        assert report.words == "task 3a333f8c-8470-4efc-81da-07a9419aa14b"
        assert "runs twice" in report.summary
    assert "incident inc_20261123_090411_7430acd6: 0 attempts" in repr(incident.notes)
    assert "is a subprocess of gpu-4: worker gpu-4" in repr(subprocess.notes)
    assert nothing.outcome is Outcome.NOT_FOUND
    assert nothing.summary == "no batch is called 20201123_085013"


async def test_a_task_whose_dependency_is_nowhere_never_runs(tmp_path: Path) -> None:
    """In `task` and `queue` alike; one whose dependency is complete does."""
    a_brain(tmp_path)
    a_gpu(tmp_path)
    gone = a_task(tmp_path, Lane.PRIVATE, 1, depends_on=["nothing"])
    soon = a_task(tmp_path, Lane.PRIVATE, 2, depends_on=["step_3"])
    a_task(tmp_path, Lane.COMPLETE, 3)

    never = await told(tmp_path, f"task {gone}", NOW)
    held = await told(tmp_path, f"task {soon}", NOW)
    queue = await told(tmp_path, "queue", NOW)

    assert "never runs: nothing has no file" in never.summary
    assert data_of(never, TaskData).retry == (
        "no: nothing has no file and no event, so it is never released"
    )
    assert (data_of(held, TaskData).retry or "").startswith("it is queued, and held")
    assert "1 task can never run: 00000001, dependency gone" in queue.summary
    assert data_of(queue, QueueData).by_reason == {
        "dependency gone": 1,
        "waits for the brain": 1,
    }


async def test_the_tasks_of_a_batch_are_listed(tmp_path: Path) -> None:
    """Of one that has none it is said that there is no such batch."""
    _, now = running(tmp_path)
    report = await told(tmp_path, "tasks --batch 20261123_084823", now)
    none = await told(tmp_path, "tasks --batch 20261123_000000", now)

    found = data_of(report, TasksData)
    assert found.total == len(found.tasks) > 0
    assert found.now is None
    assert none.outcome is Outcome.NOT_FOUND
    assert none.summary == "no task is of batch 20261123_000000"


async def test_a_task_that_nothing_tells_of_does_not_exist(tmp_path: Path) -> None:
    """Nor one that something told of before the window."""
    report = await answered(tmp_path, "task 11111111-1111-4111-8111-111111111111")
    before = await answered(tmp_path, "task 263a2407 --hours 0.1")

    assert report.outcome is before.outcome is Outcome.NOT_FOUND
    assert report.summary == "no task is called 11111111-1111-4111-8111-111111111111"


async def test_a_task_of_a_frozen_agent_waits_again(tmp_path: Path) -> None:
    """And it is said why nobody takes it."""
    report = await answered(tmp_path, "queue", "3_gpu1_stuck_requeued")

    assert report.summary.startswith("5 waiting tasks")
    assert "no VRAM budget" in repr(report.sections)


async def test_a_worker_tells_its_races(tmp_path: Path) -> None:
    """Of the generation that wrote each try down."""
    report = await of_races(tmp_path, "worker worker-2 --claims")

    assert report.summary.startswith(
        "worker-2 claimed 12 of 15 tasks that it tried (80%), lost 3 races and waited 0"
        " times in vain for a lock"
    )
    assert facts_of(report, "Claims")["lost races"] == 3
    assert facts_of(report, "Claims")["lost to"] == "worker-1 1, worker-3 1, worker-5 1"


async def test_a_hot_worker_tells_why_it_took_nothing(tmp_path: Path) -> None:
    """By its last look at tasks; that the queue was empty after it tells less."""
    report = await of_races(tmp_path, "worker worker-6")

    claims = facts_of(report, "Claims")
    assert claims["looks without a claim"] == 6
    assert claims["it said"] == (
        "No suitable tasks - Queue: [script:10], Preferred: ['resource', 'llm', 'cpu'],"
        " Model loaded: True"
    )
    assert report.summary == "worker-6 was stopped at 2026-11-23 09:09:47Z"


async def test_an_agent_tells_of_itself(tmp_path: Path) -> None:
    """Its model, budget, heat, what it runs, and why it takes nothing more."""
    report = await answered(tmp_path, "worker gpu-1")

    assert facts_of(report, "Agent") == {
        "kind": "gpu",
        "heartbeat": "well: it would be late past 1 min",
        "began": datetime(2026, 11, 23, 8, 45, 22, tzinfo=UTC),
        "ready": datetime(2026, 11, 23, 8, 45, 22, tzinfo=UTC),
        "model": "none loaded: it is cold",
        "runtime": "cold",
        "VRAM budget": "4,800 MB claimed, 115 MB left",
        "temperature": "49 °C",
        "thermal pause": "none",
        "runs": "1c1a09da render_long_a for 1 min 7 s, PID 13089",
        "completed since it began": 4,
        "failed since it began": 1,
        "takes no more because": "needs 4800 MB, gpu-1 has 115 MB left (0206c08f)",
    }
    assert "pod" not in facts_of(report, "Worker")


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        (
            "worker gpu-4 --startup",
            "gpu-4 was ready at 2026-11-23 09:10:43Z, 0 s after it began",
        ),
        (
            "worker brain --startup",
            "brain was ready at 2026-11-23 08:45:32Z, 11 s after it began",
        ),
        (
            "worker cpu-pi1 --check-logging",
            (
                "cpu-pi1 is quiet and alive: its newest line is 23 min 33 s old, its"
                " heartbeat is 1 s old"
            ),
        ),
        (
            "worker brain --claims",
            "brain claims nothing: it hands out what others claim",
        ),
    ],
)
async def test_starts_and_logs_are_told_by_the_agents_own_lines(
    tmp_path: Path, words: str, summary: str
) -> None:
    """Whichever kind of program wrote them."""
    assert (await answered(tmp_path, words)).summary == summary


async def test_a_folder_is_told_by_lanes_classes_and_workers(tmp_path: Path) -> None:
    """A sidecar is no task; what was done lately is counted for each worker."""
    report = await answered(tmp_path, "tasks", "1_gpu4_just_killed")

    assert facts_of(report, "Now") == {
        "waiting": "4: script 4",
        "in progress": "3: script 3",
        "completed in 5 min": "13: plan 9, meta 3, llm 1",
        "failed in 5 min": "1",
        "lanes": "private 0, queue 4, processing 3, complete 35, failed 5",
    }
    assert table_of(report, "By worker") == [
        *(("brain", 0, 9), ("gpu-1", 1, 2), ("gpu-2", 1, 2), ("gpu-4", 1, 0)),
    ]


async def test_what_is_long_in_progress_is_told_with_its_next_step(
    tmp_path: Path,
) -> None:
    """Five minutes after everybody fell silent."""
    _, now = running(tmp_path, "1_gpu4_just_killed")
    report = await told(tmp_path, "tasks --stuck", now + timedelta(minutes=5))

    assert report.summary == (
        "3 of 3 tasks in progress run for over 5 min, 0 past the limit"
    )
    rows = table_of(report, "In progress for over 5 min")
    assert [row[0] for row in rows] == ["d7b0ac6d", "22d25838", "3a333f8c"]
    assert rows[0][2:] == (
        *("gpu-2", "7 min 38 s", "5 min 4 s", "10 min", "its worker is lost"),
    )
    assert {each.rule for each in report.findings} == {"orphaned-task"}


async def test_that_one_agent_did_nearly_all_is_seen(tmp_path: Path) -> None:
    """The incident that the guide tells of: the others were alive, and cold."""
    report = await answered(tmp_path, "workers", "1_gpu4_just_killed")

    rows = table_of(report, "Completed in the window")
    assert rows[0] == (*("gpu-2", 11, "55%", "llm 6, meta 3, script 2", "alive, cold"),)
    assert rows[2] == ("gpu-4", 3, "15%", "script 3", "alive, cold, loaded none")
    [finding] = report.findings
    assert finding.title == "gpu-2 did 6 of 7 llm tasks, while gpu-1, gpu-4 are alive"
    assert "runpod" not in {ask.words for ask in report.asks}
    assert report.notes[0] == (
        "14 completed tasks name no worker, as plans do, and count in no share"
    )


async def test_the_brain_tells_what_its_last_cycle_saw(tmp_path: Path) -> None:
    """Files in processing are counted with sidecars; what runs is told exactly."""
    report = await answered(tmp_path, "orchestrator")

    saw = facts_of(report, "The last cycle saw, 15 s ago")
    assert (saw["agents"], saw["queue"]) == ("3/3", "3 (script 3)")
    assert saw["processing files"] == "5"
    assert facts_of(report, "Brain")["in progress now"] == 2
    assert {each.subject.kind for each in report.findings} <= {"batch", "queue"}


async def test_a_brain_that_fell_silent_is_told_with_its_pause(tmp_path: Path) -> None:
    """By its heartbeat, and by what it missed before."""
    _, now = running(tmp_path, "3_gpu1_stuck_requeued")
    report = await told(tmp_path, "orchestrator", now + timedelta(seconds=200))

    assert report.summary == "the brain has been silent for 3 min 20 s, at cycle 43"
    assert report.findings[0].rule == "brain-silent"
    assert facts_of(report, "Brain")["pauses over 1 min"] == (
        "1, the longest of 3 min 30 s from 09:06:42 on"
    )


async def test_levels_that_were_seen_are_explained(tmp_path: Path) -> None:
    """With the variable that sets each."""
    report = await answered(tmp_path, "config --explain")

    rows = table_of(report, "Levels seen in their newest lines")
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("brain", "DEBUG, INFO, WARNING, ERROR", "BRAIN_LOG_LEVEL"),
        ("cpu-pi1", "INFO, WARNING", "no variable"),
        ("gpu-1", "DEBUG, INFO, WARNING, ERROR", "GPU_LOG_LEVEL"),
        ("gpu-2", "DEBUG, INFO, WARNING, ERROR", "GPU_LOG_LEVEL"),
        ("gpu-4", "DEBUG, INFO, WARNING", "GPU_LOG_LEVEL"),
    ]


@pytest.mark.parametrize(
    ("worker", "status"), [("gpu-4", "lost"), ("gpu-1", "lost"), ("brain", "lost")]
)
async def test_a_workers_status_is_what_all_its_signs_tell(
    tmp_path: Path, worker: str, status: str
) -> None:
    """What its heartbeat said goes on for ever: it is told as that."""
    _, now = running(tmp_path, "1_gpu4_just_killed")
    report = await told(tmp_path, f"worker {worker}", now + timedelta(minutes=5))
    fleet = await told(tmp_path, "workers", now + timedelta(minutes=5))

    row = facts_of(report, "Worker")
    assert row["status"] == status
    assert row["it last said"] == ("online" if worker == "brain" else "cold")
    assert (worker, status) in [each[:2] for each in table_of(fleet, "Workers")]


async def test_workers_that_were_stopped_are_not_counted_as_healthy(
    tmp_path: Path,
) -> None:
    """Though their last heartbeats are seconds old."""
    fleet = await of_races(tmp_path, "workers")
    one = await of_races(tmp_path, "worker worker-6")

    assert fleet.summary == "6 workers: 6 stopped"
    assert len(table_of(fleet, "Workers")) == 6
    assert fleet.notes == ("1 finding about the rest: see health",)
    row = facts_of(one, "Worker")
    assert (row["status"], row["it last said"]) == ("stopped", "hot")


@pytest.mark.parametrize("words", ["config", "config --explain"])
async def test_settings_without_their_folder_say_so(tmp_path: Path, words: str) -> None:
    """What config.json says may be other than the defaults that are told."""
    lost = await told(tmp_path / "none", words, NOW)
    empty = await told(tmp_path, words, NOW)

    for report in (lost, empty):
        assert report.outcome is Outcome.SOURCE_DOWN
        assert report.status is Status.UNKNOWN
        assert report.summary.endswith("; config.json could not be looked for")
        assert report.hint.startswith("is it mounted")
    assert [each.reason for each in lost.gaps] == [
        "cannot be read: AGENTS_ROOT names no folder that is there"
    ]


async def test_without_any_source_what_may_help_is_said(tmp_path: Path) -> None:
    """A mount may be lost."""
    report = await told(tmp_path / "none", "health", NOW)

    assert report.outcome is Outcome.SOURCE_DOWN
    assert report.hint == "is it mounted?"
