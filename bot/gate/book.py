"""All commands that need the gate."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bot.action import Action
from bot.command import Command
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
) -> Mapping[str, Command]:
    """Return every command of the gate by its name.

    *opens* gives the gate itself, *told* the alerts.
    """
    found = [command_of(each, opens) for each in actions.values()]
    found += [freeze(opens), unfreeze(opens), audit(opens), whoami(opens)]
    found += [alerts(told), mute(told, opens), unmute(told, opens)]
    return {each.name: each for each in found}
