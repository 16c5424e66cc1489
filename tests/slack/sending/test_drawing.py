"""Drawing in a process of its own."""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from bot.domain.report import Chart
from bot.slack.sending.drawing import NotDrawn, drawn
from bot.slack.workbench import Workbench
from tests.formatters.pictures import a_chart, a_lane, a_series, a_span, some_steps

NAME = b"bot.slack.sending.drawing"
CHART = a_chart(a_lane(a_span(3, 1, label="work")))


def at_work() -> list[int]:
    """Return our processes that draw."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            parent = (each / "stat").read_bytes().rpartition(b")")[2].split()[1]
            if int(parent) == os.getpid() and NAME in (each / "cmdline").read_bytes():
                found.append(int(each.name))
        except OSError:  # it ended meanwhile
            continue
    return found


async def begun() -> int:
    """Return our process that draws, as soon as there is one."""
    for _ in range(1000):
        if found := at_work():
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError


async def test_a_chart_comes_back_as_a_png() -> None:
    """Drawn by another process, of which nothing is left."""
    picture = await drawn(CHART)

    assert picture.startswith(b"\x89PNG")
    assert not at_work()


async def test_this_process_does_not_pay_for_it() -> None:
    """Whoever draws in Slack never imports the library."""
    code = "import bot.slack.app, sys; sys.exit('matplotlib' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)

    assert await process.wait() == 0


async def test_one_that_takes_too_long_is_killed() -> None:
    """And told so."""
    with pytest.raises(NotDrawn, match=r"not done in 0\.01 s"):
        await drawn(CHART, seconds=0.01)

    assert not at_work()


async def test_what_cannot_be_drawn_says_why() -> None:
    """By the last line of its traceback."""
    with pytest.raises(NotDrawn, match="status 1: ValueError: nothing was read"):
        await drawn(a_chart(alt="nothing was read"))


async def test_one_that_dies_is_no_picture() -> None:
    """The machine may have no memory left."""
    drawing_now = asyncio.get_running_loop().create_task(drawn(CHART))
    os.kill(await begun(), signal.SIGKILL)

    with pytest.raises(NotDrawn, match="status -9"):
        await drawing_now


async def test_a_bot_that_stops_leaves_no_process() -> None:
    """It cancels what goes on."""
    drawing_now = asyncio.get_running_loop().create_task(drawn(CHART))
    await begun()
    drawing_now.cancel()
    await asyncio.wait({drawing_now})

    assert drawing_now.cancelled()
    assert not at_work()


async def test_without_a_process_there_is_no_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There may be too many."""
    monkeypatch.setattr(sys, "executable", "/nowhere")

    with pytest.raises(NotDrawn, match="no process: No such file"):
        await drawn(CHART)


def heavy() -> Chart:
    """Return a chart of as much as there may be."""
    spans = (a_span(4 - n / 2500, 4 - n / 2500 - 0.001) for n in range(10_000))
    values = [(4 - n / 2500, float(n % 50)) for n in range(10_000)]
    return a_chart(a_lane(*spans), some_steps(a_series(*values)))


async def test_meanwhile_acknowledgements_go_on() -> None:
    """Slack waits three seconds for one; a tenth of one is what was measured."""
    chart, pictures = heavy(), list[bytes]()
    over = threading.Event()

    async def job() -> None:
        pictures.append(await drawn(chart))
        over.set()

    bench = Workbench()  # answers have a loop of their own
    bench.start()
    bench.take(job)
    longest = 0.0
    while not over.is_set():
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - began)
    bench.stop()

    assert pictures[0].startswith(b"\x89PNG")
    assert longest < 1  # when an alarm would be due
