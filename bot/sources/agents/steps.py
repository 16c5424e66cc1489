"""Which steps a batch's own events tell of, though no file of theirs lies anywhere."""

import glob
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bot.domain.agent_names import Lane
from bot.domain.file_queue import TaskFile
from bot.sources.agents.folder import Folder, go_on

_HOMES: Final = ("history", "batches")  # systems/agents.md, 1A.1: by generation


def steps(folder: Folder, tasks: Iterable[TaskFile]) -> frozenset[tuple[str, str]]:
    """Return batch and name of steps that private tasks wait for and events tell of.

    Only those without a file are looked for: they were archived since.
    """
    tasks = tuple(tasks)
    there = {(each.batch, each.name) for each in tasks}
    wanted = {
        (each.batch, name)
        for each in tasks
        if each.lane is Lane.PRIVATE
        for name in each.depends_on
    } - there
    found = (
        (batch, name)
        for batch in {batch for batch, _ in wanted if batch and "/" not in batch}
        for path in _paths(folder.root, batch)
        for name in _names(path)
    )
    return frozenset(wanted.intersection(found))


def _paths(root: Path, batch: str) -> Iterator[Path]:
    for home in _HOMES:
        yield from root.glob(
            f"plans/*/{home}/{glob.escape(batch)}/logs/batch_events.jsonl"
        )


def _names(path: Path) -> Iterator[str]:
    try:
        with path.open(errors="replace") as lines:
            for line in lines:
                go_on()
                try:
                    doc = json.loads(line)
                except (ValueError, RecursionError):
                    continue  # half written
                if isinstance(doc, dict) and isinstance(doc.get("task_name"), str):
                    yield doc["task_name"]
    except FileNotFoundError:
        return
