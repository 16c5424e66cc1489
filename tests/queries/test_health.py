"""`health`."""

from typing import Any

import pytest

from bot.demo.fleets import make_fleet
from bot.domain.access import Caller, Door
from bot.domain.agent_names import Lane
from bot.domain.errors import NotConfigured, SourceDown
from bot.domain.findings import Status
from bot.domain.logs import SCALED_DOWN
from bot.domain.orchestration import Liveness, Orchestration
from bot.domain.pods import PodId
from bot.domain.report import Gap, Outcome
from bot.domain.tasks import TaskId
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker, WorkerId
from bot.queries.health import (
    HealthData,
    HealthQuery,
    LastHour,
    OrchestratorState,
    PodCounts,
    TaskCounts,
    WorkerCounts,
    answer,
)
from bot.sources.octollm.workers import worker
from formatters import blocks, gist, text
from formatters.limits import BLOCKS
from formatters.packing import spoken
from formatters.text import lines
from tests.file_queues import a_queue
from tests.service_scenes import a_probe, a_scene, a_served_world, down
from tests.tools.examiners import NOON, FleetDesk
from tests.world import (
    WORKER,
    FakeWorkers,
    World,
    a_line,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
    data_of,
    facts_of,
    titles_of,
    words_of,
)

DOWN = SourceDown("supabase", "cannot be reached")
OTHER = TaskId("52345358-0000-4000-8000-000000000002")


def _well(**given: Any) -> World:
    values: dict[str, Any] = {
        "workers": [a_worker()],
        "tasks": [a_task(worker_id=WORKER), a_task(OTHER, status="Complete")],
        "pods": [a_pod()],
    }
    world = a_world(**(values | given))
    line = a_line(source="orchestrator_gpu", worker_id=None)
    world.logs.life = Orchestration(last_line=line)
    return world


async def test_data_holds_everything_in_numbers() -> None:
    """A well system, with nothing left open."""
    report = await answer(HealthQuery(), _well().asked())

    assert data_of(report, HealthData) == HealthData(
        workers=WorkerCounts(
            by_status={"active": 1}, healthy=1, ageing=0, stale=0, missing=0
        ),
        tasks=TaskCounts(
            by_status={
                "Queued": 0,
                "In Progress": 1,
                "Complete": 1,
                "Failed": 0,
                "Cancelled": 0,
            }
        ),
        errors_last_hour=0,
        failure_rate=0.0,
        orchestrator=OrchestratorState(
            status="healthy",  # type: ignore[arg-type]
            last_activity_at=ago(minutes=1),
        ),
        pods=PodCounts(running=1, orphaned=0),
        wasted_usd_per_hour=0.0,
        last_hour=LastHour(
            workers_made=1,
            workers_failed=0,
            workers_scaled_down=0,
            tasks_completed=0,
            tasks_failed=0,
        ),
    )
    assert report.summary == (
        "well: 1 healthy workers; tasks: 1 In Progress, 1 Complete"
    )
    assert report.status is Status.OK
    assert report.findings == ()
    assert not report.truncated
    assert words_of(report) == ["workers", "queue"]
    assert [read.source for read in report.reads] == ["supabase", "runpod"]
    assert facts_of(report, "Workers")["status active"] == 1
    assert facts_of(report, "System")["workers that failed"] == "0%"
    assert facts_of(report, "System")["wasted"] == "$0.00/h"


async def test_a_system_without_tasks_is_well_too() -> None:
    """Nobody asked for anything yet."""
    report = await answer(HealthQuery(), _well(tasks=[]).asked())

    assert report.summary == "well: 1 healthy workers; tasks: none"


async def test_the_worst_is_said_first() -> None:
    """With the number of what else was found."""
    workers = [
        a_worker(status="crashed"),
        a_worker("gpu-2", last_heartbeat_at=ago(seconds=90)),
    ]
    report = await answer(HealthQuery(), _well(workers=workers).asked())

    assert report.summary.startswith(f"not well: {WORKER} crashed, and ")
    assert report.status is Status.CRITICAL
    assert words_of(report)[0] == f"worker {WORKER}"


async def test_a_single_fault_stands_alone() -> None:
    """There is nothing more to count."""
    world = _well(workers=[a_worker(status="crashed")], tasks=[])

    report = await answer(HealthQuery(), world.asked())

    assert report.summary == f"not well: {WORKER} crashed"


