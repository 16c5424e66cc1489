"""All commands that need the gate."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from bot.action import Action
from bot.command import Command, Commands
from bot.gate.offering import command_of

if TYPE_CHECKING:  # to declare a command no gate is needed, and --help pays for none
    from bot.gate.gate import Gate
    from bot.state.alerts import AlertBook


def book(
    actions: Mapping[str, Action],
    opens: "Callable[[], Gate]",
    told: "Callable[[], AlertBook]",
) -> Commands:
    """Return every command of the gate; a module is imported when its own is looked at.

    *opens* gives the gate itself, *told* the alerts.
    """
    return Commands(
        {name: partial(command_of, each, opens) for name, each in actions.items()}
        | {
            "freeze": partial(_declared, "freezing", "freeze", opens),
            "unfreeze": partial(_declared, "freezing", "unfreeze", opens),
            "audit": partial(_declared, "audit", "audit", opens),
            "whoami": partial(_declared, "whoami", "whoami", opens),
            "alerts": partial(_declared, "alerts", "alerts", told),
            "alerts mute": partial(_declared, "alerts", "mute", told, opens),
            "alerts unmute": partial(_declared, "alerts", "unmute", told, opens),
        }
    )


def _declared(module: str, name: str, *opens: object) -> Command:
    """Return what a function of one of this package's modules declares."""
    declares = getattr(import_module(f"bot.gate.{module}"), name)
    declared: Command = declares(*opens)
    return declared
