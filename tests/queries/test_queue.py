"""`queue`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Never

import pytest

from bot.domain.agent_names import Lane
from bot.domain.errors import Absent, NotConfigured, SourceDown
from bot.domain.findings import Severity, Status
from bot.domain.orchestration import COUNTED
from bot.domain.report import Gap
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker
from bot.queries.queue import QueueData, QueueQuery, Waiting, answer
from bot.sources import Listing, Queue, QueueEntry
from tests.file_queues import FILE, a_file, a_queue, an_agent, busy
from tests.service_scenes import a_probe, a_scene, a_served_world
from tests.world import (
    TASK,
    WORKER,
    FakeTasks,
    FakeWorkers,
    a_line,
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
THIRD = TaskId("63345358-0000-4000-8000-000000000003")
DOWN = SourceDown("supabase", "cannot be reached")
BY_IT: dict[str, Any] = {"source": "orchestrator_gpu", "worker_id": None}


class Counted(FakeTasks):
    """Tasks of services without a database."""

    async def queue(self, now: datetime) -> Never:
        """Raise: no endpoint lists them."""
        raise NotConfigured("octollm", "OCTOLLM_DATABASE_URL")


@pytest.mark.parametrize("number", [1, 2])
async def test_what_cannot_be_listed_is_counted(number: int) -> None:
    """With who could take it; what is not known is not called none."""
    scene = a_scene(probes=(a_probe("orchestrator"),))
    world = a_served_world(scene)
    rows = [a_task(f"{n}", status="Queued") for n in range(number)]
    world.tasks = Counted(rows=rows)
    asked = world.asked()

    report = await answer(QueueQuery(), asked)

    data = data_of(report, QueueData)
    assert report.summary.startswith(("1 task waits; they can", "2 tasks wait; they"))
    assert (data.total, data.claimable, data.in_progress) == (number, None, 0)
    assert titles_of(report) == ["Takers"]
    assert [gap.failed for gap in asked.gaps.all] == [False]


async def test_a_queue_that_can_be_counted_without_services_is_calm() -> None:
    """Nothing is known of who could take it."""
    world = a_world()
    world.tasks = Counted()

    report = await answer(QueueQuery(), world.asked())

    assert report.summary.startswith("0 tasks wait")
    assert report.status is Status.OK


async def test_what_can_be_neither_listed_nor_counted_is_no_answer() -> None:
    """The setting is named."""
    world = a_world()
    world.tasks = Counted(down=DOWN)

    with pytest.raises(Absent, match="OCTOLLM_DATABASE_URL is not set"):
        await answer(QueueQuery(), world.asked())


async def test_what_waits_is_counted_by_type_and_by_reason() -> None:
    """The reason of a task that could be claimed is that."""
    tasks = [
        a_task(TASK, status="Queued", created_at=ago(minutes=20)),
        a_task(OTHER, status="Queued", dependencies=(THIRD,), task_type="vace"),
        a_task(THIRD, worker_id=WORKER),
    ]
    world = a_world(tasks=tasks, workers=[a_worker(), a_worker("gpu-2")])

    report = await answer(QueueQuery(), world.asked())

    assert data_of(report, QueueData) == QueueData(
        total=2,
        by_type={"travel_segment": 1, "vace": 1},
        by_reason={"claimable": 1, "waits for dependency": 1},
        claimable=1,
        waiting_seconds=Waiting(median=900.0, max=1200.0),
        in_progress=1,
        workers_alive=2,
        workers_free=1,
        workers_starting=0,
        workers_active=2,
        overdue={},
        why="1 is free: if it stays so for a minute, see whether they still ask",
    )
    assert report.summary == (
        "2 waiting tasks, the oldest for 20 min; 1 could be claimed; 2 live workers,"
        " 1 of them free"
    )
    assert report.findings == ()
    assert table_of(report, "The 2 that wait longest") == [
        (TASK, "travel_segment", ago(minutes=20), "claimable"),
        (
            OTHER,
            "vace",
            ago(minutes=10),
            f"waits for dependency: {THIRD} is In Progress",
        ),
    ]
    assert words_of(report)[0] == f"task {TASK}"


async def test_busy_workers_are_why_nobody_claims() -> None:
    """A worker that merely coordinates, or is silent, counts as it should."""
    tasks = [
        a_task(TASK, status="Queued"),
        a_task(OTHER, worker_id=WORKER),
        a_task(THIRD, worker_id="gpu-2", task_type="x_orchestrator"),
    ]
    workers = [a_worker(), a_worker("gpu-2", last_heartbeat_at=ago(minutes=9))]

    report = await answer(QueueQuery(), a_world(tasks=tasks, workers=workers).asked())

    assert report.summary.endswith(
        "1 could be claimed; 1 live worker, none of them free"
    )
    found = data_of(report, QueueData)
    assert (found.workers_free, found.workers_active) == (0, 2)
    assert found.why == "the only live worker holds a task already"


@pytest.mark.parametrize(
    ("queued", "facts"),
    [(2, {"queued": 2}), (3, {"queued": 3}), (0, {"queued": 0, "not counted": 2})],
)
async def test_what_scaling_counts_stands_beside_what_waits(
    queued: int, facts: dict[str, int]
) -> None:
    """A difference explains why nothing is started for what waits."""
    counts = f"🔢 TASK COUNT (Cycle #7): Queued={queued}, Active=1, Total=9"
    world = a_world(
        tasks=[a_task(TASK, status="Queued"), a_task(OTHER, status="Queued")],
        lines=[
            a_line("TASK COUNT (Cycle #6): none", at=ago(minutes=2), **BY_IT),
            a_line(counts, at=ago(seconds=20), **BY_IT),
        ],
    )

    report = await answer(QueueQuery(), world.asked())

    found = data_of(report, QueueData)
    assert (found.scaling_queued, found.scaling_at) == (queued, ago(seconds=20))
    assert facts_of(report, "Scaling counts, 20 s ago") == facts
    assert (COUNTED in report.notes) is ("not counted" in facts)


async def test_a_count_that_is_worded_otherwise_or_old_tells_nothing() -> None:
    """Nor does one that nothing waits beside."""
    counts = "🔢 TASK COUNT (Cycle #7): Queued=2, Active=1, Total=9"
    odd = a_line("TASK COUNT (Cycle #6): none", at=ago(minutes=2), **BY_IT)
    old = a_line(counts, at=ago(minutes=6), **BY_IT)
    new = a_line(counts, **BY_IT)
    tasks = [a_task(TASK, status="Queued")]
    for world in (a_world(tasks=tasks, lines=[odd, old]), a_world(lines=[new])):
        report = await answer(QueueQuery(), world.asked())

        assert not any(each.startswith("Scaling") for each in titles_of(report))
        assert report.notes == ()


async def test_an_empty_queue_is_an_answer() -> None:
    """There is then nothing to show."""
    report = await answer(QueueQuery(), a_world().asked())

    found = data_of(report, QueueData)
    assert report.summary == "nothing waits"
    assert report.sections == ()
    assert found.waiting_seconds == Waiting(median=None, max=None)
    assert words_of(report) == ["workers", "orchestrator"]
    assert found.why is None


async def test_at_most_twenty_are_shown() -> None:
    """All are counted."""
    tasks = [
        a_task(f"41345358-0000-4000-8000-{n:012d}", status="Queued") for n in range(25)
    ]
    world = a_world(tasks=tasks)

    report = await answer(QueueQuery(), world.asked())

    assert data_of(report, QueueData).total == 25
    assert len(table_of(report, "The 20 that wait longest")) == 20


async def test_a_queue_that_was_cut_says_so() -> None:
    """Counts are then at least so many."""
    world = a_world(tasks=[a_task(status="Queued")])
    world.tasks.whole = False

    report = await answer(QueueQuery(), world.asked())

    assert report.truncated
    assert report.summary.startswith("at least 1 waiting task")


async def test_what_is_not_judged_is_a_gap() -> None:
    """The rest of the answer stands."""
    gap = Gap(source="supabase", reason="has no table task_types", failed=False)
    world = a_world(tasks=[a_task(status="Queued")])
    world.tasks.untold = (gap,)
    asked = world.asked()

    report = await answer(QueueQuery(), asked)

    assert asked.gaps.all == (gap,)
    assert data_of(report, QueueData).total == 1


@pytest.mark.parametrize(
    ("workers", "why"),
    [
        ([], "no worker is alive, and none starts"),
        ([a_worker(status="spawning")], "no worker is alive; 1 still starts"),
        (
            [a_worker(last_heartbeat_at=ago(minutes=9))],
            "no worker is alive (1 called active and silent), and none starts",
        ),
        (
            [a_worker(), a_worker("gpu-2")],
            "2 are free: if it stays so for a minute, see whether they still ask",
        ),
    ],
)
async def test_why_nobody_takes_a_task_is_told(workers: list[Worker], why: str) -> None:
    """With the numbers that it rests on."""
    world = a_world(tasks=[a_task(status="Queued")], workers=workers)

    report = await answer(QueueQuery(), world.asked())

    assert facts_of(report, "Takers")["why nobody takes them"] == why


async def test_busy_workers_are_counted_where_they_are_several() -> None:
    """All of them hold a task."""
    tasks = [
        a_task(TASK, status="Queued"),
        a_task(OTHER, worker_id=WORKER),
        a_task(THIRD, worker_id="gpu-2"),
    ]
    world = a_world(tasks=tasks, workers=[a_worker(), a_worker("gpu-2")])

    report = await answer(QueueQuery(), world.asked())

    found = data_of(report, QueueData)
    assert found.why == "all 2 live workers hold a task already"
    assert (titles_of(report)[0], words_of(report)[0]) == ("Takers", "workers")


async def test_what_cannot_be_claimed_needs_no_taker() -> None:
    """The most frequent reason is named."""
    tasks = [
        a_task(OTHER, status="Queued", dependencies=(THIRD,)),
        a_task(THIRD, worker_id=WORKER),
    ]
    world = a_world(tasks=tasks, workers=[a_worker("gpu-2")])

    report = await answer(QueueQuery(), world.asked())

    assert data_of(report, QueueData).why == (
        "it cannot be claimed: waits for dependency"
    )
    assert "The one that waits" in titles_of(report)


async def test_of_several_reasons_the_most_frequent_is_named() -> None:
    """With its number, and where it is the only one as that of all."""
    tasks = [
        a_task(OTHER, status="Queued", dependencies=(THIRD,)),
        a_task(TASK, status="Queued", dependencies=(THIRD,)),
        a_task(THIRD, worker_id=WORKER),
    ]
    failed = a_task("74345358-0000-4000-8000-000000000004", status="Failed")
    more = a_task(
        "85345358-0000-4000-8000-000000000005",
        status="Queued",
        dependencies=(failed.id,),
    )

    alike = await answer(QueueQuery(), a_world(tasks=tasks).asked())
    mixed = await answer(QueueQuery(), a_world(tasks=[*tasks, more, failed]).asked())

    told = "none of them can be claimed;"
    assert data_of(alike, QueueData).why == (
        f"{told} all because: waits for dependency"
    )
    assert data_of(mixed, QueueData).why == (
        f"{told} the most, 2, because: waits for dependency"
    )


@pytest.mark.parametrize("status", ["spawning", "crashed"])
async def test_a_queue_that_nobody_takes_is_found(status: str) -> None:
    """It is worse when nobody is on the way."""
    world = a_world(tasks=[a_task(status="Queued")], workers=[a_worker(status=status)])

    report = await answer(QueueQuery(), world.asked())

    [found] = report.findings
    starting = status == "spawning"
    assert found.rule == "queue-without-workers"
    assert found.severity is (Severity.WARNING if starting else Severity.CRITICAL)
    assert data_of(report, QueueData).workers_starting == int(starting)


async def test_tasks_that_nobody_may_take_need_no_workers() -> None:
    """Only claimable tasks make a missing worker a fault."""
    tasks = [
        a_task(OTHER, status="Queued", dependencies=(THIRD,)),
        a_task(THIRD, status="Failed"),
    ]
    world = a_world(tasks=tasks)

    report = await answer(QueueQuery(), world.asked())

    assert report.findings == ()


async def test_workers_that_are_no_takers_are_not_counted() -> None:
    """A coordinator of outside APIs takes none of these."""
    workers = [
        a_worker("api-worker-main", runs_on_gpu=False),
        a_worker("api-worker-2", runs_on_gpu=False, status="spawning"),
    ]
    world = a_world(tasks=[a_task(status="Queued")], workers=workers)

    report = await answer(QueueQuery(), world.asked())

    found = data_of(report, QueueData)
    assert (found.workers_alive, found.workers_starting) == (0, 0)


async def test_no_worker_is_called_the_taker_of_what_runs_by_an_api() -> None:
    """That its orchestrator left no line is said."""
    tasks = [a_task(status="Queued", task_type="qwen_image")]
    world = a_world(tasks=tasks, workers=[a_worker()])
    world.tasks.of_api = frozenset({"qwen_image"})

    report = await answer(QueueQuery(), world.asked())

    unseen = "the API orchestrator left no line in the log"
    assert report.summary.endswith(
        f"1 could be claimed by the API orchestrator, no worker ({unseen});"
        " 1 live worker, 1 of them free"
    )
    assert data_of(report, QueueData).why == (
        "the API orchestrator takes what could be claimed, and no worker does;"
        f" {unseen}: see whether it runs"
    )


async def test_what_an_api_takes_is_counted_among_the_rest() -> None:
    """Why the others wait is told as ever."""
    tasks = [
        a_task(OTHER, status="Queued", task_type="qwen_image"),
        a_task(THIRD, status="Queued"),
    ]
    world = a_world(tasks=tasks, workers=[a_worker()])
    world.tasks.of_api = frozenset({"qwen_image"})
    world.tasks.api_wrote_at = ago()

    report = await answer(QueueQuery(), world.asked())

    assert "; 2 could be claimed, 1 of them by the API orchestrator, no worker; 1" in (
        report.summary
    )
    why = data_of(report, QueueData).why
    assert (why or "").startswith("1 is free")


async def test_unread_workers_are_not_none_alive() -> None:
    """What is not known is None, and no rule speaks of it."""
    world = a_world(tasks=[a_task(status="Queued")])
    world.workers = FakeWorkers(down=DOWN)
    asked = world.asked()

    report = await answer(QueueQuery(), asked)

    found = data_of(report, QueueData)
    assert (found.workers_alive, found.workers_starting) == (None, None)
    assert (found.workers_active, found.why) == (None, None)
    assert report.findings == ()
    assert len(asked.gaps.all) == 1
    assert report.summary == "1 waiting task, the oldest for 10 min; 1 could be claimed"
    assert facts_of(report, "Takers")["of these alive"] is None


async def test_running_tasks_that_were_not_all_read_are_not_counted() -> None:
    """Their number is then not known, nor who is free."""
    world = a_world(tasks=[a_task(status="Queued")], workers=[a_worker()])
    world.tasks.whole = False

    report = await answer(QueueQuery(), world.asked())

    found = data_of(report, QueueData)
    assert (found.in_progress, found.why) == (None, None)
    assert "Takers" in titles_of(report)


async def test_what_can_never_run_is_worth_a_look() -> None:
    """A dependency that failed never completes by itself."""
    cause = a_task("5a000000-0000-4000-8000-000000000001", status="Failed")
    waiting = a_task(status="Queued", dependencies=(cause.id,))
    world = a_world(tasks=[waiting, cause], workers=[a_worker()])

    report = await answer(QueueQuery(), world.asked())

    assert report.status is Status.WARNING
    assert report.summary.endswith(
        "; 1 task can never run: 41345358, dependency failed"
    )


async def test_a_wait_above_what_is_normal_is_in_the_verdict() -> None:
    """By its reason, with the longest wait and the limit; nothing else is wrong."""
    tasks = [
        a_task(TASK, status="Queued", created_at=ago(hours=3)),
        a_task(OTHER, status="Queued", created_at=ago(minutes=21)),
        a_task(THIRD, status="Queued", created_at=ago(minutes=20)),
    ]
    world = a_world(tasks=tasks, workers=[a_worker()])

    report = await answer(QueueQuery(), world.asked())

    assert data_of(report, QueueData).overdue == {"claimable": 2}
    assert report.status is Status.WARNING
    assert report.summary.endswith("; 2 wait for longer than is normal: claimable 2")
    assert facts_of(report, "Longer than normal") == {
        "claimable": "41345358 for 3 h; up to 20 min is normal"
    }


async def test_nothing_waits_for_less_than_no_time() -> None:
    """Whoever wrote it may have a clock that is ahead."""
    task = a_task(status="Queued", created_at=ago(minutes=-20))

    report = await answer(QueueQuery(), a_world(tasks=[task]).asked())

    assert data_of(report, QueueData).waiting_seconds == Waiting(median=0.0, max=0.0)
    assert "-" not in report.summary


async def test_of_several_that_can_never_run_the_oldest_is_named() -> None:
    """The table names the others."""
    cause = a_task("5a000000-0000-4000-8000-000000000001", status="Failed")
    tasks = [
        a_task(id, status="Queued", created_at=at, dependencies=(cause.id,))
        for id, at in ((TASK, ago(minutes=5)), (OTHER, ago(minutes=9)))
    ]

    report = await answer(QueueQuery(), a_world(tasks=[cause, *tasks]).asked())

    assert "; 2 tasks can never run: the oldest 52345358, dep" in report.summary


async def test_an_agent_is_free_that_lives_and_works_on_nothing() -> None:
    """As its table has it; the brain, though it beats, is none of them."""
    never = a_file(OTHER, lane=Lane.PRIVATE, depends_on=("cut_{ITEM.id}",))
    rows = [a_worker(each) for each in ("gpu-1", "gpu-2", "gpu-3", "brain")]
    world = a_world(tasks=[a_task(OTHER, status="Queued")], workers=rows)
    world.name = "agents"
    world.scene = a_queue(
        tasks=(a_file(), never),
        agents=(
            busy(FILE),
            an_agent("gpu-2", meta_task=TASK, meta_phase="loading"),
            an_agent("gpu-3"),
            an_agent("gpu-4", beat_at=ago(minutes=9)),
        ),
    )

    report = await answer(QueueQuery(), world.asked())

    works_on = [row[2] for row in table_of(report, "Agents")]
    data = data_of(report, QueueData)
    assert works_on == ["22d25838", "41345358", "nothing", "nothing"]
    assert (data.workers_alive, data.workers_free) == (3, 1)
    assert "3 live workers, 1 of them idle" in report.summary
    [first, *others] = report.findings  # it is less bad, and what was asked about
    assert (first.rule, first.severity) == ("blocked-task", Severity.WARNING)
    assert {each.subject.id for each in others} == {"gpu-4"}


async def test_what_no_agent_takes_is_not_for_want_of_a_free_one() -> None:
    """Though one works on nothing."""
    waits = a_file(OTHER, lane=Lane.QUEUE, task_class="cpu")
    world = a_world(tasks=[a_task(OTHER, status="Queued")], workers=[a_worker("gpu-1")])
    world.name = "agents"
    world.scene = a_queue(tasks=(waits,))

    report = await answer(QueueQuery(), world.asked())

    data = data_of(report, QueueData)
    assert data.workers_free == 1
    assert data.why == (
        "of cpu the most waits, which nobody takes: needs a cpu agent: GPU agents"
        " never take cpu tasks"
    )


async def test_what_is_held_back_has_an_hour() -> None:
    """What never runs is told as that, and not as late as well."""
    cause = a_task("5a000000-0000-4000-8000-000000000001", status="Failed")
    other = a_task("5a000000-0000-4000-8000-000000000002")
    tasks = [
        cause,
        other,
        a_task(
            TASK, status="Queued", created_at=ago(hours=2), dependencies=(cause.id,)
        ),
        a_task(
            OTHER, status="Queued", created_at=ago(hours=2), dependencies=(other.id,)
        ),
        a_task(
            THIRD, status="Queued", created_at=ago(hours=1), dependencies=(other.id,)
        ),
    ]

    report = await answer(QueueQuery(), a_world(tasks=tasks).asked())

    assert report.summary.endswith(
        "; 1 task can never run: 41345358, dependency failed; 1 waits for longer"
        " than is normal: waits for dependency 1"
    )


async def test_no_picture_is_made_unless_one_is_wanted() -> None:
    """Nor anything asked for it."""
    world = a_world(tasks=[a_task(status="Queued")])

    report = await answer(QueueQuery(), world.asked())

    assert report.chart is None


async def test_a_picture_of_the_queue() -> None:
    """Of as many hours as are wanted."""
    tasks = [
        a_task(TASK, status="Queued", created_at=ago(hours=1)),
        a_task(OTHER, status="Complete", processed_at=ago(hours=2)),
    ]
    asked = replace(a_world(tasks=tasks).asked(), draws=True)

    chart = (await answer(QueueQuery(hours=3), asked)).chart

    assert chart is not None
    assert chart.since == ago(hours=3)
    assert chart.title == "The queue: 1 task waits now"


async def test_without_the_tasks_before_there_is_no_picture() -> None:
    """The answer stands all the same, and the gap is calm."""
    world = a_world(tasks=[a_task(status="Queued")])

    async def search(wanted: object) -> Never:
        raise DOWN

    world.tasks.search = search  # type: ignore[method-assign]
    asked = replace(world.asked(), draws=True)

    report = await answer(QueueQuery(), asked)

    assert report.chart is not None
    assert not report.chart.panels
    assert [gap.failed for gap in asked.gaps.all] == [False]


async def test_arms_are_those_who_take_the_tasks_of_services() -> None:
    """Where none is known, that is why they wait."""
    waiting = a_task(status="Queued", created_at=ago(minutes=20))
    world = a_served_world(a_scene(), tasks=[waiting])

    report = await answer(QueueQuery(), world.asked())

    assert report.summary == (
        "1 waiting task, the oldest for 20 min; 1 could be claimed; 0 live arms"
    )
    assert report.status is Status.WARNING
    assert facts_of(report, "Takers") == {
        "why nobody takes them": "no arm is known that could take them",
        "arms known": 0,
        "arms up": 0,
        "tasks in progress": 0,
    }


async def test_arms_that_are_up_are_counted_and_an_empty_queue_needs_none() -> None:
    """Nor is anybody counted where none could be asked."""
    waiting = a_task(status="Queued", created_at=ago(minutes=2))
    up = a_served_world(a_scene(probes=(a_probe("coder"),)), tasks=[waiting])
    empty = a_served_world(a_scene(probes=None))

    report = await answer(QueueQuery(), up.asked())
    nothing = await answer(QueueQuery(), empty.asked())

    assert report.summary.endswith("; 1 live arm")
    assert data_of(report, QueueData).why is None
    assert list(facts_of(report, "Takers")) == [
        "arms known", "arms up", "tasks in progress"
    ]  # fmt: skip
    assert report.status is Status.OK
    assert data_of(nothing, QueueData).workers_alive is None
    assert nothing.summary == "nothing waits"


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (("not known", None), "2 waiting tasks, the oldest for 10 min; at least 1"),
        (("not known",), "1 waiting task, the oldest for 10 min; how many could be"),
    ],
)
async def test_where_not_all_takers_were_read_nobody_is_said_to_take_nothing(
    reasons: Sequence[str | None], said: str
) -> None:
    """Nor how many live, or why nothing can be claimed."""
    world = a_world()
    entries = tuple(
        QueueEntry(task=a_task(f"{number}", status="Queued"), reason=reason)
        for number, reason in enumerate(reasons)
    )

    async def queue(now: datetime) -> Queue:
        del now
        return Queue(entries=Listing(entries))

    async def fleet(window: Window) -> Listing[Worker]:
        del window
        return Listing((a_worker(),), whole=False, hides=True)

    world.tasks.queue = queue  # type: ignore[method-assign]
    world.workers.fleet = fleet  # type: ignore[method-assign]

    report = await answer(QueueQuery(), world.asked())

    found = data_of(report, QueueData)
    assert report.summary.startswith(said)
    assert (found.workers_alive, found.why) == (None, None)


@pytest.mark.parametrize(
    ("words", "minutes", "notes"),
    [
        (
            Vocabulary(zone="AGENTS_TZ"),
            -120,
            ("1 task made up to 2 h ahead of the clock here: see AGENTS_TZ",),
        ),
        (Vocabulary(zone="AGENTS_TZ"), -10, ()),
        (Vocabulary(), -120, ()),
        (Vocabulary(zone="OCTOLLM_TZ", zoned_tasks=False), -120, ()),
    ],
    ids=["ahead", "as clocks differ", "times with a zone", "tasks with a zone"],
)
async def test_what_was_made_ahead_of_the_clock_is_noted(
    words: Vocabulary, minutes: int, notes: tuple[str, ...]
) -> None:
    """By the setting that tells whose clock it is."""
    world = a_world(tasks=[a_task(status="Queued", created_at=ago(minutes=minutes))])
    world.vocabulary = words

    report = await answer(QueueQuery(), world.asked())

    assert report.notes == notes
