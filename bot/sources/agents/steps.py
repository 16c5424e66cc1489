"""What a batch's own events tell of steps, though no file of theirs lies anywhere."""

import glob
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from bot.domain.agent_names import SUCCEEDED, Lane
from bot.domain.file_queue import TaskFile
from bot.sources.agents.folder import Folder, Unreadable, go_on, opened

HOMES: Final = ("history", "batches")  # systems/agents.md, 1A.1: by generation


def steps(folder: Folder, tasks: Iterable[TaskFile]) -> Mapping[tuple[str, str], str]:
    """Return the events of steps that private tasks wait for, by batch and name.

    Only those without a file are looked for: they were archived since. The last event
    of each counts, unless one tells that it succeeded. It is empty where a file or
    folder that may tell of it can't be read, which is named as a gap.
    """
    tasks = tuple(tasks)
    there = {(each.batch, each.name) for each in tasks}
    wanted = {
        (each.batch, name)
        for each in tasks
        if each.lane is Lane.PRIVATE
        for name in each.depends_on
    } - there
    found: dict[tuple[str, str], str] = {}
    for batch in {batch for batch, _ in wanted if batch and "/" not in batch}:
        for path in _paths(folder.root, batch):
            try:
                for name, event in _events(path):
                    step = (batch, name)
                    if step in wanted and found.get(step) != SUCCEEDED:
                        found[step] = event
            except Unreadable as error:
                folder.lack(path, str(error))
                found = _open(wanted, batch) | found
        if closed := shut(folder, batch):
            folder.lack(closed[0], "may not be read")
            found = _open(wanted, batch) | found
    return found


def _open(wanted: Iterable[tuple[str, str]], batch: str) -> dict[tuple[str, str], str]:
    """Return the steps that are of the batch, as such of which nobody knows."""
    return {each: "" for each in wanted if each[0] == batch}


def shut(folder: Folder, batch: str) -> list[Path]:
    """Return the folders in which the batch may be and that nobody may look into."""
    homes = [f"plans/*/{home}" for home in HOMES]
    own = [f"{home}/{glob.escape(batch)}" for home in homes]
    ways = ("plans", "plans/*", *homes, *own, *(f"{each}/logs" for each in own))
    return [
        Path(place)
        for way in ways
        for place in sorted(glob.glob(str(folder.root / way)))  # noqa: PTH207  it passes over what is shut
        if os.path.isdir(place) and not os.access(place, os.R_OK | os.X_OK)  # noqa: PTH112  it may not be asked
    ]


def _paths(root: Path, batch: str) -> Iterator[Path]:
    for home in HOMES:
        yield from root.glob(
            f"plans/*/{home}/{glob.escape(batch)}/logs/batch_events.jsonl"
        )


def _events(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each step's name and what became of it, the oldest first.

    Raises:
        Unreadable: it is no file, or may not be read.
    """
    try:
        opened(path).close()  # no pipe is waited for
        with path.open(errors="replace") as lines:
            for line in lines:
                go_on()
                try:
                    doc = json.loads(line)
                except (ValueError, RecursionError):
                    continue  # half written
                if isinstance(doc, dict) and isinstance(doc.get("task_name"), str):
                    yield doc["task_name"], str(doc.get("event"))
    except FileNotFoundError:
        return
