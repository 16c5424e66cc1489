"""`workers`."""

from dataclasses import fields
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.errors import Misread, SourceDown
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker, WorkerId
from bot.queries import book
from bot.queries.workers import WorkersData, WorkersQuery, answer, the_worst
from bot.sources import Listing
from bot.sources.octollm.workers import worker
from bot.words import read
from tests.file_queues import a_file, a_life, a_queue, an_agent
from tests.service_scenes import a_probe, a_scene, a_served_world, down
from tests.world import (
    NOW,
    POD,
    WORKER,
    a_line,
    a_worker,
    a_world,
    ago,
    data_of,
    facts_of,
    table_of,
    titles_of,
    words_of,
)

SECOND = WorkerId("gpu-20260131_110000-0a1b2c3e")
THIRD = WorkerId("gpu-20260131_110000-0a1b2c3f")


async def test_data_holds_each_worker_with_its_health() -> None:
    """An entry tells what the row says and what its heartbeat means."""
    world = a_world(workers=[a_worker(ram_tier=72, storage_volume="EU-NO-1")])

    report = await answer(WorkersQuery(), world.asked())

    [entry] = data_of(report, WorkersData).workers
    assert {each.name: getattr(entry, each.name) for each in fields(entry)} == {
        "id": WORKER,
        "status": "active",
        "created_at": ago(hours=1),
        "last_heartbeat_at": ago(seconds=10),
        "heartbeat_age_seconds": 10.0,
        "health": "healthy",
        "runpod_id": POD,
        "ram_tier": 72,
        "storage_volume": "EU-NO-1",
        "instance_type": None,
        "current_model": None,
    }


async def test_active_workers_are_counted_by_their_heartbeat() -> None:
    """Sixty seconds are still healthy, 300 still ageing; none at all is apart."""
    beats = (60, 300, 301, None)
    workers = [
        a_worker(
            f"gpu-{n}",
            last_heartbeat_at=None if beat is None else ago(seconds=beat),
        )
        for n, beat in enumerate(beats)
    ]
    world = a_world(workers=workers)

    report = await answer(WorkersQuery(), world.asked())

    found = data_of(report, WorkersData)
    counts = (found.healthy, found.ageing, found.stale, found.missing)
    assert counts == (1, 1, 1, 1)
    assert [each.health for each in found.workers] == [
        "missing",
        "stale",
        "ageing",
        "healthy",
    ]
    assert report.summary == (
        "4 workers: 4 active; of the active 1 healthy, 1 ageing, 1 stale,"
        " 1 without a heartbeat"
    )


async def test_active_workers_without_a_gpu_are_told_apart() -> None:
    """Their heartbeat tells nothing, and what is told adds up."""
    workers = [a_worker(), a_worker("api-worker-main", runs_on_gpu=False)]

    report = await answer(WorkersQuery(), a_world(workers=workers).asked())

    assert report.summary == (
        "2 workers: 2 active; of the active 1 healthy, 0 ageing, 0 stale,"
        " 1 that does no GPU work"
    )
    assert data_of(report, WorkersData).unjudged == 1


async def test_failures_have_reasons_and_a_rate_without_scale_downs() -> None:
    """A scale-down, though recorded as an error, is no failure."""
    workers = [
        a_worker(),
        a_worker(SECOND, status="error", error_reason="Stuck task (1300s > 1200s)"),
        a_worker(THIRD, status="crashed"),
        a_worker("gpu-4", status="error", error_reason="Idle timeout (600s)"),
        a_worker("gpu-5", status="error"),
        a_worker("gpu-6", status="error", error_reason="Stuck task (1999s > 1200s)"),
    ]
    world = a_world(workers=workers)

    report = await answer(WorkersQuery(), world.asked())

    found = data_of(report, WorkersData)
    assert [(each.id, each.reason) for each in found.failures] == [
        ("gpu-6", "Stuck task (1999s > 1200s)"),
        ("gpu-5", None),
        (THIRD, "crashed: its process vanished"),
        (SECOND, "Stuck task (1300s > 1200s)"),
    ]
    assert found.failures_by_reason == {
        "Stuck task": 2,
        "crashed": 1,
        "no reason written down": 1,
    }
    assert found.failure_rate == pytest.approx(4 / 6, abs=1e-4)
    assert found.by_status == {"error": 4, "active": 1, "crashed": 1}
    assert found.total == 6
    assert table_of(report, "How they ended") == [
        ("crashed", 1, "its process vanished 1"),
        (
            "given up by the orchestrator",
            3,
            "Stuck task 2, no reason written down 1",
        ),
        ("scaled down", 1, "Idle timeout 1"),
    ]
    assert facts_of(report, "Fleet")["failed (scale-downs don't count)"] == "4, 67%"
    assert words_of(report)[0] == f"worker {THIRD}"  # of the worst finding


