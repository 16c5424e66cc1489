"""`worker ID`."""

import shlex
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.cures import by_namesake
from bot.domain.diagnostics import Diagnostics
from bot.domain.errors import Ambiguous, Lacks, Misread, NotFound, SourceDown
from bot.domain.file_queue import Double
from bot.domain.findings import Severity, Status
from bot.domain.logs import LogLine
from bot.domain.pods import Pod
from bot.domain.report import Chart, Gap
from bot.domain.services import Misfit, Uncaught
from bot.domain.tasks import Task, TaskId
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import WorkerId
from bot.queries.worker import WorkerData, WorkerQuery, answer
from bot.sources import Listing, Queue
from bot.wiring import commands
from bot.words import read
from tests.file_queues import FILE, a_life, a_queue, an_agent, busy
from tests.service_scenes import a_load, a_probe, a_scene, a_served_world, down, told
from tests.world import (
    NOW,
    POD,
    TASK,
    WORKER,
    FakeLogs,
    FakeTasks,
    World,
    a_line,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
    data_of,
    facts_of,
    table_of,
    titles_of,
    words_of,
)

OTHER = TaskId("52345358-0000-4000-8000-000000000002")
DOWN = SourceDown("supabase", "cannot be reached")
CAME_UP = f"Worker {WORKER} started. Polling every 10s."


async def test_data_holds_what_the_row_says() -> None:
    """A healthy worker's row, its age of silence included."""
    worker = a_worker(
        ram_tier=72,
        storage_volume="EU-NO-1",
        instance_type="RTX 4090",
        current_model="wan_2_2",
        vram_total_mb=24000,
        vram_used_mb=0,
        orchestrator_status="active",
    )
    world = a_world(workers=[worker], lines=[a_line()])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    found = data_of(report, WorkerData).worker
    assert {each.name: getattr(found, each.name) for each in fields(found)} == {
        "id": WORKER,
        "status": "active",
        "said": None,
        "created_at": ago(hours=1),
        "last_heartbeat_at": ago(seconds=10),
        "heartbeat_age_seconds": 10.0,
        "runpod_id": POD,
        "ram_tier": 72,
        "storage_volume": "EU-NO-1",
        "instance_type": "RTX 4090",
        "current_model": "wan_2_2",
        "vram_total_mb": 24000,
        "vram_used_mb": 0,
        "error_reason": None,
        "orchestrator_status": "active",
    }
    assert report.summary == f"{WORKER} is active, last heartbeat 10 s ago"
    assert facts_of(report, "Worker")["VRAM"] == "0 of 24000 MB"
    assert facts_of(report, "Worker")["RAM tier"] == "72 GB"
    assert report.findings == ()
    assert report.notes == ()


async def test_tasks_that_it_holds_or_held_are_listed() -> None:
    """Newest first, and the running one is in the sentence."""
    tasks = [
        a_task(OTHER, status="Failed", worker_id=WORKER, created_at=ago(hours=1)),
        a_task(worker_id=WORKER, started_at=ago(minutes=2)),
        a_task("6" + TASK[1:], worker_id=WorkerId("another")),
    ]
    world = a_world(workers=[a_worker()], tasks=tasks, lines=[a_line()])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    held = data_of(report, WorkerData).tasks
    assert [(each.id, each.task_type, each.status) for each in held] == [
        (TASK, "travel_segment", "In Progress"),
        (OTHER, "travel_segment", "Failed"),
    ]
    assert report.summary.endswith("ago, working on 41345358")
    assert len(table_of(report, "Its tasks")) == 2
    assert words_of(report) == [
        f"task {TASK}",
        f"watch worker {WORKER}",
        f"worker {WORKER} --startup",
        f"logs --worker {WORKER} --hours 24 --level ERROR",
    ]


async def test_a_worker_without_a_task_leads_to_its_last_failure() -> None:
    """Of its tasks that is the one of interest."""
    failed = a_task(OTHER, status="Failed", worker_id=WORKER)

    report = await answer(
        WorkerQuery(id=WORKER), a_world(workers=[a_worker()], tasks=[failed]).asked()
    )

    assert words_of(report)[0] == f"task {OTHER}"


async def test_an_old_failure_of_its_tasks_is_no_finding_about_the_worker() -> None:
    """Only the worker and what it works on now are judged."""
    tasks = [a_task(OTHER, status="Failed", worker_id=WORKER)]
    world = a_world(workers=[a_worker()], tasks=tasks, lines=[a_line()])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert report.findings == ()


async def test_a_shortened_id_is_answered_with_the_whole_one() -> None:
    """As with tasks."""
    world = a_world(workers=[a_worker()])

    report = await answer(WorkerQuery(id="gpu-2026"), world.asked())

    assert report.arguments == {
        "id": WORKER,
        "logs_only": False,
        "startup": False,
        "check_logging": False,
        "claims": False,
        "hours": 24.0,
    }


async def test_a_prefix_of_two_workers_lists_both() -> None:
    """Nobody is left to guess."""
    other = WorkerId(WORKER[:-1] + "e")
    world = a_world(workers=[a_worker(), a_worker(other)])

    with pytest.raises(Ambiguous) as raised:
        await answer(WorkerQuery(id="gpu-2026"), world.asked())

    assert raised.value.candidates == (other, WORKER)


