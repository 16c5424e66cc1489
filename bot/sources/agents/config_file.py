"""The agents' config.json: which agents there should be, and what they are set to."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.domain.file_queue import Configured
from bot.domain.workers import WorkerId
from bot.sources.agents.folder import Folder, Read
from bot.sources.agents.shapes import Doc, inner, inners, number, text, whole

# Where it may lie below the shared folder, unless AGENTS_CONFIG says otherwise.
PLACES: Final = ("agents/config.json", "config.json")


def config(folder: Folder, named: Path | None) -> Configured | None:
    """Return what the file says; None where there is none, or none to be read."""
    read = _read(folder, named)
    return None if read is None else configured(read.doc)


def unread(folder: Folder, named: Path | None) -> str:
    """Return which configuration can't be read, and why; empty where none is.

    Only one that is named has to be there.
    """
    for place in PLACES if named is None else (named,):
        try:
            fault = folder.fault(folder.root / place)
        except FileNotFoundError:
            continue
        return f"{place} {fault}" if fault else ""
    return "" if named is None else f"{named} is not there: see AGENTS_CONFIG"


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


def _read(folder: Folder, named: Path | None) -> Read | None:
    if named is not None:
        return folder.found(folder.root / named)
    found = (folder.found(folder.root / place) for place in PLACES)
    return next((each for each in found if each is not None), None)


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