async def test_of_failures_without_a_finding_the_newest_is_offered() -> None:
    """A worker that was given up and ended is nothing to be found any more."""
    ended = a_worker(status="terminated", error_reason="Stuck task (1300s > 1200s)")

    report = await answer(WorkersQuery(), a_world(workers=[ended]).asked())

    assert words_of(report) == [f"worker {WORKER}", "runpod", "health"]


async def test_a_long_list_has_pages() -> None:
    """The sums are of all; the pages stand still while workers are made."""
    workers = [a_worker(f"gpu-{n}", created_at=ago(minutes=n)) for n in range(5)]
    world = a_world(workers=workers)

    first = await answer(WorkersQuery(limit=2), world.asked())
    [older] = [each.words for each in first.asks if each.label == "Older"]
    world.workers.rows.append(a_worker("gpu-new", created_at=NOW))
    query = read(older.split(), book(), NOW).query
    second = await answer(query, world.asked())  # type: ignore[arg-type]

    assert [each.id for each in data_of(first, WorkersData).workers] == [
        "gpu-0",
        "gpu-1",
    ]
    assert [each.id for each in data_of(second, WorkersData).workers] == [
        "gpu-2",
        "gpu-3",
    ]
    assert (first.truncated, data_of(first, WorkersData).total) == (True, 5)
    assert first.notes == ("3 workers not listed: turn the page, or use --limit",)


async def test_workers_without_a_gpu_are_listed_and_not_judged() -> None:
    """A coordinator of outside APIs has no heartbeat to judge."""
    worker = a_worker("api-worker-main", runs_on_gpu=False, last_heartbeat_at=None)
    world = a_world(workers=[worker])

    report = await answer(WorkersQuery(), world.asked())

    found = data_of(report, WorkersData)
    assert (found.total, found.healthy, found.missing) == (1, 0, 0)
    assert found.failure_rate is None
    assert [each.health for each in found.workers] == [None]
    assert facts_of(report, "Fleet")["failed (scale-downs don't count)"] == "0, unknown"
    assert report.findings == ()


async def test_living_workers_are_listed_whatever_their_age() -> None:
    """The ended ones only when they were made in the window."""
    workers = [
        a_worker(created_at=ago(days=9)),
        a_worker(SECOND, status="terminated", created_at=ago(hours=3)),
        a_worker(THIRD, status="terminated", created_at=ago(hours=1)),
    ]
    world = a_world(workers=workers)

    report = await answer(WorkersQuery(hours=2), world.asked())

    found = data_of(report, WorkersData)
    assert [each.id for each in found.workers] == [THIRD, WORKER]


async def test_a_status_is_asked_for_in_any_spelling() -> None:
    """Only workers of that status are counted."""
    workers = [a_worker(), a_worker(SECOND, status="crashed")]
    world = a_world(workers=workers)

    report = await answer(WorkersQuery(status="CRASHED"), world.asked())

    assert data_of(report, WorkersData).by_status == {"crashed": 1}


async def test_a_status_that_does_not_exist_is_refused() -> None:
    """With the nearest one."""
    with pytest.raises(Misread) as raised:
        await answer(WorkersQuery(status="dead"), a_world().asked())

    assert "did you mean 'terminated'?" in raised.value.hint


async def test_a_status_may_be_any_text_of_a_row() -> None:
    """Some programs read one that nobody writes."""
    workers = [a_worker(), a_worker(SECOND, status="terminating")]
    world = a_world(workers=workers)

    report = await answer(WorkersQuery(status="terminating"), world.asked())

    assert data_of(report, WorkersData).by_status == {"terminating": 1}
    with pytest.raises(Misread):
        await answer(WorkersQuery(status="Terminating!"), world.asked())


async def test_an_unknown_status_is_refused_where_no_worker_can_be_read() -> None:
    """The words are what can be mended; a known one is told what is down."""
    world = a_world()
    world.workers.down = SourceDown("supabase", "cannot be reached")

    with pytest.raises(Misread):
        await answer(WorkersQuery(status="actve"), world.asked())
    with pytest.raises(SourceDown):
        await answer(WorkersQuery(status="active"), world.asked())