@pytest.mark.parametrize(("more", "rest"), [(0, ""), (1, ", and 1 more finding")])
async def test_warnings_alone_are_worth_a_look(more: int, rest: str) -> None:
    """The first of them is named."""
    late = [
        a_worker(f"gpu-{n}", last_heartbeat_at=ago(seconds=90), runpod_id=None)
        for n in range(1 + more)
    ]
    world = _well(workers=late, pods=[], tasks=[])

    report = await answer(HealthQuery(), world.asked())

    assert (
        report.summary
        == f"worth a look: gpu-{more} has been silent for 1 min 30 s{rest}"
    )
    assert report.status is Status.WARNING


async def test_two_findings_at_most_are_offered_and_each_once() -> None:
    """The two general questions always come last."""
    late = [
        a_worker(f"gpu-{n}", last_heartbeat_at=ago(seconds=90), runpod_id=None)
        for n in range(5)
    ]
    world = _well(workers=late, pods=[])

    report = await answer(HealthQuery(), world.asked())

    assert len(words_of(report)) == 4
    assert words_of(report)[2:] == ["workers", "queue"]


async def test_errors_of_the_last_hour_are_counted_and_shown() -> None:
    """Older ones are not, whatever --hours says, nor what only ended idle workers."""
    world = _well()
    world.logs.rows = [
        a_line("bad", level="ERROR"),
        a_line("old", level="ERROR", at=ago(hours=2)),
        a_line(f"{SCALED_DOWN} (621s)", level="ERROR", source="orchestrator_gpu"),
    ]

    report = await answer(HealthQuery(hours=24), world.asked())

    assert data_of(report, HealthData).errors_last_hour == 1
    assert "Errors of the last hour, without scale-downs" in titles_of(report)


async def test_orphaned_pods_are_counted_with_their_cost() -> None:
    """Claimed ones are not wasted."""
    pods = [
        a_pod(),
        a_pod("orphan1", name="gpu-gone"),
        a_pod("orphan2", name="gpu-gone2", cost_per_hour_usd=None, status="EXITED"),
    ]

    report = await answer(HealthQuery(), _well(pods=pods).asked())

    found = data_of(report, HealthData)
    assert found.pods == PodCounts(running=2, orphaned=2)
    assert found.wasted_usd_per_hour == 0.69
    assert report.summary.endswith("; $0.69 an hour wasted")


async def test_a_dead_pods_database_row_is_looked_up() -> None:
    """An old ended row still explains its pod."""
    ended = a_worker(
        "gpu-old", status="terminated", created_at=ago(days=5), runpod_id="oldpod1"
    )
    world = _well(
        workers=[a_worker(), ended],
        pods=[a_pod(), a_pod(PodId("oldpod1"), name="gpu-renamed")],
    )

    report = await answer(HealthQuery(), world.asked())

    [found] = report.findings
    assert found.title.endswith("is orphaned: its worker gpu-old is terminated")


async def test_pods_that_are_not_configured_are_left_out() -> None:
    """All else is told, and the system can still be called well."""
    world = _well()
    world.pods.down = NotConfigured("runpod", "RUNPOD_API_KEY")
    asked = world.asked()

    report = await answer(HealthQuery(), asked)

    found = data_of(report, HealthData)
    assert found.pods == PodCounts(running=None, orphaned=None)
    assert found.wasted_usd_per_hour is None
    assert report.status is Status.OK
    assert [gap.failed for gap in asked.gaps.all] == [False]
    assert [read.source for read in report.reads] == ["supabase"]


class _Forgetful(FakeWorkers):
    async def known_as(self, names: object, pod_ids: object) -> list[Worker]:
        raise DOWN


@pytest.mark.parametrize(
    "workers", [_Forgetful([a_worker()]), FakeWorkers(whole=False)]
)
async def test_without_all_workers_no_pod_is_called_an_orphan(
    workers: FakeWorkers,
) -> None:
    """Their number is then not known."""
    world = _well(pods=[a_pod("orphan1", name="gpu-gone")])
    world.workers = workers

    report = await answer(HealthQuery(), world.asked())

    assert data_of(report, HealthData).pods == PodCounts(running=1, orphaned=None)
    assert report.truncated is not workers.whole


