"""Work in threads that nobody has to wait for."""

import asyncio
import subprocess
import sys
import threading

import pytest

from bot.sources.aside import Aside


async def test_work_is_done_in_another_thread() -> None:
    """And what it returns or raises comes back."""
    aside = Aside(1)

    def wrong() -> None:
        msg = "gone"
        raise OSError(msg)

    assert await aside.run(threading.get_ident) != threading.get_ident()
    with pytest.raises(OSError, match="gone"):
        await aside.run(wrong)


async def test_no_more_work_at_a_time_than_there_are_places() -> None:
    """What never ends keeps its place; whoever gave it up waits no longer."""
    aside, free = Aside(1), threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await aside.run(free.wait)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await aside.run(int)
    free.set()

    assert await asyncio.wait_for(aside.run(int), 60) == 0


def test_a_program_ends_though_its_work_does_not() -> None:
    """A shell has its prompt again, whatever became of a mount."""
    program = (
        "import asyncio, time\n"
        "from bot.sources.aside import Aside\n"
        "async def main():\n"
        "    async with asyncio.timeout(0.1):\n"
        "        await Aside(1).run(lambda: time.sleep(600))\n"
        "try:\n"
        "    asyncio.run(main())\n"
        "except TimeoutError:\n"
        "    print('given up')\n"
    )
    done = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "given up\n"


def test_a_thread_that_ends_after_its_loop_tells_nobody() -> None:
    """There is nobody any more, and nothing is raised."""
    free, ended = threading.Event(), threading.Event()

    def work() -> None:
        free.wait(60)
        ended.set()

    async def given_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await Aside(1).run(work)

    asyncio.run(given_up())
    free.set()

    assert ended.wait(60)