async def test_where_statuses_are_few_no_other_is_looked_for() -> None:
    """It is refused before anything is asked."""
    world = a_world(workers=[a_worker(status="terminating")])
    world.vocabulary = Vocabulary(rents=False)

    with pytest.raises(Misread):
        await answer(WorkersQuery(status="terminating"), world.asked())


async def test_a_status_that_no_worker_has_is_no_empty_fleet() -> None:
    """How many others there are is told with it."""
    workers = [a_worker(), a_worker(SECOND), a_worker(THIRD, status="terminated")]

    report = await answer(
        WorkersQuery(status="error"), a_world(workers=workers).asked()
    )

    assert report.summary == (
        "no worker has the status error; 3 others: 2 active, 1 terminated"
    )


async def test_no_worker_at_all_is_an_answer() -> None:
    """There is then nothing to show."""
    report = await answer(WorkersQuery(), a_world().asked())

    assert report.summary == "no worker lives, and none was made or ended in the window"
    assert report.sections == ()
    assert data_of(report, WorkersData).failure_rate is None


async def test_where_not_all_could_be_read_nobody_is_called_absent() -> None:
    """Nor is the answer cut: a gap tells what was not read."""
    world = a_world()

    async def fleet(window: Window) -> Listing[Worker]:
        del window
        return Listing((), whole=False, hides=True)

    world.workers.fleet = fleet  # type: ignore[method-assign]

    report = await answer(WorkersQuery(), world.asked())

    assert (
        report.summary == "cannot tell which workers there are: not all could be read"
    )
    assert not report.truncated


async def test_a_fleet_that_was_cut_says_so() -> None:
    """Counts are then at least so many."""
    world = a_world(workers=[a_worker()])
    world.workers.whole = False

    report = await answer(WorkersQuery(), world.asked())

    assert report.truncated
    assert report.summary.startswith("at least 1 worker:")


async def test_details_are_shown_on_demand() -> None:
    """GPU, model, memory tier, volume and pod."""
    worker = a_worker(
        instance_type="RTX 4090",
        current_model="wan",
        ram_tier=72,
        storage_volume="EU-NO-1",
        last_heartbeat_at=None,
        status="spawning",
    )
    world = a_world(workers=[worker])

    brief = await answer(WorkersQuery(), world.asked())
    detailed = await answer(WorkersQuery(detailed=True), world.asked())

    assert table_of(brief, "Workers") == [(WORKER, "spawning", "", "never")]
    [row] = table_of(detailed, "Workers")
    assert row[4:] == ("RTX 4090", "wan", 72, "EU-NO-1", POD)


async def test_an_end_in_the_past_does_not_bring_back_the_past() -> None:
    """Rows hold what is true now."""
    world = a_world(workers=[a_worker(), a_worker(SECOND, created_at=ago(minutes=5))])
    query = WorkersQuery(since=ago(hours=2), until=ago(minutes=30))

    report = await answer(query, world.asked())

    assert [each.id for each in data_of(report, WorkersData).workers] == [WORKER]
    assert report.notes == ("states are as of now, not of the window's end 30 min ago",)


async def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    """Before anything is asked."""
    with pytest.raises(Misread, match="earlier than --until"):
        await answer(
            WorkersQuery(since=ago(hours=1), until=ago(hours=2)), a_world().asked()
        )


@pytest.mark.parametrize(("rents", "told"), [(True, 1), (False, 0)])
async def test_a_heartbeat_ahead_of_the_clock_is_noted(
    *, rents: bool, told: int
) -> None:
    """It hides a death; where none is rented, zones differ."""
    world = a_world(workers=[a_worker(last_heartbeat_at=ago(hours=-1))])
    world.vocabulary = Vocabulary(rents=rents)

    report = await answer(WorkersQuery(), world.asked())

    assert sum("1 h ahead of the clock here" in each for each in report.notes) == told


@pytest.mark.parametrize(
    ("given", "notes"),
    [
        ({"status": "sleeping"}, ("the status 'sleeping' is not known here",)),
        ({"status": "active"}, ()),
    ],
)
async def test_a_status_that_is_not_known_is_said(
    given: dict[str, Any], notes: tuple[str, ...]
) -> None:
    """Status is free text in the database."""
    world = a_world(workers=[a_worker(**given)])

    report = await answer(WorkersQuery(), world.asked())

    assert report.notes == notes


