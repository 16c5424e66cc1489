"""What can change the world: one action per file, done only by the gate."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bot.action import Action


@cache
def book() -> Mapping[str, Action]:
    """Return every action by its name, found by looking into this package.

    Each module that is one declares it as `ACTION`; the others hold what several share.
    """
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    found = [module.ACTION for module in modules if hasattr(module, "ACTION")]
    return {each.name: each for each in sorted(found, key=lambda a: a.name)}
