"""Writes each command's JSON Schema to formatters/published: `make schemas`."""

import json
from pathlib import Path

from bot.wiring import commands
from formatters.schemas import schema

FOLDER = Path(__file__).parents[2] / "formatters" / "published"


def published() -> dict[str, str]:
    """Return the text of every schema file by its name."""
    return {
        f"{command.name.replace(' ', '_')}.json": json.dumps(
            schema(command.name, command.data), indent=2
        )
        + "\n"
        for command in commands().values()
        if command.data is not None and not command.hidden
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in published().items():
        (FOLDER / name).write_text(text)
    print(f"wrote {len(published())} schemas to {FOLDER.name}/")
