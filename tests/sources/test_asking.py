"""Asking so that one dead source does not take the answer down."""

from collections.abc import Sequence

import pytest

from bot.domain.errors import (
    Absent,
    Ambiguous,
    Misread,
    NotConfigured,
    NotFound,
    SourceDown,
)
from bot.domain.report import Gap
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.sources import (
    Gaps,
    counts_instead,
    only,
    whole_task_id,
    whole_worker_id,
)
from bot.sources.asking import untold
from tests.world import (
    NOW,
    TASK,
    WORKER,
    a_line,
    a_task,
    a_worker,
    a_world,
)

DOWN = SourceDown("supabase", "cannot be reached")


async def _said(answer: object) -> object:
    if isinstance(answer, Exception):
        raise answer
    return answer


async def test_an_answer_is_handed_on() -> None:
    """There is then no gap."""
    gaps = Gaps()

    assert await gaps.ask(_said(7), None) == 7
    assert gaps.all == ()


async def test_a_dead_source_leaves_a_gap_and_the_answer_goes_on() -> None:
    """What stands for its answer is the caller's to say."""
    gaps = Gaps()

    assert await gaps.ask(_said(DOWN), ()) == ()
    assert gaps.all == (Gap(source="supabase", reason="cannot be reached"),)


async def test_what_cannot_be_listed_may_be_counted() -> None:
    """Why it can't be listed is a calm gap."""
    world, gaps = a_world(tasks=[a_task()]), Gaps()
    error = Absent("octollm", "cannot list tasks")

    counts = await counts_instead(error, world.tasks, gaps)
    assert counts == await world.tasks.counts()
    [gap] = gaps.all
    assert (gap.reason, gap.failed) == ("cannot list tasks", False)


async def test_what_can_be_neither_listed_nor_counted_says_why_twice() -> None:
    """What is missing, and what went wrong; where nothing did, once."""
    world, gaps = a_world(tasks=[a_task()]), Gaps()
    error = Absent("octollm", "cannot list tasks", hint="set it")

    world.tasks.down = DOWN
    with pytest.raises(Absent) as raised:
        await counts_instead(error, world.tasks, gaps)
    assert raised.value.message == "cannot list tasks; supabase cannot be reached"
    assert (raised.value.source, raised.value.hint) == ("octollm", "set it")
    assert [(gap.source, gap.failed) for gap in gaps.all] == [("supabase", True)]

    world.tasks.down = Absent("octollm", "tells no counts")
    with pytest.raises(Absent) as raised:
        await counts_instead(error, world.tasks, Gaps())
    assert raised.value is error


async def test_the_same_gap_is_named_once() -> None:
    """However many questions met it."""
    gaps = Gaps()
    other = SourceDown("runpod", "cannot be reached")

    for error in (DOWN, other, DOWN):
        await gaps.ask(_said(error), None)

    assert [gap.source for gap in gaps.all] == ["supabase", "runpod"]


async def test_a_source_that_is_not_configured_has_not_failed() -> None:
    """That alone changes no exit code (CONTRACT, 3)."""
    gaps = Gaps()

    await gaps.ask(_said(NotConfigured("runpod", "RUNPOD_API_KEY")), None)

    reason = "not configured: RUNPOD_API_KEY is not set"
    assert gaps.all == (Gap(source="runpod", reason=reason, failed=False),)


async def test_what_an_answer_can_do_without_leaves_a_calm_gap() -> None:
    """The answer has not failed for it."""
    gaps = Gaps()

    assert await gaps.beside(_said(1), 2) == 1
    assert await gaps.beside(_said(DOWN), 2) == 2
    assert gaps.all == (
        Gap(source="supabase", reason="cannot be reached", failed=False),
    )


def test_the_first_hint_about_a_fault_is_kept() -> None:
    """A source that nobody set up is no fault."""
    gaps = Gaps()
    gaps.note(NotConfigured("runpod", "RUNPOD_API_KEY"))
    none = gaps.hint
    gaps.note(DOWN)
    gaps.note(SourceDown("agents", "cannot be read", hint="is it mounted?"))
    gaps.note(SourceDown("agents", "is late", hint="ask again"))

    assert (none, gaps.hint) == ("", "is it mounted?")


async def test_other_errors_are_not_held_back() -> None:
    """What does not exist is no gap."""
    with pytest.raises(NotFound):
        await Gaps().ask(_said(NotFound("no task is called x")), None)


@pytest.mark.parametrize(
    ("found", "id"),
    [(["abcd1"], "abcd1"), (["abcd2", "abcd"], "abcd"), (["abcd"], "abcd")],
)
async def test_the_only_id_or_the_exact_one_is_meant(
    found: Sequence[str], id: str
) -> None:
    """An exact one wins over longer ones."""

    async def find(prefix: str) -> Sequence[str]:
        return found

    assert await only("task", "abcd", find) == id


@pytest.mark.parametrize(
    ("number", "said"), [(2, "of 2 tasks"), (10, "of 10 tasks"), (11, "more than 10")]
)
async def test_of_several_at_most_ten_are_listed(number: int, said: str) -> None:
    """It says when there are more."""

    async def find(prefix: str) -> Sequence[str]:
        return [f"{prefix}-{n}" for n in range(number)]

    with pytest.raises(Ambiguous) as raised:
        await only("task", "abcd", find)

    assert said in raised.value.message
    assert len(raised.value.candidates) == min(number, 10)