@pytest.mark.parametrize("id", ["gpu-2025", WORKER])
async def test_a_worker_that_does_not_exist_is_not_found(id: str) -> None:
    """Whole ids and beginnings alike."""
    with pytest.raises(NotFound) as raised:
        await answer(WorkerQuery(id=id), a_world().asked())

    assert id in raised.value.message
    assert "workers --hours 2" in raised.value.hint


async def test_a_beginning_that_looks_whole_is_found_all_the_same() -> None:
    """A form that somebody gave to longer ids as well."""
    longer = WorkerId(WORKER + "-second")
    world = a_world(workers=[a_worker(longer)])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert data_of(report, WorkerData).worker.id == longer


async def test_what_cannot_be_a_worker_is_refused_before_any_question() -> None:
    """Nothing is asked."""
    world = a_world()
    world.workers.down = DOWN

    with pytest.raises(Misread, match="cannot be the id of a worker"):
        await answer(WorkerQuery(id="-gpu"), world.asked())


async def test_the_timeline_joins_its_own_lines_and_those_that_name_it() -> None:
    """The orchestrator's lines never carry its id (systems/reigh.md, 0.2)."""
    lines = [
        a_line("own", at=ago(minutes=1)),
        a_line(
            f"MARKING AS ERROR: {WORKER}",
            source="orchestrator_gpu",
            source_id="gpu-main",
            worker_id=None,
            at=ago(minutes=2),
        ),
        a_line("another's", worker_id=WorkerId("another"), source_id="another"),
    ]
    world = a_world(workers=[a_worker()], lines=lines)

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    timeline = data_of(report, WorkerData).timeline
    assert [line.source for line in timeline] == ["orchestrator_gpu", "worker"]


@pytest.mark.parametrize(
    ("minutes", "logging"),
    [(5, True), (5.1, False)],
)
async def test_it_is_logging_while_its_newest_line_is_young(
    minutes: float, *, logging: bool
) -> None:
    """Five minutes are still young; only its own lines count."""
    lines = [a_line(at=ago(minutes=minutes))]
    world = a_world(workers=[a_worker()], lines=lines)

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    found = data_of(report, WorkerData)
    assert found.is_logging is logging
    assert found.last_logged_at == ago(minutes=minutes)


async def test_lines_that_only_name_it_do_not_make_it_logging() -> None:
    """The orchestrator speaks of the dead as well."""
    line = a_line(f"cleaning up {WORKER}", source="orchestrator_gpu", worker_id=None)
    world = a_world(workers=[a_worker()], lines=[line])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert data_of(report, WorkerData).is_logging is False
    assert facts_of(report, "Worker")["last own line"] == "none in the window"


async def test_unread_logs_leave_open_whether_it_is_logging() -> None:
    """None is not known; the gap is named, and it is no cut."""
    world = a_world(workers=[a_worker()], tasks=[a_task(worker_id=WORKER)])
    world.logs.down = DOWN
    asked = world.asked()

    report = await answer(WorkerQuery(id=WORKER, check_logging=True), asked)

    assert data_of(report, WorkerData).is_logging is None
    assert asked.gaps.all == (Gap(source="supabase", reason="cannot be reached"),)
    assert report.summary.startswith("cannot tell whether")
    assert not report.truncated
    assert report.findings == ()


async def test_unread_tasks_are_a_gap() -> None:
    """The worker's own story does not need them."""
    world = a_world(workers=[a_worker()], lines=[a_line()])
    world.tasks = FakeTasks(down=DOWN)
    asked = world.asked()

    report = await answer(WorkerQuery(id=WORKER), asked)

    assert len(asked.gaps.all) == 1
    assert data_of(report, WorkerData).tasks == ()
    assert data_of(report, WorkerData).is_logging is True


async def test_cut_lines_are_said() -> None:
    """Of which kind they are."""
    naming = a_line(f"on {WORKER}", source="orchestrator_gpu", worker_id=None)
    world = a_world(workers=[a_worker()], lines=[a_line(), naming])
    world.logs.whole = False

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert report.truncated
    assert report.notes == (
        "its lines were cut: the newest 1 are here",
        "of the orchestrator's lines that name it only the newest were read",
    )


@pytest.mark.parametrize(("hours", "told"), [(24, True), (72, False)])
async def test_a_worker_older_than_the_window_is_said(
    hours: float, *, told: bool
) -> None:
    """Unless the window reaches as far as logs are kept."""
    world = a_world(workers=[a_worker(created_at=ago(days=5))])

    report = await answer(WorkerQuery(id=WORKER, hours=hours), world.asked())

    assert any("older than the window" in note for note in report.notes) is told


async def test_logs_only_shows_nothing_else() -> None:
    """The data stays the same."""
    world = a_world(workers=[a_worker()], lines=[a_line()])

    report = await answer(WorkerQuery(id=WORKER, logs_only=True), world.asked())

    assert titles_of(report) == ["Timeline"]
    assert words_of(report)[0] == f"worker {WORKER}"