async def test_sick_workers_are_found() -> None:
    """The rules see the listed workers."""
    world = a_world(workers=[a_worker(last_heartbeat_at=ago(minutes=20))])

    report = await answer(WorkersQuery(), world.asked())

    assert [found.rule for found in report.findings] == ["heartbeat-stale"]
    assert table_of(report, "How they ended") == [
        ("stale heartbeat", 1, "not given up yet 1")
    ]


async def test_the_living_have_no_ends() -> None:
    """And where no row tells tier or volume, there is nothing to compare."""
    report = await answer(WorkersQuery(), a_world(workers=[a_worker()]).asked())

    assert titles_of(report) == ["Fleet", "Workers"]
    assert data_of(report, WorkersData).deaths == ()


async def test_tiers_and_volumes_are_compared_over_the_whole_fleet() -> None:
    """Whatever status is asked for; of fewer than five there is no rate."""
    workers = [
        *(a_worker(f"gpu-{n}", ram_tier=72, storage_volume="Peter") for n in range(4)),
        a_worker("gpu-5", ram_tier=72, status="crashed", storage_volume="EU-NO-1"),
        a_worker("gpu-6", status="terminated"),
    ]

    report = await answer(
        WorkersQuery(status="crashed"), a_world(workers=workers).asked()
    )

    assert data_of(report, WorkersData).by_ram_tier[0].failure_rate == 0.2
    assert table_of(report, "By RAM tier: all 6 GPU workers, of any status") == [
        ("72 GB", 5, 1, 0, "20%"),
        ("unknown", 1, 0, 1, "fewer than 5"),
    ]
    assert [
        row[:3]
        for row in table_of(report, "By volume: all 6 GPU workers, of any status")
    ] == [
        ("Peter", 4, 0),
        ("EU-NO-1", 1, 1),
        ("unknown", 1, 0),
    ]


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        (WorkersQuery(), [WORKER]),
        (WorkersQuery(detailed=True), [WORKER, SECOND]),
        (WorkersQuery(status="terminated"), [SECOND]),
    ],
)
async def test_workers_that_were_scaled_down_are_listed_when_asked_for(
    query: WorkersQuery, listed: list[str]
) -> None:
    """They are counted, and in data, all the same."""
    world = a_world(workers=[a_worker(), a_worker(SECOND, status="terminated")])

    report = await answer(query, world.asked())

    assert sorted(str(row[0]) for row in table_of(report, "Workers")) == sorted(listed)
    quiet = "workers --detailed lists those that were scaled down as well"
    assert (quiet in report.notes) is (listed == [WORKER])


async def test_without_active_workers_no_heartbeats_are_counted() -> None:
    """Of none, none are healthy."""
    world = a_world(workers=[a_worker(status="crashed")])

    report = await answer(WorkersQuery(), world.asked())

    assert report.summary == "1 worker: 1 crashed"


async def test_rates_are_of_the_whole_fleet_whatever_is_listed() -> None:
    """Findings about workers that are not listed are left out; others are not."""
    bad = [
        a_worker(f"gpu-{n}", status="crashed", ram_tier=48, created_at=ago(hours=n + 1))
        for n in range(5)
    ]
    good = [
        a_worker(f"gpu-well-{n}", ram_tier=72, last_heartbeat_at=ago(minutes=2))
        for n in range(5)
    ]
    world = a_world(workers=[*bad, *good])

    report = await answer(WorkersQuery(status="active"), world.asked())

    assert {found.rule for found in report.findings} == {
        "heartbeat-ageing",
        "tier-failures",
    }


async def test_a_crash_amid_a_model_switch_is_told_apart_by_lines() -> None:
    """With the finding that proves it; a switch that ended is another crash."""
    workers = [
        a_worker(status="crashed"),
        a_worker(SECOND, status="crashed"),
        a_worker(THIRD, status="crashed", last_heartbeat_at=None),
    ]
    world = a_world(
        workers=workers,
        lines=[
            a_line("MODEL SWITCH: none -> wan", at=ago(minutes=3)),
            a_line("MODEL SWITCH: none -> wan", at=ago(minutes=3), worker_id=SECOND),
            a_line("Model switch completed", at=ago(minutes=1), worker_id=SECOND),
        ],
    )

    report = await answer(WorkersQuery(), world.asked())

    assert [row[:2] for row in table_of(report, "How they ended")] == [
        ("crashed loading a model", 1),
        ("crashed", 2),
    ]
    [load] = [each for each in report.findings if each.rule == "model-load-death"]
    assert load.subject.id == WORKER
    assert load.confidence is Confidence.LIKELY


