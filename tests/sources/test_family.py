from dataclasses import replace

import pytest

from bot.domain.cascades import FOLLOWED
from bot.domain.errors import SourceDown
from bot.domain.tasks import Task, TaskId
from bot.sources import Family, Gaps, family
from tests.world import FakeTasks, a_task, a_world

DOWN = SourceDown("supabase", "cannot be reached")


def _id(number: int) -> TaskId:
    return TaskId(f"{number}a000000-0000-4000-8000-000000000000")


def _waiting(number: int, *on: int, **given: object) -> Task:
    ids = tuple(map(_id, on))
    return a_task(_id(number), status="Queued", dependencies=ids, **given)


def _fell(number: int, other: int) -> Task:
    error = f"Cascaded failed from related task {_id(other)}"
    return a_task(_id(number), status="Failed", error=error, cascaded_from=_id(other))


async def read(*tasks: Task) -> Family:
    """Return what is read around the first of the tasks."""
    return await family(tasks[0], (), a_world(tasks=[*tasks]).tasks, Gaps())


async def test_a_task_alone_has_no_family() -> None:
    """And fell with nobody."""
    found = await read(a_task())

    assert found == Family()
    assert found.root is None


@pytest.mark.parametrize("status", ["Queued", "In Progress", "Complete"])
async def test_a_dependency_that_may_complete_has_no_cascade(status: str) -> None:
    """What waits for it may run yet."""
    found = await read(_waiting(1, 2), a_task(_id(2), status=status))

    assert [each.id for each in found.dependencies] == [_id(2)]
    assert found.cascade == ()


async def test_a_waiting_task_is_followed_past_what_its_dependency_fell_with() -> None:
    """To the one that failed by itself, which nobody had read."""
    first = a_task(_id(4), status="Failed", error="CUDA out of memory")

    found = await read(_waiting(1, 2), _fell(2, 3), _fell(3, 4), first)

    assert [each.id for each in found.cascade] == [_id(2), _id(3), _id(4)]
    assert found.root is not None
    assert found.root.id == _id(4)


async def test_what_a_task_fell_with_may_be_gone() -> None:
    """That is known once it was asked for; of a parent nobody needs to know."""
    gone = await read(replace(_fell(1, 2), parent=_id(9)))
    there = await read(_fell(1, 2), a_task(_id(2), status="Failed"))

    assert gone.gone == {_id(2)}
    assert gone.cascade == ()
    assert not there.gone


async def test_a_waiting_task_is_followed_through_tasks_that_wait_themselves() -> None:
    """Ring by ring; what is behind them and gone is gone."""
    failed = a_task(_id(4), status="Failed", error="bad")

    found = await read(_waiting(1, 2), _waiting(2, 3), _waiting(3, 9, 4), failed)

    assert [each.id for each in found.upstream] == [_id(3), _id(4)]
    assert found.gone == {_id(9)}
    assert found.cascade == ()  # the one that is gone comes first, and is no task


async def test_what_runs_is_not_asked_what_it_waited_for() -> None:
    """Its dependencies are complete."""
    found = await read(a_task(_id(1), dependencies=(_id(2),)), _waiting(2, 3))

    assert found.upstream == ()


async def test_a_circle_of_waiting_tasks_ends() -> None:
    """Each is read once."""
    found = await read(_waiting(1, 2), _waiting(2, 3), _waiting(3, 1))

    assert [each.id for each in found.upstream] == [_id(3)]


async def test_a_long_chain_is_followed_for_ten_rings() -> None:
    """No real one is so long."""
    chain = [
        a_task(f"{n}", status="Queued", dependencies=(f"{n + 1}",)) for n in range(99)
    ]

    assert len((await read(*chain)).upstream) == FOLLOWED


class _OnceTasks(FakeTasks):
    async def named(self, ids: object) -> list[Task]:
        rows = [each for each in self.rows if each.id == _id(2)]
        if self.down is not None:
            raise self.down
        self.down = DOWN
        return rows


async def test_what_cannot_be_read_ends_the_search_with_a_gap() -> None:
    """What was read stands."""
    gaps, start = Gaps(), _waiting(1, 2)
    tasks = _OnceTasks(rows=[start, _waiting(2, 3)])

    found = await family(start, (), tasks, gaps)

    assert [each.id for each in found.dependencies] == [_id(2)]
    assert found.upstream == ()
    assert [gap.reason for gap in gaps.all] == ["cannot be reached"]