def _started_at(**given: Any) -> World:
    lines = [
        a_line(CAME_UP, at=ago(minutes=50)),
        a_line("loading the model", at=ago(minutes=40)),
    ]
    return a_world(workers=[a_worker(**given)], lines=lines)


async def test_startup_tells_when_it_came_up() -> None:
    """Ordinary work, though it loads models, is no part of its start."""
    report = await answer(WorkerQuery(id=WORKER, startup=True), _started_at().asked())

    assert report.summary == (
        f"{WORKER} came up at 2026-01-31 11:10:00Z, 10 min after its creation"
    )
    assert [line.message for line in data_of(report, WorkerData).timeline] == [CAME_UP]
    assert titles_of(report)[-1] == "Startup"
    assert not any("--startup" in words for words in words_of(report))
    assert any("writes to its pod only" in note for note in report.notes)


async def test_a_good_start_is_well_whatever_came_later() -> None:
    """What became of the worker is another question, and is named."""
    world = _started_at(status="crashed")

    report = await answer(WorkerQuery(id=WORKER, startup=True), world.asked())

    assert (report.findings, report.status) == ((), Status.OK)
    later = f"{WORKER} crashed: worker {WORKER}"
    assert any(note == f"not asked for here: {later}" for note in report.notes)


@pytest.mark.parametrize(
    ("given", "status", "rules"),
    [
        ({"last_heartbeat_at": None}, Status.CRITICAL, ["never-started"]),
        ({}, Status.UNKNOWN, []),
        ({"status": "spawning", "created_at": ago(minutes=9)}, Status.OK, []),
    ],
)
async def test_a_start_that_no_line_tells_of_is_not_called_good(
    given: dict[str, Any], status: Status, rules: list[str]
) -> None:
    """Unless it is young: then it is not over."""
    world = a_world(workers=[a_worker(**given)])

    report = await answer(WorkerQuery(id=WORKER, startup=True), world.asked())

    assert [each.rule for each in report.findings] == rules
    assert report.status is status


async def test_a_clock_that_is_behind_makes_no_negative_start() -> None:
    """Lines carry the worker's clock, rows the database's."""
    world = _started_at(created_at=ago(minutes=49))

    report = await answer(WorkerQuery(id=WORKER, startup=True), world.asked())

    assert report.summary.endswith("11:10:00Z, 0 s after its creation")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "beat, last at 2026-01-31 11:59:50Z, but no line of the window says"),
        ({"last_heartbeat_at": None}, "has not come up in the 1 h since its creation"),
    ],
)
async def test_a_start_without_its_line_is_told_by_the_heartbeat(
    given: dict[str, Any], said: str
) -> None:
    """A line may be too old to be kept."""
    world = a_world(workers=[a_worker(**given)])

    report = await answer(WorkerQuery(id=WORKER, startup=True), world.asked())

    assert said in report.summary


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (timedelta(minutes=1), "is logging: its newest line is 1 min old"),
        (timedelta(hours=2), "is not logging any more: its newest line is 2 h old"),
        (None, "is not logging: no line of the window is its own"),
    ],
)
async def test_check_logging_answers_that_alone(
    at: timedelta | None, said: str
) -> None:
    """With its newest lines as proof."""
    lines = [] if at is None else [a_line(at=ago(seconds=at.total_seconds()))]
    world = a_world(workers=[a_worker()], lines=lines)

    report = await answer(WorkerQuery(id=WORKER, check_logging=True), world.asked())

    assert report.summary == f"{WORKER} {said}"
    assert (report.findings, report.status) == ((), Status.OK)
    assert titles_of(report) == ["Its newest lines"]


@pytest.mark.parametrize(
    ("status", "collected", "told"),
    [
        ("active", None, None),
        ("error", None, "none collected"),
        ("terminated", None, "none collected"),
        ("error", Diagnostics(git_commit="50066ea"), None),
    ],
)
async def test_what_was_seen_of_it_when_it_was_given_up_is_told(
    status: str, collected: Diagnostics | None, told: str | None
) -> None:
    """Or that nothing was, of one that ended."""
    worker = a_worker(status=status, diagnostics=collected)

    report = await answer(WorkerQuery(id=WORKER), a_world(workers=[worker]).asked())

    assert facts_of(report, "Worker").get("diagnostics") == told
    assert data_of(report, WorkerData).diagnostics == collected
    seen = collected is not None
    assert ("Before it was given up" in titles_of(report)) is seen


