"""What crashed workers wrote last, and unborn ones first."""

from dataclasses import replace
from typing import Never

from bot.domain.errors import SourceDown
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import WorkerId
from bot.sources import Gaps, LastWords, last_words
from bot.sources.last_words import LOOKED_AT
from tests.world import NOW, WORKER, a_line, a_worker, a_world, ago


async def test_a_fleet_without_crashes_is_asked_nothing() -> None:
    """Not even a source that is down is noticed."""
    world = a_world()
    world.logs.down = SourceDown("supabase", "cannot be reached")
    gaps = Gaps()
    well = (a_worker(), a_worker(status="crashed", last_heartbeat_at=None))

    assert await last_words(well, world.system, gaps, NOW) == LastWords()
    assert gaps.all == ()


async def test_lines_around_the_last_heartbeat_are_read() -> None:
    """Older ones say nothing of the end."""
    late, early = a_line("late"), a_line("early", at=ago(hours=2))
    world = a_world(workers=[a_worker(status="crashed")], lines=[early, late])

    found = await last_words([a_worker(status="crashed")], world.system, Gaps(), NOW)

    assert found == LastWords(lines=(late,), whole=frozenset({WorkerId(WORKER)}))


async def test_lines_that_cannot_be_read_are_a_gap() -> None:
    """And nobody's are all there."""
    world = a_world()
    world.logs.down = SourceDown("supabase", "cannot be reached")
    gaps = Gaps()

    found = await last_words([a_worker(status="crashed")], world.system, gaps, NOW)

    assert found == LastWords(lines=(), whole=frozenset())
    assert len(gaps.all) == 1


async def test_only_so_many_workers_are_looked_at() -> None:
    """Each costs a question."""
    workers = [a_worker(f"gpu-{n}", status="crashed") for n in range(LOOKED_AT + 1)]

    found = await last_words(workers, a_world().system, Gaps(), NOW)

    assert len(found.whole) == LOOKED_AT


async def test_the_first_lines_of_one_that_never_beat_are_read() -> None:
    """One proves that it started; they are not all of its lines."""
    unborn = a_worker(last_heartbeat_at=None, created_at=ago(hours=3))
    late, first = a_line("late"), a_line("first", at=ago(hours=2.5))
    world = a_world(workers=[unborn], lines=[first, late])

    found = await last_words([unborn], world.system, Gaps(), NOW)

    assert found == LastWords(lines=(first,))


async def test_what_names_one_that_never_beat_is_read_as_well() -> None:
    """It may tell what its start stopped at; without it the answer is whole."""
    unborn = a_worker(last_heartbeat_at=None, created_at=ago(hours=3))
    dump = a_line(
        f"Startup logs for {WORKER}: No space left on device",
        at=ago(hours=2.5),
        source="orchestrator_gpu",
        worker_id=None,
        source_id="",
    )
    world = a_world(workers=[unborn], lines=[dump])

    async def down(id: WorkerId, window: Window) -> Never:
        raise SourceDown("supabase", "cannot be reached")

    found = await last_words([unborn], world.system, Gaps(), NOW)
    world.logs.naming = down  # type: ignore[method-assign]
    gaps = Gaps()
    nothing = await last_words([unborn], world.system, gaps, NOW)

    assert found == LastWords(lines=(dump,))
    assert nothing == LastWords(lines=())
    assert [gap.failed for gap in gaps.all] == [False]


async def test_only_rented_workers_are_made_before_they_start() -> None:
    """Of others nothing is asked."""
    system = replace(a_world().system, vocabulary=Vocabulary(rents=False))
    unborn = a_worker(last_heartbeat_at=None, created_at=ago(hours=3))

    assert await last_words([unborn], system, Gaps(), NOW) == LastWords()
