"""The warden ends what outlives its parent."""

import signal
import subprocess
import sys
from pathlib import Path

from bot.demo import warden


def test_a_process_that_ended_by_itself_is_left_alone() -> None:
    """What was taken back is not ended: its number may be another's by now."""
    lines = ["watch 11 9\n", "watch 12 3\n", "forget 11\n"]

    assert warden.obey(lines) == ({12: 3}, [])


def test_a_folder_may_have_spaces_in_its_name() -> None:
    """The whole rest of the line is the folder."""
    assert warden.obey(["remove /a b c\n"]) == ({}, ["/a b c"])


def test_other_lines_are_ignored() -> None:
    """A line cut short by a crash does no harm."""
    assert warden.obey(["wat", "", "watch 1"]) == ({}, [])


def test_the_end_of_its_input_ends_processes_and_folders(tmp_path: Path) -> None:
    """Nothing is left when the parent is gone."""
    folder = tmp_path / "stack"
    folder.mkdir()
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lines = f"remove {folder}\nwatch {sleeper.pid} {int(signal.SIGKILL)}\n"

    with sleeper:
        keeper = subprocess.Popen(  # noqa: S603 - our own file
            [sys.executable, "-I", "-S", warden.__file__],
            stdin=subprocess.PIPE,
            text=True,
        )
        with keeper:
            keeper.communicate(lines, timeout=60)
        ended = sleeper.wait(60)

    assert ended == -signal.SIGKILL
    assert not folder.exists()


def test_a_process_that_is_gone_already_is_no_trouble(tmp_path: Path) -> None:
    """The folder still goes."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    warden.end({gone.pid: 9}, [str(tmp_path)])

    assert not tmp_path.exists()