async def test_what_functions_write_of_it_is_none_of_its_own_lines() -> None:
    """They stand in its timeline, and tell nothing of how it died."""
    line = a_line("Task claimed", source="edge_function", at=ago(minutes=1))
    worker = a_worker(status="crashed", created_at=ago(hours=30))
    world = a_world(workers=[worker], lines=[line])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    data = data_of(report, WorkerData)
    assert [each.message for each in data.timeline] == ["Task claimed"]
    assert (data.is_logging, data.last_logged_at) == (False, None)
    assert "no line of the last 24 h is its own" in report.summary


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"last_heartbeat_at": None},
            "never started: no heartbeat in 1 h (likely)",
        ),
        (
            {"last_heartbeat_at": None, "created_at": ago(seconds=30)},
            "is called active and has never beaten",
        ),
        ({"last_heartbeat_at": None, "runs_on_gpu": False}, "is active"),
        ({"status": "spawning"}, "is spawning, made 1 h ago"),
        (
            {"status": "crashed", "created_at": ago(hours=30)},
            (
                "crashed (confirmed); cannot tell why, because no line of the last 24 h"
                f" is its own: worker {WORKER} --hours 72"
            ),
        ),
        (
            {"status": "error", "error_reason": "Idle timeout"},
            "is error: Idle timeout",
        ),
        ({"status": "sleeping"}, "is sleeping"),
    ],
)
async def test_the_sentence_says_where_it_stands(
    given: dict[str, Any], said: str
) -> None:
    """In the system's own word."""
    world = a_world(workers=[a_worker(**given)], pods=[a_pod()])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert report.summary == f"{WORKER} {said}"


async def test_a_worker_that_was_scaled_down_lost_no_lines_by_it() -> None:
    """It was ended in order."""
    row = a_worker(status="terminated", error_reason="Idle timeout (604s)")

    report = await answer(WorkerQuery(id=WORKER), a_world(workers=[row]).asked())

    assert not any("died with the worker" in note for note in report.notes)


async def test_a_dead_worker_took_its_last_lines_along() -> None:
    """A silent death is a property of the transport (systems/reigh.md, 0.9)."""
    world = a_world(workers=[a_worker(status="crashed")])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert "lines travel every 20 s: the last ones died with the worker" in report.notes
    assert [found.rule for found in report.findings] == [
        "init-crash",
        "crashed-worker",
        "worker-without-pod",
    ]


async def test_a_busy_worker_that_stopped_logging_is_found() -> None:
    """The rule needs to know that its lines were read."""
    task = a_task(worker_id=WORKER, started_at=ago(minutes=20))
    world = a_world(
        workers=[a_worker()], tasks=[task], lines=[a_line(at=ago(minutes=10))]
    )

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert "not-logging" in {found.rule for found in report.findings}


async def test_lines_are_kept_in_a_stable_order() -> None:
    """Times repeat, so ids decide."""
    lines = [
        a_line("b", id="2"),
        a_line(f"a {WORKER}", id="1", source="orchestrator_gpu", worker_id=None),
    ]
    world = a_world(workers=[a_worker()])
    world.logs = FakeLogs(lines)

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert [line.id for line in data_of(report, WorkerData).timeline] == ["1", "2"]


@pytest.mark.parametrize(
    ("tasks", "held"),
    [((), ""), ((a_task(worker_id=WORKER),), "; task 41345358 is left with it")],
)
async def test_a_silent_worker_is_not_called_active_alone(
    tasks: tuple[Task, ...], held: str
) -> None:
    """Its row says active; its heartbeat says otherwise."""
    worker = a_worker(last_heartbeat_at=ago(minutes=8))
    world = a_world(workers=[worker], tasks=tasks, lines=[a_line(CAME_UP)])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    silent = f"{WORKER} is dead or cut off: silent for 8 min (likely)"
    assert report.summary == silent + held


async def test_a_dead_worker_s_life_is_told() -> None:
    """In a table, oldest first, and in the data."""
    worker = a_worker(status="crashed", last_heartbeat_at=ago(minutes=4))
    came_up = a_line(CAME_UP, at=ago(minutes=58))
    world = a_world(workers=[worker], lines=[came_up])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert titles_of(report) == ["Worker", "Its life", "Timeline"]
    rows = table_of(report, "Its life")
    assert rows[0] == (ago(hours=1), "created", "")
    assert rows[1] == (ago(minutes=58), "its program came up", "2 min")
    life = data_of(report, WorkerData).life
    assert [each.what for each in life] == [row[1] for row in rows]


async def test_a_life_goes_on_while_it_beats() -> None:
    """There is nothing to tell in the end."""
    world = a_world(workers=[a_worker()])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert data_of(report, WorkerData).life == ()
    assert "Its life" not in titles_of(report)


async def test_without_its_lines_the_verdict_says_so() -> None:
    """And so does its life."""
    world = a_world(workers=[a_worker(status="crashed")])
    world.logs.down = DOWN

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert report.summary.endswith("because its lines were not read: ask again")
    [*_, last] = data_of(report, WorkerData).life
    assert "its lines, which were not read" in last.what


async def test_a_dead_worker_s_pod_may_still_bill() -> None:
    """Its row proves nothing: the call that ended the pod may have failed."""
    dead = a_worker(status="terminated", last_heartbeat_at=ago(hours=1))
    world = a_world(workers=[dead], pods=[a_pod(named_at=ago(hours=2))])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert [each.rule for each in report.findings] == ["orphaned-pod"]
    assert facts_of(report, "Worker")["the pod now"] == "RUNNING, $0.69/h"
    assert [read.source for read in report.reads] == ["supabase", "runpod"]


