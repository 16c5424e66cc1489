"""Jobs run elsewhere, within bounds, and one harms no other."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from bot.slack.metrics import Metrics
from bot.slack.workbench import ASIDES, Workbench


@pytest.fixture
def bench() -> Iterator[Workbench]:
    """Return a bench for one job that thinks and two that wait."""
    bench = Workbench(at_once=1, waiting=2)
    bench.start()
    yield bench
    bench.stop(0)


async def forever() -> None:
    """Never end."""
    await asyncio.Event().wait()


def test_a_job_runs_in_another_thread(bench: Workbench) -> None:
    """So that it can't delay what happens in ours."""
    names: list[str] = []
    done = threading.Event()

    async def job() -> None:
        names.append(threading.current_thread().name)
        done.set()

    assert bench.take(job)
    assert done.wait(60)
    assert names == ["workbench"]


def test_a_job_that_fails_harms_no_other(
    bench: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged."""
    done = threading.Event()

    async def broken() -> None:
        msg = "no"
        raise ValueError(msg)

    async def fine() -> None:
        done.set()

    bench.take(broken)
    bench.take(fine)

    assert done.wait(60)
    assert "a job failed" in caplog.text


def test_too_many_jobs_are_turned_away(bench: Workbench) -> None:
    """At once, by saying no."""
    taken = [bench.take(forever) for _ in range(4)]

    assert taken == [True, True, True, False]


def test_a_note_finds_room_where_a_job_does_not(bench: Workbench) -> None:
    """But not without a bound either."""
    for _ in range(3):
        bench.take(forever)
    taken = [bench.take(forever, aside=True) for _ in range(ASIDES + 1)]

    assert taken == [True] * ASIDES + [False]


def test_a_finished_job_makes_room(bench: Workbench) -> None:
    """For the next."""
    ended = threading.Semaphore(0)

    async def brief() -> None:
        ended.release()

    for _ in range(50):
        while not bench.take(brief):
            pass
    for _ in range(50):
        assert ended.acquire(timeout=60)


def test_how_many_are_at_work_can_be_seen() -> None:
    """Those that wait, too; in the end there are none."""
    metrics, at_work, on = Metrics(), threading.Semaphore(0), threading.Event()
    bench = Workbench(at_once=1, waiting=2, metrics=metrics)

    async def job() -> None:
        at_work.release()
        await asyncio.to_thread(on.wait)

    bench.start()
    for _ in range(2):
        bench.take(job)
    for _ in range(2):
        assert at_work.acquire(timeout=60)
    busy = metrics.text()
    on.set()
    bench.stop()

    assert "debug_bot_jobs 2\n" in busy
    assert "debug_bot_jobs 0\n" in metrics.text()


def test_turns_bound_how_many_think() -> None:
    """All others wait for theirs."""
    bench = Workbench(at_once=2, waiting=20)
    thinking: list[int] = [0]
    most: list[int] = [0]
    ended = threading.Semaphore(0)

    async def job() -> None:
        async with bench.turn:
            thinking[0] += 1
            most[0] = max(most[0], thinking[0])
            await asyncio.sleep(0.001)
            thinking[0] -= 1
        ended.release()

    bench.start()
    for _ in range(10):
        bench.take(job)
    for _ in range(10):
        assert ended.acquire(timeout=60)
    bench.stop()

    assert most == [2]


def test_stopping_lets_jobs_finish_and_then_closes() -> None:
    """What beside them would run for ever is ended."""
    story: list[str] = []

    async def job() -> None:
        await asyncio.sleep(0.01)
        story.append("finished")

    async def closing() -> None:
        story.append("closed")

    bench = Workbench(beside=(forever,), closing=(closing,))
    bench.start()
    bench.take(job)
    bench.stop()

    assert story == ["finished", "closed"]


def test_stopping_waits_no_longer_than_it_may(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What goes on after that is cut, and said to be."""
    bench = Workbench()
    bench.start()
    bench.take(forever)
    bench.stop(0.01)

    assert "stopped while questions waited" in caplog.text


def test_nothing_is_taken_before_the_start_or_after_the_end() -> None:
    """Nobody would do it."""
    bench = Workbench()
    before = bench.take(forever)
    bench.start()
    bench.stop()

    assert not before
    assert not bench.take(forever)