async def test_none_at_all_is_not_found() -> None:
    """With what the caller suggests."""

    async def find(prefix: str) -> Sequence[str]:
        return []

    with pytest.raises(NotFound) as raised:
        await only("task", "abcd", find, hint="tasks --hours 2")

    assert raised.value.hint == "tasks --hours 2"


async def test_a_whole_task_id_is_not_looked_up() -> None:
    """Its form suffices, in either case."""
    world = a_world()
    world.tasks.down = DOWN

    assert await whole_task_id(TASK.upper(), world.system) == TASK


async def test_the_beginning_of_a_task_id_is_looked_up() -> None:
    """As everywhere."""
    assert await whole_task_id("4134", a_world(tasks=[a_task()]).system) == TASK


async def test_lines_tell_ids_where_tasks_cannot_be_listed() -> None:
    """Those of the window alone; a beginning of several is nobody's."""
    down = NotConfigured("octollm", "OCTOLLM_DATABASE_URL")
    other = TaskId(TASK.replace("41345358", "41345359"))
    world = a_world(lines=[a_line(task_id=TASK), a_line(task_id=other), a_line()])
    world.tasks.down = down
    hour = Window.before(NOW, hours=1)

    assert await whole_task_id("41345358", world.system, within=hour) == TASK
    with pytest.raises(Ambiguous):
        await whole_task_id("4134", world.system, within=hour)
    with pytest.raises(NotConfigured):
        await whole_task_id("9999", world.system, within=hour)
    with pytest.raises(NotConfigured):
        await whole_task_id("41345358", world.system)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("gpu-1", "a worker? try: worker gpu-1"),
        ("-xyz", "a task's id is a UUID: the digits 0-9 and a-f"),
        ("wxyz", "a task's id is a UUID: the digits 0-9 and a-f"),
    ],
)
async def test_what_begins_no_task_id_is_refused(text: str, hint: str) -> None:
    """A worker's is recognised."""
    with pytest.raises(Misread) as raised:
        await whole_task_id(text, a_world().system)

    assert raised.value.hint == hint


async def test_a_whole_worker_id_is_not_looked_up() -> None:
    """Its lines may outlive its row."""
    world = a_world()
    world.workers.down = DOWN

    assert await whole_worker_id(WORKER, world.system) == WORKER


async def test_the_beginning_of_a_worker_id_is_looked_up() -> None:
    """As everywhere."""
    world = a_world(workers=[a_worker()])

    assert await whole_worker_id("gpu-", world.system) == WORKER


async def test_the_end_of_a_worker_id_is_looked_up() -> None:
    """It is what tables and buttons show."""
    world = a_world(workers=[a_worker(), a_worker(f"{WORKER}-second")])

    assert await whole_worker_id(WORKER[-8:], world.system) == WORKER


async def test_a_short_worker_id_is_looked_up_whole() -> None:
    """As a part, three characters fit too many."""
    world = a_world(workers=[a_worker("rag"), a_worker("rag-2")])

    assert await whole_worker_id("rag", world.system) == "rag"
    with pytest.raises(Misread, match="'ra' is too short for an id"):
        await whole_worker_id("ra", world.system)
    world.workers.down = DOWN
    with pytest.raises(Misread, match="'rag' is too short for an id"):
        await whole_worker_id("rag", world.system)


async def test_several_workers_may_end_alike() -> None:
    """They are listed, as those that begin alike are."""
    one, other = f"old-{WORKER[-8:]}", f"new-{WORKER[-8:]}"
    world = a_world(workers=[a_worker(one), a_worker(other)])

    with pytest.raises(Ambiguous, match="2 workers begin or end with 0a1b") as raised:
        await whole_worker_id(WORKER[-8:], world.system)

    assert set(raised.value.candidates) == {one, other}


async def test_what_begins_no_worker_id_is_refused() -> None:
    """Before anything is asked."""
    world = a_world()
    world.workers.down = DOWN

    with pytest.raises(Misread, match="cannot be the id of a worker"):
        await whole_worker_id("-x", world.system)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("41345358", "a task? try: task 41345358"),
        (
            "90d2",
            "of a worker type all that is shown, as 90d281bc; a task? try: task 90d2",
        ),
        ("gpu-9", "recent ones: workers --hours 2"),
    ],
)
async def test_a_worker_that_is_not_found_may_be_a_task(text: str, hint: str) -> None:
    """If its id could be one."""
    with pytest.raises(NotFound) as raised:
        await whole_worker_id(text, a_world().system)

    assert raised.value.hint == hint


def test_what_a_source_leaves_untold_is_heard_by_the_answer_alone() -> None:
    """Outside of one nobody hears it."""
    gaps, gap = Gaps(), Gap(source="octollm logs", reason="cannot be read: a.log")
    untold(gap)
    with gaps.hearing():
        untold(gap)
        untold(gap)
    untold(Gap(source="octollm logs", reason="cannot be read: b.log"))

    assert gaps.all == (gap,)