async def test_a_stopped_pod_costs_its_price_only_when_it_runs() -> None:
    """What its volume bills RunPod does not tell."""
    dead = a_worker(status="crashed")
    world = a_world(workers=[dead], pods=[a_pod(status="EXITED")])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    said = facts_of(report, "Worker")["the pod now"]
    assert said == "EXITED, $0.69/h when it runs"


async def test_a_pod_that_tells_no_cost_stands_all_the_same() -> None:
    """Its word is RunPod's own."""
    dead = a_worker(status="crashed")
    pod = a_pod(status="EXITED", cost_per_hour_usd=None)
    world = a_world(workers=[dead], pods=[pod])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert facts_of(report, "Worker")["the pod now"] == "EXITED"


async def test_a_pod_that_only_bears_its_name_is_told_as_such() -> None:
    """Its own is gone, and no command ends both."""
    dead = a_worker(status="crashed", last_heartbeat_at=ago(minutes=20))
    world = a_world(workers=[dead], pods=[a_pod("other1")])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert facts_of(report, "Worker")["the pod now"] == (
        "gone; pod other1 bears its name: RUNNING, $0.69/h"
    )
    [found] = [it for it in report.findings if it.rule == "worker-without-pod"]
    assert found.title.endswith(f"its pod {POD} no longer exists")
    assert found.remedy == by_namesake(dead, a_pod("other1"))
    assert "Settle it …" not in [ask.label for ask in report.asks]


async def test_a_dead_worker_s_pod_is_gone_as_it_should_be() -> None:
    """Nothing bills any more."""
    world = a_world(workers=[a_worker(status="terminated")])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert facts_of(report, "Worker")["the pod now"] == "gone"
    assert report.findings == ()


@pytest.mark.parametrize(
    "given",
    [{"status": "active"}, {"status": "terminated", "runpod_id": None}],
)
async def test_a_pod_is_asked_for_only_where_it_matters(given: dict[str, Any]) -> None:
    """A living worker proves its pod."""
    world = a_world(workers=[a_worker(**given)])
    world.pods.down = SourceDown("runpod", "cannot be reached")
    asked = world.asked()

    report = await answer(WorkerQuery(id=WORKER), asked)

    assert "the pod now" not in facts_of(report, "Worker")
    assert asked.gaps.all == ()


async def test_an_unread_pod_of_a_dead_worker_is_a_failure() -> None:
    """Whether it still runs is half of the answer."""
    world = a_world(workers=[a_worker(status="crashed")])
    world.pods.down = SourceDown("runpod", "cannot be reached")
    asked = world.asked()

    await answer(WorkerQuery(id=WORKER), asked)

    [gap] = asked.gaps.all
    assert (gap.source, gap.failed) == ("runpod", True)


