"""Looking back at a window of time."""

from dataclasses import replace
from typing import Any

from bot.domain.errors import SourceDown
from bot.domain.logs import Level
from bot.domain.times import Window
from bot.hindsight import (
    CONTEXT_LINES,
    LOOKED_AT,
    Hindsight,
    concerned,
    cut_off,
    death_in,
    look,
)
from bot.sources import LogSearch
from tests.service_scenes import a_scene
from tests.world import NOW, World, a_line, a_pod, a_task, a_worker, a_world, ago

DOWN = SourceDown("supabase", "cannot be reached")
HOUR = Window.before(NOW, hours=1)
OVER = Window(since=ago(minutes=60), until=ago(minutes=15))


async def _seen(world: World, window: Window = HOUR) -> Hindsight:
    return await look(window, NOW, world.asked())


async def test_what_was_read_whole_was_not_cut_off() -> None:
    """And what could not be read was not cut."""
    world = a_world(workers=[a_worker()], tasks=[a_task()], pods=[a_pod()])

    seen = await _seen(world)
    assert seen.whole
    assert not seen.dark
    assert cut_off(seen) == []

    world.logs.down = DOWN
    seen = await _seen(world)
    assert (seen.whole, seen.dark) == (False, False)
    assert cut_off(seen) == []


async def test_what_tells_of_now_alone_is_asked_for_now_alone() -> None:
    """Pods, and how many tasks wait."""
    world = a_world(pods=[a_pod()], tasks=[a_task(status="Queued")])

    now, then = await _seen(world), await _seen(world, OVER)

    assert (now.queued, len(now.pods or ())) == (1, 1)
    assert now.owned is not None
    assert (then.queued, then.pods, then.owned) == (None, None, None)


async def test_of_a_window_that_is_over_a_system_tells_what_it_kept() -> None:
    """How services answer is of now alone; what their lines said is not."""
    scene = a_scene()
    world = a_world()
    world.scene = scene

    now, then = await _seen(world), await _seen(world, OVER)

    assert (now.scene, then.scene) == (scene, scene.past)


async def test_who_ended_before_or_after_is_no_concern() -> None:
    """How somebody stood then who ended later no row tells."""
    workers = [
        a_worker("gpu-now"),
        a_worker("gpu-in", status="crashed", last_heartbeat_at=ago(minutes=20)),
        a_worker("gpu-before", status="crashed", last_heartbeat_at=ago(minutes=90)),
        a_worker("gpu-after", status="crashed", last_heartbeat_at=ago(minutes=5)),
        a_worker("gpu-untold", status="error", last_heartbeat_at=None),
    ]
    seen = await _seen(a_world(workers=workers), OVER)

    assert {each.id for each in concerned(seen, OVER)} == {
        *("gpu-now", "gpu-in", "gpu-untold"),
    }


def test_a_death_is_in_the_window_or_none() -> None:
    """A scale-down is no death, and who beats lives."""
    dead = a_worker(status="crashed", last_heartbeat_at=ago(minutes=20))
    idle = a_worker(status="error", error_reason="Idle timeout (9s)")
    silent = a_worker(last_heartbeat_at=ago(minutes=30))

    assert death_in(dead, HOUR, NOW) == ago(minutes=20)
    assert death_in(dead, Window.before(NOW, hours=0.1), NOW) is None
    assert death_in(silent, HOUR, NOW) == ago(minutes=30)
    assert death_in(idle, HOUR, NOW) is None
    assert death_in(a_worker(), HOUR, NOW) is None


async def test_own_lines_are_read_of_the_newest_dead_only() -> None:
    """Each costs a question; lines that can't be read are a gap."""
    asked_of: list[str] = []
    world = a_world(
        workers=[
            a_worker(
                f"gpu-{n}", status="crashed", last_heartbeat_at=ago(minutes=20 + n)
            )
            for n in range(LOOKED_AT + 3)
        ]
    )

    async def of_worker(id: str, window: Window) -> Any:
        asked_of.append(id)
        raise DOWN

    world.logs.of_worker = of_worker  # type: ignore[method-assign]
    asked = world.asked()
    seen = await look(HOUR, NOW, asked)

    # Of its start and of its end.
    assert sorted(asked_of) == sorted(f"gpu-{n}" for n in 2 * [*range(LOOKED_AT)])
    assert seen.own == {}
    assert [gap.reason for gap in asked.gaps.all] == [DOWN.message]


async def test_the_last_lines_before_the_first_error_are_read() -> None:
    """Those of its writer, a few, of the minutes before it; a worker's by its id."""
    own = [
        a_line(f"step {n}", at=ago(minutes=20 - n), worker_id="gpu-1", id=f"{n}")
        for n in range(CONTEXT_LINES + 3)
    ]
    error = a_line(
        "boom", at=ago(minutes=10), worker_id="gpu-1", level=Level.ERROR, id="x"
    )
    old = a_line("long ago", at=ago(minutes=40), worker_id="gpu-1", id="o")
    other = a_line("another", at=ago(minutes=11), worker_id="gpu-2", id="p")
    seen = await _seen(a_world(lines=[old, *own, other, error]))

    assert seen.first == error
    assert list(seen.before_first) == own[-CONTEXT_LINES:]


async def test_what_is_no_worker_is_looked_for_by_its_name() -> None:
    """Such as a function at the edge."""
    lines = [
        a_line(f"step {name}", at=ago(minutes=9), **by, id=name)
        for name, by in {
            "a": {
                "source": "edge_function",
                "source_id": "complete",
                "worker_id": None,
            },
            "b": {"source": "edge_function", "source_id": "claim", "worker_id": None},
        }.items()
    ]
    error = replace(lines[0], at=ago(minutes=8), level=Level.ERROR, id="x")
    seen = await _seen(a_world(lines=[*lines, error]))

    assert seen.before_first == (lines[0],)


async def test_context_that_cannot_be_read_is_a_gap() -> None:
    """The rest of the answer stands."""
    error = a_line("boom", at=ago(minutes=10), level=Level.ERROR)
    world = a_world(lines=[error])

    async def search(wanted: LogSearch, *, limit: int) -> Any:
        raise DOWN

    world.logs.search = search  # type: ignore[method-assign]
    asked = world.asked()
    seen = await look(HOUR, NOW, asked)

    assert (seen.first, seen.before_first) == (error, ())
    assert [gap.reason for gap in asked.gaps.all] == [DOWN.message]
