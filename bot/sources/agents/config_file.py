"""The agents' config.json: which agents there should be, and what they are set to."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.domain.file_queue import Configured
from bot.domain.workers import WorkerId
from bot.sources.agents.folder import Folder
from bot.sources.agents.shapes import Doc, inner, inners, number, text, whole

# Where it may lie below the shared folder, unless AGENTS_CONFIG says otherwise.
PLACES: Final = ("agents/config.json", "config.json")


def config(folder: Folder, named: Path | None) -> Configured | None:
    """Return what the file says; None where there is none, or none to be read.

    One that can't be read is named as a gap; only one that is *named* has to be there.
    """
    for place in PLACES if named is None else (named,):
        path = folder.root / place
        read = folder.found(path)
        if read is not None:
            return configured(read.doc)
        if named is not None and not os.path.lexists(path):
            folder.lack(path, "is not there: see AGENTS_CONFIG")
    return None


def configured(doc: Doc) -> Configured:
    """Return what the configuration says."""
    limits, timeouts = inner(doc, "resource_limits"), inner(doc, "timeouts")
    cooldown = number(timeouts, "resource_task_cooldown_seconds")
    return Configured(
        agents={
            WorkerId(name): text(each, "model")
            # `workers` is the word of February 2026.
            for each in (*inners(doc, "gpus"), *inners(doc, "workers"))
            if (name := text(each, "name"))
        },
        max_hot=whole(doc, "max_hot_workers"),
        max_attempts=whole(inner(doc, "retry_policy"), "max_attempts"),
        gpu_warning_c=number(limits, "gpu_temp_warning_c"),
        gpu_critical_c=number(limits, "gpu_temp_critical_c"),
        load_cooldown=None if cooldown is None else timedelta(seconds=cooldown),
        values=dict(_plain(doc, "")),
    )


def _plain(doc: Doc, before: str) -> Iterator[tuple[str, str]]:
    for name, value in doc.items():
        if name.startswith("_"):
            continue
        if isinstance(value, dict):
            yield from _plain(value, f"{before}{name}.")
        elif isinstance(value, bool):
            yield f"{before}{name}", str(value).lower()
        elif isinstance(value, str | int | float):
            yield f"{before}{name}", str(value)