async def test_a_task_of_a_worker_that_ended_long_ago_is_told_by_its_row() -> None:
    """The fleet leaves such a worker out; the task was read together with it."""
    ended = a_worker(status="terminated", created_at=ago(days=3))
    world = _well(workers=[ended], tasks=[a_task(worker_id=WORKER)], pods=[])

    report = await answer(HealthQuery(), world.asked())

    [found] = [each for each in report.findings if each.rule == "orphaned-task"]
    assert found.title == "task 41345358 is orphaned: its worker is terminated"


async def test_what_was_not_seen_is_not_called_well() -> None:
    """Without workers nobody can tell; what is not known is None."""
    world = _well()
    world.workers.down = DOWN

    report = await answer(HealthQuery(), world.asked())

    found = data_of(report, HealthData)
    assert report.status is Status.UNKNOWN
    assert report.summary == (
        "cannot tell whether the system is well: not everything could be read"
    )
    assert found.workers == WorkerCounts(
        by_status=None, healthy=None, ageing=None, stale=None, missing=None
    )
    assert found.failure_rate is None
    assert found.last_hour == LastHour(
        workers_made=None,
        workers_failed=None,
        workers_scaled_down=None,
        tasks_completed=0,
        tasks_failed=0,
    )
    assert found.pods.running == 1
    assert "Workers" not in titles_of(report)


async def test_what_was_seen_to_be_ill_is_ill_though_not_all_was_seen() -> None:
    """A gap takes nothing back."""
    world = _well(workers=[a_worker(status="crashed")])
    world.tasks.down = DOWN

    report = await answer(HealthQuery(), world.asked())

    assert report.status is Status.CRITICAL
    assert data_of(report, HealthData).tasks == TaskCounts(by_status=None)


async def test_unread_logs_leave_the_orchestrator_open() -> None:
    """Neither healthy nor stale."""
    world = _well()
    world.logs.down = DOWN

    report = await answer(HealthQuery(), world.asked())

    found = data_of(report, HealthData)
    assert found.orchestrator == OrchestratorState(status=None, last_activity_at=None)
    assert found.errors_last_hour is None
    assert report.status is Status.UNKNOWN


async def test_nothing_at_all_that_could_be_read_is_no_answer() -> None:
    """One line is left, with every reason once."""
    world = _well()
    world.workers.down = world.tasks.down = world.logs.down = DOWN
    world.pods.down = SourceDown("runpod", "did not answer in time")

    report = await answer(HealthQuery(), world.asked())

    assert report.outcome is Outcome.SOURCE_DOWN
    assert report.status is Status.UNKNOWN
    assert report.data is None
    assert report.summary == (
        "cannot tell whether the system is well: supabase cannot be reached;"
        " runpod did not answer in time"
    )


async def test_what_went_wrong_is_told_before_what_is_not_set_up() -> None:
    """And where that is all, what tells how to set it up."""
    world = _well()
    world.pods.down = NotConfigured("runpod", "RUNPOD_API_KEY")
    unset = NotConfigured("supabase", "SUPABASE_URL")
    refused = SourceDown("supabase", "refused the key", hint="copy it again")
    reports = []
    for why in (refused, unset):
        world.workers.down = world.tasks.down = world.logs.down = why
        reports.append(await answer(HealthQuery(), world.asked()))

    [wrong, bare] = reports
    assert wrong.summary.startswith(
        "cannot tell whether the system is well: supabase refused the key; runpod not"
    )
    assert (wrong.hint, bare.hint) == (
        "copy it again",
        "debug-bot doctor tells what to set",
    )


async def test_pods_alone_are_shown() -> None:
    """Though nobody can tell whose they are."""
    world = _well()
    world.workers.down = world.tasks.down = world.logs.down = DOWN

    report = await answer(HealthQuery(), world.asked())

    assert data_of(report, HealthData).pods == PodCounts(running=1, orphaned=None)
    assert [read.source for read in report.reads] == ["runpod"]
    assert report.status is Status.UNKNOWN


async def test_an_empty_project_may_be_a_key_that_sees_nothing() -> None:
    """Row level security hides rows without a word (TESTBED, 1.4)."""
    report = await answer(HealthQuery(), a_world().asked())

    assert report.status is Status.UNKNOWN
    assert report.summary.endswith("there is nothing to see")
    assert "may the key see nothing?" in report.notes[0]
    assert data_of(report, HealthData).orchestrator.status == "no_logs"


