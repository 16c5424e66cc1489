"""When programs gave their last sign that tells its day: a heartbeat, a decision."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.sources.agents.blocks import blocks, line_begins
from bot.sources.agents.decisions import said_at
from bot.sources.agents.folder import Folder
from bot.sources.agents.heartbeats import heartbeats
from bot.sources.agents.lines import HEAD, writer

_LOGGER: Final = re.compile(rb"\[([^\]\s]{1,80})\]")


def witnesses(folder: Folder, decisions: Path, block: bytes) -> Iterator[datetime]:
    """Yield when who wrote the last line last beat, and when the brain last decided.

    For lines that tell the time of day alone, in a file that was copied since.
    """
    heads = [*HEAD.finditer(block)]
    named = _LOGGER.search(block, heads[-1].end()) if heads else None
    if named is not None:
        _, worker = writer(named[1].decode("utf-8", "replace"))
        agents, _ = heartbeats(folder)
        for each in agents:
            if each.id == worker and each.beat_at is not None:
                yield each.beat_at
    last = _last_decision(folder, decisions)
    if last is not None:
        yield last


def _last_decision(folder: Folder, path: Path) -> datetime | None:
    try:
        with path.open("rb") as handle:
            size = handle.seek(0, 2)
            for _, block in blocks(handle, size, line_begins):
                told = (
                    said_at(raw, folder.clock, near=None)
                    for raw in reversed(block.splitlines())
                )
                return next((at for at in told if at is not None), None)
    except OSError:
        pass
    return None