async def test_a_healthy_worker_is_not_to_be_ended() -> None:
    """Nobody should press that by mistake."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert not [words for words in words_of(report) if "terminate" in words]


async def test_a_crashed_worker_may_be_ended() -> None:
    """Nobody else reacts to it; the button only plans."""
    world = a_world(workers=[a_worker(status="crashed")], pods=[a_pod()])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert words_of(report)[0] == f"worker terminate {WORKER}"


async def test_an_idle_worker_is_judged_by_what_else_there_is() -> None:
    """By the others, and by what waits; only then are these asked for."""
    idle = a_worker()
    others = [a_worker(f"gpu-{n}") for n in range(2)]
    done = a_task(status="Complete", worker_id=WORKER, processed_at=ago(minutes=40))
    world = a_world(workers=[idle, *others], tasks=[done])
    waits = a_world(workers=[idle, *others], tasks=[done, a_task("2", status="Queued")])
    busy = a_world(workers=[idle, *others], tasks=[a_task(worker_id=WORKER)])

    [found] = (await answer(WorkerQuery(id=WORKER), world.asked())).findings

    assert found.rule == "idle-worker"
    for other in (waits, busy):
        report = await answer(WorkerQuery(id=WORKER), other.asked())
        assert "idle-worker" not in {each.rule for each in report.findings}


@pytest.mark.parametrize(
    ("worker", "task"),
    [
        ({}, {}),
        ({}, {"status": "Complete", "processed_at": ago(minutes=9)}),
        ({"created_at": ago(minutes=9)}, {"status": "Failed"}),
        ({"last_heartbeat_at": ago(minutes=4)}, {"status": "Failed"}),
    ],
    ids=["busy", "done lately", "young", "late"],
)
async def test_the_queue_is_not_asked_for_a_worker_that_may_stay(
    monkeypatch: pytest.MonkeyPatch, worker: dict[str, Any], task: dict[str, Any]
) -> None:
    """It takes more requests than all the rest."""
    world = a_world(
        workers=[a_worker(**worker)], tasks=[a_task(worker_id=WORKER, **task)]
    )
    asked_for: list[FakeTasks] = []

    async def queue(tasks: FakeTasks, now: object) -> Queue:
        del now
        asked_for.append(tasks)
        return Queue(entries=Listing(()), running=())

    monkeypatch.setattr(FakeTasks, "queue", queue)

    await answer(WorkerQuery(id=WORKER), world.asked())
    assert asked_for == []

    await answer(WorkerQuery(id=WORKER), a_world(workers=[a_worker()]).asked())
    assert len(asked_for) == 1


async def test_work_that_nobody_can_take_keeps_no_worker() -> None:
    """It waits for another task; where the queue is not known, nothing is said."""
    workers = [a_worker(), a_worker("gpu-1"), a_worker("gpu-2")]
    done = a_task(status="Complete", worker_id=WORKER, processed_at=ago(minutes=40))
    other = a_task("2", status="Cancelled")
    waits = a_task("3", status="Queued", dependencies=("2",))
    world = a_world(workers=workers, tasks=[done, other, waits])

    report = await answer(WorkerQuery(id=WORKER), world.asked())
    assert [each.rule for each in report.findings] == ["idle-worker"]

    world.tasks.untold = (Gap(source="supabase", reason="no users"),)
    report = await answer(WorkerQuery(id=WORKER), world.asked())
    assert not report.findings


@pytest.mark.parametrize(
    ("others", "price"), [(1, None), (2, "RUNNING, $0.69/h")], ids=["floor", "spare"]
)
async def test_what_an_idle_worker_costs_is_asked_for(
    others: int, price: str | None
) -> None:
    """Of one that may stay, at the floor, nobody asks RunPod."""
    beside = [a_worker(f"gpu-{n}") for n in range(others)]
    world = a_world(workers=[a_worker(), *beside], pods=[a_pod()])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert facts_of(report, "Worker").get("the pod now") == price
    bills = "at $0.69 an hour, $0.69 by now"
    assert [bills in each.remedy for each in report.findings] == [True] * (others - 1)


async def test_tasks_that_were_cut_tell_nothing_of_an_idle_worker() -> None:
    """The last it completed may be among those that were not read."""
    world = a_world(workers=[a_worker(), a_worker("gpu-1"), a_worker("gpu-2")])
    world.tasks.whole = False

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert not report.findings


async def test_a_death_at_a_model_load_comes_before_what_it_left() -> None:
    """The load, the crash, then the task."""
    worker = a_worker(status="crashed", last_heartbeat_at=ago(minutes=5))
    task = a_task(worker_id=WORKER, started_at=ago(minutes=9))
    load = a_line("MODEL: MODEL SWITCH: from a to b", at=ago(minutes=8), task_id=TASK)
    world = a_world(workers=[worker], tasks=[task], lines=[load])

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert [found.rule for found in report.findings] == [
        "model-load-death",
        "crashed-worker",
        "orphaned-task",
        "worker-without-pod",
    ]


async def test_of_many_tasks_the_newest_are_listed() -> None:
    """The data hold them all."""
    tasks = [
        a_task(f"{number:08}" + TASK[8:], status="Complete", worker_id=WORKER)
        for number in range(21)
    ]
    world = a_world(workers=[a_worker()], tasks=tasks)

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert len(table_of(report, "Its newest 20 of 21 tasks")) == 20
    assert len(data_of(report, WorkerData).tasks) == 21


@pytest.mark.parametrize(
    ("pods", "words"),
    [([a_pod()], f"worker terminate {WORKER}"), ([], f"worker forget {WORKER}")],
    ids=["there", "gone"],
)
async def test_what_is_offered_fits_its_pod(pods: list[Pod], words: str) -> None:
    """One that is gone cannot be ended, and its row is left to be settled."""
    world = a_world(workers=[a_worker(status="crashed")], pods=pods)

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert words_of(report)[0] == words


async def test_a_picture_of_its_life() -> None:
    """Only where one is wanted, before the timeline."""
    world = a_world(workers=[a_worker()], lines=[a_line()])
    query = WorkerQuery(id=WORKER)

    bare = await answer(query, world.asked())
    report = await answer(query, replace(world.asked(), draws=True))

    assert bare.chart is None
    assert titles_of(report)[-2:] == [f"The life of {WORKER}", "Timeline"]


async def test_a_picture_says_that_lines_were_not_read() -> None:
    """It does not draw them as silence."""
    world = a_world(workers=[a_worker()])
    world.logs.down = SourceDown("supabase", "cannot be reached")

    report = await answer(WorkerQuery(id=WORKER), replace(world.asked(), draws=True))

    assert report.chart is not None
    assert "its lines were not read" in report.chart.notes[0]


WORDS = Vocabulary(
    made="",
    rents=False,
    start_untold="",
    end_untold="",
    startup=("agent ready",),
    routine=("No tasks claimed",),
)


def an_agents_world() -> World:
    """Return a world in which the worker is an agent of a file queue."""
    lines = [
        a_line("GPU agent ready", at=ago(minutes=9)),
        a_line("Claimed script task: 41345358... (render)", at=ago(minutes=8)),
        a_line("No tasks claimed - Queue: [llm:2], budget: 1MB", at=ago(minutes=7)),
        a_line("No tasks claimed - Queue: [llm:1], budget: 1MB", at=ago(minutes=6)),
    ]
    world = a_world(workers=[a_worker(runpod_id=None)], lines=lines)
    agent = an_agent(WORKER, completed=3)
    life = a_life(WORKER, started_at=ago(minutes=10), ready_at=ago(minutes=9))
    world.scene = a_queue(agents=(agent,), lives=life)
    world.vocabulary = WORDS
    return world


async def test_an_agents_own_facts_and_claims_are_told() -> None:
    """Nothing is said of pods, and what repeats itself is told once."""
    report = await answer(WorkerQuery(id=WORKER), an_agents_world().asked())

    data = data_of(report, WorkerData)
    assert data.agent is not None
    assert data.agent.tasks_completed == 3
    assert data.agent.claims is not None
    assert data.agent.claims.claimed == 1
    assert titles_of(report) == ["Worker", "Agent", "Claims", "Timeline"]
    assert not {"pod", "created"} & {*facts_of(report, "Worker")}
    assert len(data.timeline) == 4
    assert len(report.sections[-1].lines) == 3  # type: ignore[union-attr]
    assert report.notes == ("1 line that says the same again is folded: see --json",)
    assert f"worker {WORKER} --claims" in words_of(report)
    assert report.summary.endswith("; 3 completed since it began")


async def test_an_agent_that_runs_what_has_ended_is_told_of() -> None:
    """No row names the task; the agent's heartbeat does."""
    world = an_agents_world()
    world.name = "agents"
    twice = Double(task_id=FILE, lanes=(Lane.COMPLETE,), agents=(WORKER,))
    world.scene = a_queue(agents=(busy(FILE, agent=WORKER),), doubles=(twice,))

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert [each.rule for each in report.findings] == ["double-run"]
    assert "working on 22d25838" in report.summary
    assert "runs twice" in report.summary


