"""The ground: processes and a folder that go when we go."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from bot.demo.ground import Ground, Unavailable, free_port, listen

SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
SOON = timedelta(seconds=5)


def test_everything_is_gone_after_the_with() -> None:
    """Neither the folder nor a process is left."""
    with Ground() as ground:
        folder = ground.folder
        process = ground.start("sleeper", SLEEP)
        process.wait_until(lambda: "up" in process.log.read_text(), within=SOON)

    assert not folder.exists()
    assert not process.running


def test_the_ground_can_not_be_used_after_its_end() -> None:
    """There is no folder to put anything in."""
    ground = Ground()

    with pytest.raises(RuntimeError, match="outside its `with`"):
        ground.folder  # noqa: B018


def test_what_is_connected_lets_go_before_the_end() -> None:
    """A closer runs while the process still runs, and once."""
    seen = []
    with Ground() as ground:
        process = ground.start("sleeper", SLEEP)
        process.when_stopped(lambda: seen.append(process.running))
        process.stop()
        process.stop()

    assert seen == [True]


def test_a_process_that_ends_early_says_its_last_words() -> None:
    """The message quotes its log."""
    with Ground() as ground:
        process = ground.start("bad", [sys.executable, "-c", "exit('no such disk')"])

        with pytest.raises(Unavailable, match="bad ended while starting: no such disk"):
            process.wait_until(lambda: False, within=SOON)


def test_a_process_that_never_gets_ready_is_given_up() -> None:
    """The message says how long we waited."""
    with Ground() as ground:
        process = ground.start("slow", SLEEP)

        with pytest.raises(Unavailable, match=r"slow was not ready in 0\.05 s"):
            process.wait_until(lambda: False, within=timedelta(seconds=0.05))


def test_a_process_that_ignores_a_polite_end_is_killed() -> None:
    """Half a second of patience, then SIGKILL."""
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('up', flush=True); time.sleep(60)"
    )
    with Ground() as ground:
        process = ground.start(
            "deaf", [sys.executable, "-c", deaf], end_with=signal.SIGTERM
        )
        process.wait_until(lambda: "up" in process.log.read_text(), within=SOON)
        process.stop()

        assert not process.running


def test_a_program_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """The message names it."""
    with Ground() as ground, pytest.raises(Unavailable, match="ghost can't be started"):
        ground.start("ghost", [tmp_path / "ghost"])


def test_a_port_can_be_held_once() -> None:
    """The second to ask is told which port."""
    with listen() as held:
        number = held.getsockname()[1]

        with pytest.raises(Unavailable, match=f"port {number} is taken"):
            free_port(number)


def test_a_free_port_is_free_again() -> None:
    """Asking for it does not hold it."""
    number = free_port()

    assert free_port(number) == number


def test_a_free_port_is_free_while_programs_are_started() -> None:
    """A program has a copy of all that is open here until it runs."""
    named = threading.Event()

    def start_programs() -> None:
        while not named.is_set():
            subprocess.run(["/bin/true"], check=True)

    with ThreadPoolExecutor() as pool:
        pool.submit(start_programs)
        try:
            number = free_port()
            for _ in range(10_000):
                free_port(number)
        finally:
            named.set()


def test_no_free_port_is_named_twice() -> None:
    """Each of two programs that start together has its own."""
    numbers = [free_port() for _ in range(3000)]

    assert len(set(numbers)) == 3000
