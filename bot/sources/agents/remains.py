"""Tasks that have no file any more, known by a sidecar or by what was written of them.

A fresh run of the same plan removes files that wait or run (systems/agents.md, 1A.9).
"""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_names import SHORT, Lane
from bot.domain.tasks import TaskId
from bot.sources.agents.folder import TIMEOUT_S, Folder
from bot.sources.agents.lanes import FOLDERS, sidecar_of
from bot.sources.agents.sweep import ALWAYS, Sweep, files
from bot.sources.patience import patience

MOST: Final = 32 * 1024 * 1024
"""Of decisions, and of the events of each batch, so many bytes, the newest."""
SHARE: Final = 0.2  # of the time that is left: most ids are of nobody here


def remains(folder: Folder, prefix: str) -> list[TaskId]:
    """Return the ids that begin with *prefix* and are known without a file.

    Decisions cut them to eight characters: where nothing tells more, so does this.
    """
    found = {*_sidecars(folder), *_written(folder, prefix)}
    known = {TaskId(prefix) if prefix.startswith(each) else each for each in found}
    mine = {each for each in known if each.startswith(prefix)}
    return sorted(
        each
        for each in mine
        if not any(other != each and other.startswith(each) for other in mine)
    )


def _sidecars(folder: Folder) -> Iterator[TaskId]:
    for name in folder.names(FOLDERS[Lane.PROCESSING]):
        if (id := sidecar_of(name)) is not None:
            yield id


def _written(folder: Folder, prefix: str) -> Iterator[TaskId]:
    """Yield the ids that decisions and events of batches bear; some may be others'."""
    needle = f'"{prefix[:SHORT]}'.encode()
    sweep = Sweep(folder, seconds=SHARE * patience(TIMEOUT_S))
    structured = files(folder, ()).structured
    for line in sweep.lines(structured, ALWAYS, lambda raw: needle in raw, most=MOST):
        if line.task_id is not None and len(line.task_id) >= SHORT:
            yield TaskId(line.task_id.lower())