async def test_lines_that_cannot_be_read_leave_a_plain_crash() -> None:
    """The gap says so; the rest stands."""
    world = a_world(workers=[a_worker(status="crashed")])
    world.logs.down = SourceDown("supabase", "cannot be reached")
    asked = world.asked()

    report = await answer(WorkersQuery(), asked)

    assert [row[0] for row in table_of(report, "How they ended")] == ["crashed"]
    assert len(asked.gaps.all) == 1


async def test_lines_are_read_of_five_crashed_workers_at_most() -> None:
    """The newest: each costs a question."""
    workers = [
        a_worker(f"gpu-{n}", status="crashed", created_at=ago(hours=1, minutes=n))
        for n in range(6)
    ]
    lines = [a_line("MODEL SWITCH: none -> wan", worker_id=each.id) for each in workers]
    world = a_world(workers=workers, lines=lines)

    report = await answer(WorkersQuery(), world.asked())

    loads = [each for each in report.findings if each.rule == "model-load-death"]
    assert sorted(each.subject.id for each in loads) == [f"gpu-{n}" for n in range(5)]


async def test_services_and_arms_are_listed_with_what_they_can_do() -> None:
    """In their own words, and without a button for pods."""
    scene = a_scene(
        probes=(a_probe(), a_probe("coder", capabilities=frozenset({"python"})))
    )
    world = a_served_world(scene, workers=[a_worker("coder"), a_worker("orchestrator")])

    report = await answer(WorkersQuery(), world.asked())

    assert report.summary == "1 service is up; 1 arm is up"
    assert table_of(report, "Arms") == [("coder", "up (200)", "4 ms", "python")]
    assert "Services" in titles_of(report)
    assert words_of(report) == ["health"]
    services = data_of(report, WorkersData).services
    assert [each.name for each in services or ()] == ["orchestrator", "coder"]


async def test_services_of_one_status_are_listed_alone() -> None:
    """With arms of it, whatever else there is."""
    scene = a_scene(probes=(a_probe(), a_probe("coder")))
    workers = [a_worker("coder"), a_worker("orchestrator", status="terminated")]
    world = a_served_world(scene, workers=workers)

    report = await answer(WorkersQuery(status="active"), world.asked())

    assert titles_of(report) == ["Services"]
    assert table_of(report, "Services") == [
        ("coder", "up (200)", "4 ms", "it does not say")
    ]


async def test_what_is_not_rented_has_no_tier_and_no_scale_downs() -> None:
    """Of others that are no services, either."""
    world = a_world(workers=[a_worker(instance_type="GTX 1060")])
    world.vocabulary = Vocabulary(rents=False)

    report = await answer(WorkersQuery(detailed=True), world.asked())

    [row] = table_of(report, "Workers")
    assert row[4:] == ("GTX 1060", None)
    assert "failed" in facts_of(report, "Fleet")
    assert words_of(report) == ["health"]


async def test_who_did_how_much_is_told_where_the_system_keeps_it() -> None:
    """What is wrong with tasks is told elsewhere."""
    world = a_world(workers=[a_worker(instance_type="GPU 1")])
    world.name = "agents"
    failed = a_file(lane=Lane.FAILED, error="CUDA out of memory")
    world.scene = a_queue(
        completed={("gpu-1", "llm"): 3}, agents=(an_agent(),), tasks=(failed,)
    )

    report = await answer(WorkersQuery(), world.asked())

    [share] = data_of(report, WorkersData).work or ()
    assert (share.worker_id, share.completed) == ("gpu-1", 3)
    assert titles_of(report) == ["Fleet", "Completed in the window", "Workers"]
    assert report.findings == ()
    assert report.notes == ("1 finding about the rest, 1 of them critical: see health",)


async def test_what_a_finding_calls_crashed_counts_as_failed() -> None:
    """Its heartbeat alone would have it stale."""
    beat = ago(minutes=5)
    rows = [a_worker("gpu-1", last_heartbeat_at=beat), a_worker("gpu-2")]
    world = a_world(workers=rows)
    world.name = "agents"
    world.scene = a_queue(
        agents=(an_agent(beat_at=beat), an_agent("gpu-2")),
        lives=a_life(crashed_at=beat, exception="OSError: gone"),
    )

    report = await answer(WorkersQuery(), world.asked())

    data = data_of(report, WorkersData)
    assert report.summary == (
        "2 workers: 1 active, 1 crashed; of the active 1 healthy, 0 ageing, 0 stale"
    )
    assert [each.rule for each in report.findings] == ["crashed-agent"]
    assert data.by_status == {"active": 1, "crashed": 1}
    assert (data.stale, data.failure_rate) == (0, 0.5)
    assert [(each.id, each.reason) for each in data.failures] == [
        ("gpu-1", "OSError: gone")
    ]
    assert [each.way for each in data.deaths] == ["crashed"]


