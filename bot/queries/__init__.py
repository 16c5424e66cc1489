"""One command per file: its arguments, its declaration, its handler."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bot.command import Command


@cache
def book() -> Mapping[str, Command]:
    """Return every command by its name, found by looking into this package.

    Each module declares one as `COMMAND`. Their order is the help's: by `place`.
    """
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    found: list[Command] = [module.COMMAND for module in modules]
    return {each.name: each for each in sorted(found, key=lambda c: (c.place, c.name))}
