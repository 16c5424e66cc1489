"""Ends the stack's processes when the one that started them is gone.

Started as a script of its own (nothing but the standard library, so that it is
there in 20 ms), it reads lines on standard input until that ends, which it does
however its parent ends: returned, crashed, killed. What was named and not yet
taken back is then ended, and the folders named are removed.

    watch PID SIGNAL     end that process with that signal
    forget PID           it has ended already
    remove FOLDER        remove the folder, last of all
"""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PATIENCE_S = 2.0  # PostgreSQL's immediate shutdown takes about 20 ms


def obey(lines: Iterable[str]) -> tuple[dict[int, int], list[str]]:
    """Return what is left to end (process to signal) and to remove after *lines*."""
    processes: dict[int, int] = {}
    folders: list[str] = []
    for line in lines:
        match line.rstrip("\n").split(" ", 2):
            case ["watch", process, number]:
                processes[int(process)] = int(number)
            case ["forget", process]:
                processes.pop(int(process), None)
            case ["remove", *rest]:
                folders.append(" ".join(rest))
            case _:
                continue
    return processes, folders


def end(processes: dict[int, int], folders: list[str]) -> None:
    """Signal each process, wait until all are gone, then remove the folders."""
    for process, number in processes.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)
    deadline = time.monotonic() + PATIENCE_S
    while any(map(_alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):
        return False
    # Dead, and its parent has not asked yet; other systems have no such file.
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{process}/stat").read_text()
        return state.rpartition(")")[2].split()[0] != "Z"
    return True


if __name__ == "__main__":
    end(*obey(sys.stdin))
