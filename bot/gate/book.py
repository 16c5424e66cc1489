"""All commands that need the gate."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from bot.action import Action
from bot.command import Commands
from bot.gate.alerts import alerts, mute, unmute
from bot.gate.audit import audit
from bot.gate.freezing import freeze, unfreeze
from bot.gate.offering import command_of
from bot.gate.whoami import whoami

if TYPE_CHECKING:  # to declare a command no gate is needed, and --help pays for none
    from bot.gate.gate import Gate
    from bot.state.alerts import AlertBook


def book(
    actions: Mapping[str, Action],
    opens: "Callable[[], Gate]",
    told: "Callable[[], AlertBook]",
) -> Commands:
    """Return every command of the gate.

    *opens* gives the gate itself, *told* the alerts.
    """
    return Commands(
        {name: partial(command_of, each, opens) for name, each in actions.items()}
        | {
            "freeze": partial(freeze, opens),
            "unfreeze": partial(unfreeze, opens),
            "audit": partial(audit, opens),
            "whoami": partial(whoami, opens),
            "alerts": partial(alerts, told),
            "alerts mute": partial(mute, told, opens),
            "alerts unmute": partial(unmute, told, opens),
        }
    )