async def test_a_cut_list_of_running_tasks_says_so() -> None:
    """As any other."""
    world = _well()
    world.tasks.whole = False

    report = await answer(HealthQuery(), world.asked())

    assert report.truncated


async def test_a_queue_that_nobody_takes_is_found() -> None:
    """The first status that tasks have is the one of waiting."""
    tasks = [a_task(status="Queued")]
    workers = [a_worker(WorkerId("api-worker-main"), runs_on_gpu=False)]

    report = await answer(
        HealthQuery(), _well(tasks=tasks, workers=workers, pods=[]).asked()
    )

    assert "queue-without-workers" in {found.rule for found in report.findings}
    assert facts_of(report, "System")["workers that failed"] is None


async def test_tasks_that_no_worker_may_take_need_none() -> None:
    """They wait for others; only then is it asked what each waits for."""
    tasks = [
        a_task("1", status="Queued", dependencies=(TaskId("2"),)),
        a_task("2", status="Failed"),
    ]

    report = await answer(
        HealthQuery(), _well(tasks=tasks, workers=[], pods=[]).asked()
    )

    assert "queue-without-workers" not in {found.rule for found in report.findings}


async def test_what_the_orchestrator_says_of_pods_is_judged() -> None:
    """It is read together with its cycles."""
    world = _well()
    refused = a_line(
        "Error creating pod: no longer any instances available",
        source="orchestrator_gpu",
        worker_id=None,
    )
    world.logs.life = Orchestration(last_line=refused, notable=(refused,))

    report = await answer(HealthQuery(), world.asked())

    assert [found.rule for found in report.findings] == ["no-capacity"]


async def test_what_changed_in_the_last_hour_is_counted() -> None:
    """Older changes are not, nor what is no machine of ours."""
    old = ago(hours=5)
    workers = [
        a_worker("gpu-1", created_at=ago(minutes=20)),
        a_worker("gpu-2", created_at=old, status="crashed"),
        a_worker("gpu-3", created_at=old, status="error", error_at=ago(hours=2)),
        a_worker(
            "gpu-4",
            created_at=old,
            status="terminated",
            error_reason="Idle timeout (600s)",
            error_at=ago(minutes=50),
        ),
        a_worker("api-worker-main", created_at=ago(minutes=1), runs_on_gpu=False),
    ]

    report = await answer(HealthQuery(), _well(workers=workers).asked())

    assert data_of(report, HealthData).last_hour == LastHour(
        workers_made=1,
        workers_failed=1,
        workers_scaled_down=1,
        tasks_completed=0,
        tasks_failed=0,
    )
    assert facts_of(report, "In the last hour")["workers that failed"] == 1


async def test_tasks_that_ended_in_the_last_hour_are_counted() -> None:
    """Of those made within a day: no index tells when one ended."""
    tasks = [
        a_task(f"{n}", status=status, created_at=ago(hours=made), **ended)
        for n, (status, made, ended) in enumerate(
            [
                ("Complete", 2, {"processed_at": ago(minutes=5)}),
                ("Complete", 23, {"processed_at": ago(minutes=59)}),
                ("Complete", 25, {"processed_at": ago(minutes=5)}),
                ("Complete", 2, {"processed_at": ago(minutes=61)}),
                ("Failed", 2, {"updated_at": ago(minutes=5)}),
                ("Failed", 2, {}),
            ]
        )
    ]

    report = await answer(HealthQuery(), _well(tasks=tasks).asked())

    hour = data_of(report, HealthData).last_hour
    assert (hour.tasks_completed, hour.tasks_failed) == (2, 1)
    shown = facts_of(report, "In the last hour")
    assert shown["tasks completed *"] == 2
    assert shown["*"] == "of those made within 24 h"


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ({"status": "Complete", "processed_at": ago(minutes=61)}, True),
        ({"status": "Complete", "processed_at": ago(minutes=59)}, False),
        ({"status": "Failed", "updated_at": ago(minutes=59)}, False),
        ({"status": "Queued"}, False),
    ],
    ids=["long ago", "completed", "failed", "waits"],
)
async def test_a_worker_too_many_is_told_where_nothing_is_done(
    task: dict[str, Any], *, told: bool
) -> None:
    """With what it costs; where tasks end, nobody looks up whose they were."""
    others = [a_worker(id, created_at=ago(hours=3)) for id in ("gpu-1", "gpu-2")]
    workers = [a_worker(created_at=ago(hours=2)), *others]
    tasks = [a_task(created_at=ago(hours=4), **task)]

    report = await answer(HealthQuery(), _well(workers=workers, tasks=tasks).asked())

    idle = [each for each in report.findings if each.rule == "idle-worker"]
    assert [each.subject.id for each in idle] == [WORKER] * told
    assert all("at $0.69 an hour, at least $0.69 by now" in it.remedy for it in idle)


