"""Writes the README's tables of commands and settings: `make readme`."""

import re
from collections.abc import Iterable
from pathlib import Path

from bot import variables, wiring

README = Path(__file__).parents[2] / "README.md"


def commands() -> str:
    """Return the table of commands, in the order of `help`."""
    shown = [each for each in wiring.commands().values() if not each.hidden]
    return _table(
        ("command", "answers"),
        ((f"`{each.usage}`", each.answers) for each in shown),
    )


def settings() -> str:
    """Return the table of the bot's own settings."""
    return _table(
        ("setting", "default", "meaning"),
        (
            (
                f"`{each.name}`",
                f"`{each.default}`" if each.default else "",
                each.meaning,
            )
            for each in variables.OWN
        ),
    )


def written(text: str) -> str:
    """Return the README's text with both tables as the code has them."""
    for name, table in (("commands", commands()), ("settings", settings())):
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)",
            rf"\g<1>{_literal(table)}\g<2>",
            text,
            flags=re.DOTALL,
        )
    return text


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n"
        for line in lines
    )


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
    print(f"wrote the tables of {README.name}")