async def test_an_agents_claims_are_told_alone() -> None:
    """With their lines; its other ones are left out."""
    query = WorkerQuery(id=WORKER, claims=True)
    report = await answer(query, an_agents_world().asked())

    assert report.summary.startswith(f"{WORKER} claimed 1 of 1 task")
    assert titles_of(report) == ["Claims", "Claims and looks"]
    assert len(data_of(report, WorkerData).timeline) == 3
    assert f"worker {WORKER} --claims" not in words_of(report)


async def test_an_agents_start_is_told_by_its_own_words() -> None:
    """No pod is spoken of."""
    query = WorkerQuery(id=WORKER, startup=True)
    report = await answer(query, an_agents_world().asked())

    assert report.summary.endswith("11:51:00Z, 1 min after it began")
    [line] = data_of(report, WorkerData).timeline
    assert line.message == "GPU agent ready"
    assert report.notes == ()


async def test_claims_that_could_not_be_read_are_unknown() -> None:
    """They are not none."""
    world = an_agents_world()
    world.logs.down = DOWN
    report = await answer(WorkerQuery(id=WORKER, claims=True), world.asked())

    assert report.status is Status.UNKNOWN
    assert report.summary == f"cannot tell what {WORKER} claims: no line of it was read"


async def test_workers_without_claims_say_so() -> None:
    """In one line."""
    world = a_world(workers=[a_worker()])

    with pytest.raises(Lacks, match="has no lines that tell of claims"):
        await answer(WorkerQuery(id=WORKER, claims=True), world.asked())


async def test_a_service_is_told_by_its_answer_and_its_own_lines() -> None:
    """Which it writes under its own name; nothing of pods, and no end is offered."""
    own = a_line(
        "orchestrator.startup", source="coder", worker_id=None, source_id="app"
    )
    scene = a_scene(probes=(a_probe("coder"),))
    coder = a_worker("coder", runpod_id=None, runs_on_gpu=False)
    world = a_served_world(scene, workers=[coder], lines=[own])
    world.logs.rows.append(a_line(worker_id=WorkerId("coder"), source="judge"))

    report = await answer(WorkerQuery(id="coder"), world.asked())
    start = await answer(WorkerQuery(id="coder", startup=True), world.asked())

    assert report.summary == "coder is up: it answered in 4 ms"
    assert "Services" in titles_of(report)
    assert "pod" not in facts_of(report, "Worker")
    assert "last answer" in facts_of(report, "Worker")
    assert not [words for words in words_of(report) if "terminate" in words]
    assert start.summary.startswith("coder began") or "no line" in start.summary


async def test_a_service_that_never_answered_has_no_life_that_is_known() -> None:
    """Its row is made when it is asked: it did not begin then, nor was it given up."""
    coder = a_worker(
        "coder", status="error", runpod_id=None,
        runs_on_gpu=False, created_at=ago(), error_at=ago(), last_heartbeat_at=None,
        error_reason="connection refused",
    )  # fmt: skip
    world = a_served_world(a_scene(probes=(down("coder"),)), workers=[coder])

    report = await answer(WorkerQuery(id="coder"), replace(world.asked(), draws=True))

    assert isinstance(report.data, WorkerData)
    assert report.data.worker.created_at is None
    assert report.data.life == ()
    assert "Its life" not in titles_of(report)
    assert not [it for it in report.sections if isinstance(it, Chart)]
    assert "given up at" not in facts_of(report, "Worker")
    # Its lines are offered once, though its finding asks for them as well.
    assert words_of(report)[-1] == "logs --worker coder --hours 24"