@pytest.mark.parametrize(("rents", "told"), [(True, 1), (False, 0)])
async def test_a_heartbeat_ahead_of_the_clock_is_noted(
    *, rents: bool, told: int
) -> None:
    """Programs that are not rented write by clocks of other zones."""
    world = _well(workers=[a_worker(last_heartbeat_at=ago(hours=-1))])
    world.vocabulary = Vocabulary(rents=rents)

    report = await answer(HealthQuery(), world.asked())

    assert sum("1 h ahead of the clock here" in each for each in report.notes) == told


async def test_without_workers_no_heartbeat_is_noted() -> None:
    """They could not be read."""
    world = _well()
    world.workers.down = SourceDown("supabase", "cannot be reached")

    report = await answer(HealthQuery(), world.asked())

    assert not report.notes


async def test_what_was_made_is_told_where_that_is_known() -> None:
    """A folder is as old as it is, however often its agent began."""
    world = _well()
    rented = await answer(HealthQuery(), world.asked())
    world.vocabulary = Vocabulary(made="")
    report = await answer(HealthQuery(), world.asked())

    assert "workers made" in facts_of(rented, "In the last hour")
    assert "workers made" not in facts_of(report, "In the last hour")
    assert data_of(report, HealthData).last_hour.workers_made is None


async def test_one_that_was_stopped_is_scaled_down_only_where_workers_are() -> None:
    """A person stops an agent."""
    stopped = a_worker(status="terminated", terminated_at=ago(minutes=5))
    world = _well(workers=[stopped])
    rented = await answer(HealthQuery(), world.asked())
    world.vocabulary = Vocabulary(rents=False)
    report = await answer(HealthQuery(), world.asked())

    assert data_of(rented, HealthData).last_hour.workers_scaled_down == 1
    assert data_of(report, HealthData).last_hour.workers_scaled_down is None
    assert "workers scaled down" not in facts_of(report, "In the last hour")


async def test_without_workers_and_tasks_nothing_is_said_of_the_last_hour() -> None:
    """Not even what it would be of."""
    world = _well()
    world.workers.down = world.tasks.down = DOWN

    report = await answer(HealthQuery(), world.asked())

    assert "In the last hour" not in titles_of(report)


TWELVE = {
    "crash": "crashed-worker",
    "stale": "heartbeat-stale",
    "ageing": "heartbeat-ageing",
    "beatless": "heartbeat-missing",
    "never started": "never-started",
    "revived": "revived-worker",
    "given up": "failed-worker",
    "stuck": "stuck-task",
    "orphaned pod": "orphaned-pod",
    "vanished": "worker-without-pod",
    "no counts": "counts-endpoint",
    "no capacity": "no-capacity",
}
# Some failures of several subjects each, which must not push out the others.
CROWDS = ("crash", "stale", "stale", "stale", "orphaned pod", "never started")


async def test_twelve_failures_at_once_stand_on_one_screen_worst_first() -> None:
    """Of a terminal of 80 columns and 24 lines, and in one message of Slack."""
    fleet = make_fleet(NOON, 7, failures=[*TWELVE, *CROWDS])
    desk = FleetDesk().desk(fleet)

    report = await desk.answer(["health"], Caller(door=Door.SHELL), NOON)

    screen = list(text.lines(report, width=80, colour=False))[:24]
    message = blocks.verdict(report)
    said = spoken(message.blocks)
    groups = gist.together(report.findings)
    assert {each.rule for each in report.findings} >= set(TWELVE.values())
    assert len(report.findings) >= len(TWELVE) + len(CROWDS)
    assert all(len(line) <= 80 for line in screen)
    [heading] = [n for n, line in enumerate(screen) if line.startswith("Findings:")]
    listed = screen[heading + 1 : heading + 1 + len(groups)]
    ranks = [line.split()[0] for line in listed]
    assert ranks == [alike[0].severity.upper() for alike in groups]
    assert sorted(ranks, key=["CRITICAL", "WARNING", "INFO"].index) == ranks
    for alike in groups:
        assert any(gist.gist(alike, 68)[:60] in line for line in listed)
        shown = alike[0].title if len(alike) == 1 else f"{len(alike) - 1} more alike"
        assert shown in said or gist.gist(alike, 110)[:100] in said
    assert len(message.blocks) <= BLOCKS


