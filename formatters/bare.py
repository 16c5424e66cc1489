"""A message whose blocks Slack did not take: its words, and what they can't do."""

from typing import Final

from formatters.packing import BEYOND, Message

# Both are so short that no text that fits becomes too long by one of them.
UNPRESSABLE: Final = (
    "Slack took no buttons: this plan is withdrawn. Plan again, or do it in a shell."
)
UNBUTTONED: Final = "(Slack did not take the buttons of this message)"


def offer_of(message: Message) -> str:
    """Return the id of the offer that its red button confirms; empty without one."""
    for block in message.blocks:
        for element in block.get("elements", ()):
            if element.get("action_id") == "gate:confirm":
                return str(element["value"])
    return ""


def bare(message: Message, words: str) -> str:
    """Return the words, with what is lost of the message below their first line."""
    if words.endswith(BEYOND):  # there is nothing but these words
        words = words.removesuffix(BEYOND) + " left out"
    if not any(block["type"] == "actions" for block in message.blocks):
        return words
    lost = UNPRESSABLE if offer_of(message) else UNBUTTONED
    first, *rest = words.split("\n", 1)
    return "\n".join((first, lost, *rest))