async def test_a_service_that_writes_nothing_may_have_nothing_to_write() -> None:
    """Without a line nobody knows whether its log arrives."""
    coder = a_worker("coder", runpod_id=None, runs_on_gpu=False)
    old = a_line(
        at=ago(minutes=11), source="worker", source_id="coder", worker_id="coder"
    )
    query = WorkerQuery(id="coder", check_logging=True)

    def world(*lines: LogLine) -> World:
        return a_served_world(a_scene(), workers=[coder], lines=list(lines))

    wrote = await answer(query, world(old).asked())
    never = await answer(query, world().asked())
    writes = await answer(query, world(replace(old, at=ago(minutes=1))).asked())

    asked = "a service writes only when it is asked"
    assert wrote.summary == f"coder: its newest line is 11 min old; {asked}"
    assert never.summary == f"coder: no line of the window is its own; {asked}"
    assert (wrote.status, never.status) == (Status.OK, Status.UNKNOWN)
    assert writes.summary.startswith("coder is logging")


async def test_the_worst_of_a_service_is_said_first() -> None:
    """Not a cause of part of it, which stands before it among the findings."""
    blank = (
        Uncaught(
            at=ago(minutes=1), service="orchestrator", kind="ValidationError",
            error="1 validation error for TaskContract",
            misfit=Misfit(model="TaskContract", fields=("goal",)),
        ),
    )  # fmt: skip
    scene = a_scene(told=told(uncaught=blank, http=(a_load(failed=30, uncaught=30),)))
    orchestrator = a_worker("orchestrator", runpod_id=None, runs_on_gpu=False)
    world = a_served_world(scene, workers=[orchestrator])

    report = await answer(WorkerQuery(id="orchestrator"), world.asked())

    worst = [it for it in report.findings if it.severity is Severity.CRITICAL]
    assert report.findings[0] not in worst
    assert report.summary.startswith(worst[0].title)


async def test_what_a_system_lacks_names_what_can_be_asked() -> None:
    """Only agents tell of claims."""
    world = a_world(workers=[a_worker()])

    with pytest.raises(Lacks) as caught:
        await answer(WorkerQuery(id=WORKER, claims=True), world.asked())

    assert caught.value.hint.startswith("all its lines: worker ")


async def test_an_agents_life_is_drawn_from_when_it_began() -> None:
    """Where no line tells when that was, there is no picture."""
    world = an_agents_world()
    drawn = replace(world.asked(), draws=True)
    known = await answer(WorkerQuery(id=WORKER), drawn)
    world.scene = a_queue(agents=(an_agent(WORKER),))
    unknown = await answer(WorkerQuery(id=WORKER), drawn)

    assert known.chart is not None
    assert "has lived 10 min" in known.chart.alt
    assert unknown.chart is None


async def test_an_agent_that_never_started_has_no_life_of_a_rented_one() -> None:
    """Nor was it created when time began."""
    world = an_agents_world()
    row = a_worker(status="never started", last_heartbeat_at=None, runpod_id=None)
    world.workers.rows, world.name = [row], "agents"
    world.scene = a_queue(agents=())

    report = await answer(WorkerQuery(id=WORKER), world.asked())

    assert report.summary == f"{WORKER} never started"
    assert "Its life" not in titles_of(report)
    assert data_of(report, WorkerData).life == ()

    world.scene = a_queue(agents=None)
    unread = await answer(WorkerQuery(id=WORKER), world.asked())
    assert data_of(unread, WorkerData).life == ()


@pytest.mark.parametrize("id", ['my "worker" 1', "it's", "rack/7 größe", "a*b%_c"])
async def test_what_is_asked_next_names_the_worker_whatever_it_is_called(
    id: str,
) -> None:
    """Buttons hold words: read again, they are of the same id."""
    worker = a_worker(WorkerId(id), last_heartbeat_at=ago(minutes=9))
    report = await answer(WorkerQuery(id=id), a_world(workers=[worker]).asked())

    every = [each.words for each in report.asks]
    every += [each.ask for each in report.findings]
    named = [words for words in every if "worker" in words]
    assert len(named) > 3
    for words in named:
        query: Any = read(shlex.split(words), commands(), NOW).query
        assert id in (getattr(query, "id", None), getattr(query, "worker", None))


async def test_the_memory_profile_is_told_where_its_start_is_on_record() -> None:
    """Today's versions do not write it down."""
    up = a_line(f"HEADLESS: Worker {WORKER} started. Polling every 10s")
    started = a_world(workers=[a_worker()], lines=[up])
    unseen = a_world(workers=[a_worker()], lines=[a_line()])

    report = await answer(WorkerQuery(id=WORKER), started.asked())
    other = await answer(WorkerQuery(id=WORKER), unseen.asked())

    assert facts_of(report, "Worker")["memory profile"] == (
        "not logged by this worker version"
    )
    assert "memory profile" not in facts_of(other, "Worker")