async def test_a_crash_amid_a_model_load_is_told_as_that() -> None:
    """Its last lines are read: the load is the cause, not the crash."""
    worker = a_worker(status="crashed", last_heartbeat_at=ago(minutes=5))
    load = a_line("MODEL SWITCH: none -> wan", at=ago(minutes=7))
    world = a_world(workers=[worker], lines=[load])

    report = await answer(HealthQuery(), world.asked())

    assert [each.rule for each in report.findings][:2] == [
        "model-load-death",
        "crashed-worker",
    ]


async def test_what_the_orchestrator_complains_of_is_judged() -> None:
    """A full disk is named in an error line alone."""
    worker = a_worker(status="spawning", last_heartbeat_at=None)
    words = f"DISK SPACE ISSUE on {worker.id}: overlay 50G 50G 0 100% /"
    line = a_line(words, level="ERROR", source="orchestrator_gpu", worker_id=None)
    world = a_world(workers=[worker], lines=[line])

    report = await answer(HealthQuery(), world.asked())

    assert "disk-full" in {each.rule for each in report.findings}


async def test_a_glance_tells_the_fleet_in_a_few_lines() -> None:
    """What there is none of is left out; the money is all that runs."""
    world = _well(
        workers=[
            a_worker(),
            a_worker("gpu-2", last_heartbeat_at=ago(minutes=20)),
            a_worker("gpu-3", status="spawning", last_heartbeat_at=None),
        ],
        pods=[a_pod(), a_pod("orphan1", name="gpu-20260131_090000-00000001")],
        lines=[a_line("it broke", level="ERROR")],
    )

    report = await answer(HealthQuery(), world.asked())

    assert report.glance == (
        ("workers", "1 healthy, 1 stale, 1 starting"),
        ("queue", "0 waiting, 1 in progress"),
        ("pods", "2 running, 1 orphaned"),
        ("money", "$1.38 an hour, $0.69 of it wasted"),
        ("errors", "1 in the last hour; 0% of workers failed"),
        ("orchestrator", "healthy, last line 2026-01-31 11:59:00Z"),
    )


async def test_at_a_glance_what_is_unknown_is_not_nothing() -> None:
    """Each part that could not be read, and a price that RunPod does not tell."""
    world = _well(pods=[a_pod(), a_pod("other", cost_per_hour_usd=None)])
    world.tasks.down = DOWN
    world.logs.down = DOWN
    some = dict((await answer(HealthQuery(), world.asked())).glance)
    world.tasks.down = None
    world.workers.down = DOWN
    world.pods.down = DOWN
    others = dict((await answer(HealthQuery(), world.asked())).glance)

    assert some["queue"] == some["errors"].split(";")[0] == "unknown"
    assert some["orchestrator"] == "unknown"
    assert some["money"] == "at least $0.69 an hour"
    assert others["workers"] == others["pods"] == others["money"] == "unknown"
    assert others["errors"] == "unknown"


async def test_at_a_glance_a_half_that_is_unknown_is_said() -> None:
    """Pods were read, but not the workers that they are compared with."""
    world = _well()
    world.workers.down = DOWN

    glance = dict((await answer(HealthQuery(), world.asked())).glance)

    assert glance["pods"] == "1 running, unknown orphaned"


async def test_what_services_cannot_count_is_not_offered() -> None:
    """`queue` would fail where tasks can be neither listed nor counted."""
    world = a_served_world(a_scene())
    world.tasks.down = SourceDown("octollm", "does not tell its counts")

    report = await answer(HealthQuery(), world.asked())

    assert "queue" not in words_of(report)
    assert "Tasks, all time" not in titles_of(report)