async def test_who_looks_after_the_others_is_judged_by_its_heartbeat_as_well() -> None:
    """It takes no task; one of an outside API that beats nowhere is not judged."""
    rows = [a_worker("brain", runs_on_gpu=False), a_worker("api", runs_on_gpu=False)]
    world = a_world(workers=rows)
    world.vocabulary = Vocabulary(coordinator="brain")

    report = await answer(WorkersQuery(), world.asked())

    health = {each.id: each.health for each in data_of(report, WorkersData).workers}
    assert health == {"brain": "healthy", "api": None}
    assert report.summary == "2 workers: 2 active; brain, which takes no tasks, healthy"
    assert data_of(report, WorkersData).healthy == 0


async def test_other_systems_tell_of_no_shares() -> None:
    """Rows of workers do not say what they did."""
    report = await answer(WorkersQuery(), a_world(workers=[a_worker()]).asked())

    assert data_of(report, WorkersData).work is None


async def test_since_when_a_program_runs_its_lines_or_its_answer_tell() -> None:
    """Where they do not, nobody knows: neither its heartbeat nor our question."""
    rows = [a_worker("gpu-1"), a_worker("gpu-2", created_at=ago(days=9999))]
    agents = a_world(workers=rows)
    agents.vocabulary, agents.scene = Vocabulary(made=""), a_queue(lives=a_life())
    probes = (a_probe("arm", begun_at=ago(hours=3)), a_probe("judge"))
    octo = a_served_world(a_scene(probes=probes), workers=[*map(worker, probes)])
    found = [
        {
            each.id: each.created_at
            for each in data_of(
                await answer(WorkersQuery(), world.asked()), WorkersData
            ).workers
        }
        for world in (agents, octo)
    ]

    assert found == [
        {"gpu-1": ago(hours=1), "gpu-2": None},
        {"arm": ago(hours=3), "judge": None},
    ]


async def test_a_service_that_is_down_is_a_failure_and_the_others_healthy() -> None:
    """Nobody gave it up, and of those of before no rate is known."""
    probes = (a_probe(), a_probe("judge"), down("coder", said="refused"))
    world = a_served_world(a_scene(probes=probes), workers=[*map(worker, probes)])

    data = data_of(await answer(WorkersQuery(), world.asked()), WorkersData)

    assert (data.total, data.healthy, data.ageing, data.stale) == (3, 2, 0, 0)
    assert (data.missing, data.unjudged) == (0, 0)
    assert [(each.id, each.reason) for each in data.failures] == [("coder", "refused")]
    assert {each.id: each.health for each in data.workers} == {
        "orchestrator": "healthy",
        "judge": "healthy",
        "coder": None,
    }
    assert (data.deaths, data.failure_rate, data.by_ram_tier) == ((), None, ())


def test_the_worst_is_what_the_worst_finding_is_about() -> None:
    """However its cause stands before it; what is no worker's opens nothing."""
    kinds = [("worker", "warning"), ("task", "critical"), ("orchestrator", "critical")]
    light, other, grave = (
        Finding(
            rule="a-rule",
            severity=Severity(severity),
            confidence=Confidence.CONFIRMED,
            title="it is down",
            evidence=("it says so",),
            subject=Subject(kind=kind, id="it"),
            remedy="look at it",
        )
        for kind, severity in kinds
    )

    assert [each.words for each in the_worst([light, other, grave], ())] == [
        "orchestrator"
    ]
    assert [each.words for each in the_worst([light, other], ())] == ["worker it"]
    assert the_worst([other], ()) == ()


async def test_a_worker_that_wrote_did_start_though_it_never_beat() -> None:
    """`worker` sees its lines as well, and they agree."""
    unborn = a_worker(last_heartbeat_at=None, created_at=ago(hours=1))
    mute = a_world(workers=[unborn])
    heard = a_world(workers=[unborn], lines=[a_line("up", at=ago(minutes=50))])

    before = await answer(WorkersQuery(), mute.asked())
    after = await answer(WorkersQuery(), heard.asked())

    assert [each.rule for each in before.findings] == ["never-started"]
    assert after.findings == ()
