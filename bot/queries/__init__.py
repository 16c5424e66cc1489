"""One command per file: its arguments, its declaration, its handler."""

from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules

from bot.command import Command, Commands


@cache
def book() -> Commands:
    """Return every command, found by looking into this package.

    Each module is named as its command, which it declares as `COMMAND`.
    """
    return Commands(
        {m.name: partial(_declared, m.name) for m in iter_modules(__path__)}
    )


def _declared(name: str) -> Command:
    declared: Command = import_module(f"{__name__}.{name}").COMMAND
    return declared