async def test_that_not_all_complete_tasks_were_looked_at_is_said() -> None:
    """A bound cut the counts, and a note says where."""
    world = _well()
    world.scene = a_queue(lanes={Lane.COMPLETE: 50_001})

    report = await answer(HealthQuery(), world.asked())

    assert report.truncated
    assert report.notes[0].startswith("of 50,001 complete tasks the newest 50,000")


async def test_a_lane_that_may_not_be_read_may_hold_anything() -> None:
    """So nobody can say that all is well, nor how many wait."""
    world = _well()
    world.scene = a_queue(lanes=dict.fromkeys(Lane, 0))
    well = await answer(HealthQuery(), world.asked())
    world.scene = a_queue(lanes={Lane.QUEUE: 0})
    world.tasks.statuses = ("In Progress",)
    hidden = await answer(HealthQuery(), world.asked())

    assert (well.status, hidden.status) == (Status.OK, Status.UNKNOWN)
    assert dict(hidden.glance)["queue"] == "unknown waiting, 1 in progress"


async def test_services_are_told_in_words_of_their_own() -> None:
    """No fleet, no pods, no money."""
    scene = a_scene(gaps=(Gap(source="octollm", reason="tells no metrics"),))
    line = a_line(
        level="ERROR", source="orchestrator", source_id="app.main", worker_id=None
    )
    world = a_served_world(scene, lines=[line])
    world.logs.life = Orchestration(last_line=a_line())

    asked = world.asked()
    report = await answer(HealthQuery(), asked)

    assert report.summary == ("well: 2 services are up; no arm is known; tasks: none")
    assert titles_of(report)[:2] == ["Services", "What they need"]
    assert "Errors of the last hour" in titles_of(report)
    assert facts_of(report, "In the last hour")["errors"] == 1
    assert words_of(report) == ["workers", "queue"]
    assert [label for label, _ in report.glance] == [
        "services", "what they need", "requests", "queue", "errors", "orchestrator",
    ]  # fmt: skip
    assert dict(report.glance)["orchestrator"].startswith("healthy")
    data = data_of(report, HealthData)
    assert data.services is not None
    assert data.orchestrator.status is Liveness.HEALTHY
    assert [gap.reason for gap in asked.gaps.all] == ["tells no metrics"]
    told = f"{'; '.join(lines(report, width=0, colour=False))} {report.glance}".lower()
    assert not [word for word in ("pod", "gpu", "scale", "cycle") if word in told]


async def test_what_lines_of_services_tell_is_of_the_hours_that_are_asked_for() -> None:
    """Unless told, of the last one."""
    world = a_served_world(a_scene(probes=None))
    await answer(HealthQuery(), world.asked())
    await answer(HealthQuery(hours=6), world.asked())

    assert [look.since for look in world.looks] == [ago(hours=1), ago(hours=6)]


async def test_an_empty_system_of_others_is_not_called_a_project() -> None:
    """Nor is a key suspected."""
    world = a_served_world(a_scene(probes=None))

    report = await answer(HealthQuery(), world.asked())

    assert report.notes == ("no task, no worker and no log line is to be seen",)
    assert data_of(report, HealthData).orchestrator.status is Liveness.NO_LOGS


async def test_services_that_answer_are_the_healthy_ones() -> None:
    """As their statuses say beside them; a rate of failures is not known."""
    probes = (a_probe(), a_probe("judge"), down("coder"))
    world = a_served_world(a_scene(probes=probes), workers=[*map(worker, probes)])

    data = data_of(await answer(HealthQuery(), world.asked()), HealthData)

    assert data.workers.by_status == {"healthy": 2, "refused": 1}
    assert (data.workers.healthy, data.workers.stale) == (2, 0)
    assert data.last_hour.workers_failed is None
    assert data.failure_rate is None


async def test_a_worker_that_wrote_did_start_though_it_never_beat() -> None:
    """`worker` sees its lines as well, and they agree."""
    unborn = a_worker(last_heartbeat_at=None, created_at=ago(hours=1))
    world = a_world(workers=[unborn], lines=[a_line("up", at=ago(minutes=50))])

    report = await answer(HealthQuery(), world.asked())

    assert "never-started" not in {each.rule for each in report.findings}
