from collections.abc import Mapping
from pathlib import Path

from bot.domain.file_queue import Life
from bot.domain.times import Window
from bot.sources.agents.lives import lives
from bot.sources.agents.sweep import Sweep, files
from tests.sources.agents.files import NOW, a_folder, a_log, ago, running


def the_lives(root: Path) -> Mapping[str, Life]:
    folder = a_folder(root)
    window = Window.before(NOW, hours=1)
    return lives(Sweep(folder), files(folder, ()).consoles, window)


def test_the_real_programs_lives_are_read(tmp_path: Path) -> None:
    """One crashed and began anew; one was killed, and left no line."""
    folder, now = running(tmp_path)
    window = Window.before(now, hours=1)
    found = lives(Sweep(folder), files(folder, ()).consoles, window)
    crashed, killed = found["gpu-2"], found["gpu-4"]

    assert set(found) == {"brain", "cpu-pi1", "gpu-1", "gpu-2", "gpu-4"}
    assert crashed.crashed_at == now.replace(minute=9, second=53, microsecond=0)
    assert (crashed.exception or "").startswith("FileNotFoundError: [Errno 2]")
    assert crashed.ready_at is not None
    assert crashed.ready_at > crashed.crashed_at
    assert crashed.stopped_at == crashed.crashed_at
    assert (killed.crashed_at, killed.stopped_at) == (None, None)
    assert killed.initialized_at is not None
    assert found["brain"].ready_at == now.replace(
        hour=8, minute=45, second=32, microsecond=0
    )
    assert "DEBUG" in found["gpu-1"].levels
    last = found["gpu-4"].last_line
    assert last is not None
    assert last.at <= now


def test_the_oldest_generation_says_it_otherwise(tmp_path: Path) -> None:
    """And without a traceback the line itself tells the exception."""
    a_log(
        tmp_path,
        "worker-1.log",
        "08:00:00 [worker-1] INFO: Worker initialized: worker-1 on GPU 1",
        "08:00:01 [worker-1] INFO: Worker worker-1 starting main loop",
        "08:00:02 [worker-1] INFO: Worker ready - polling for tasks",
        "08:30:00 [worker-1] ERROR: Worker w crashed in main loop: KeyError: 5",
        "08:30:01 [worker-1] INFO: Worker worker-1 shutting down - completed 15 tasks",
        "08:40:00 [worker-1] INFO: Queue of the task that crashed: 3",
        "09:00:00 [worker] INFO: Worker ready",
    )
    found = the_lives(tmp_path)

    assert set(found) == {"worker-1"}
    life = found["worker-1"]
    assert life.initialized_at == ago(hours=1)
    assert life.started_at == ago(minutes=59, seconds=59)
    assert life.ready_at == ago(minutes=59, seconds=58)
    assert (life.crashed_at, life.exception) == (ago(minutes=30), "KeyError: 5")
    assert life.stopped_at == ago(minutes=29, seconds=59)
    assert life.last_line is not None
    assert life.last_line.at == ago(minutes=20)


def test_the_last_of_several_lives_is_told(tmp_path: Path) -> None:
    """In whatever file it stands."""
    line = "[gpu-1] INFO: GPU agent ready"
    crash = "[gpu-1] ERROR: GPU agent crashed:"
    a_log(
        tmp_path, "a.log", f"08:10:00 {crash} a", f"08:20:00 {line}", at=ago(minutes=40)
    )
    a_log(
        tmp_path,
        "b.log",
        f"08:05:00 {line}",
        f"08:06:00 {crash} b",
        at=ago(minutes=54),
    )
    life = the_lives(tmp_path)["gpu-1"]

    assert life.ready_at == ago(minutes=40)
    assert (life.crashed_at, life.exception) == (ago(minutes=50), "a")


def test_the_newest_warning_of_a_load_that_nobody_takes_is_kept(tmp_path: Path) -> None:
    """The brain repeats it with each look."""
    words = "load_llm task available for {}s but GPUs ['gpu-2'] still cold"
    a_log(
        tmp_path,
        "brain.log",
        f"08:58:00 [brain] WARNING: {words.format(62)}",
        f"08:58:30 [brain] WARNING: {words.format(92)}",
    )
    line = the_lives(tmp_path)["brain"].load_warning

    assert line is not None
    assert line.message.startswith(words.format(92))
