"""A private answer that may be shown to all: its button, and who showed it."""

import re
from dataclasses import replace
from typing import Final

from bot.domain.report import Report
from formatters import limits, rich
from formatters.packing import Block, Message
from formatters.parts import plain
from formatters.rich import text

SHARE: Final = "share:answer"
_USER: Final = re.compile(r"[UW][A-Z0-9]{1,30}")


def share_button(id: str, report: Report) -> Block:
    """Return the block of the button that shares an answer kept under *id*.

    It also holds the question, to be asked again when the answer is kept no more.
    """
    words = report.words if limits.size(report.words) <= limits.BUTTON_WORDS else ""
    button = {
        "type": "button",
        "action_id": SHARE,
        "text": plain("Share this answer", limits.BUTTON_VISIBLE),
        "value": f"{id} {words}".strip(),
    }
    return {"type": "actions", "elements": [button]}


def with_block(message: Message, block: Block) -> Message:
    """Return the message with one more block at its end, before the small print."""
    *above, last = message.blocks or (None,)
    if last is not None and last["type"] == "context":
        return replace(message, blocks=(*above, block, last))
    return replace(message, blocks=(*message.blocks, block))


def shared_by(user: str, report: Report, message: Message) -> Message:
    """Return the message under a line that says who shared it, and how old it is."""
    who = f"<@{user}>" if _USER.fullmatch(user) else "somebody"
    at = report.generated_at
    said = " shared this answer, of " if at else " shared this answer"
    when = rich.moment(at) if at else []
    shown: rich.Inline = (
        [{"type": "user", "user_id": user}] if _USER.fullmatch(user) else text(who)
    )
    line = rich.section(shown, text(said), when)
    return Message(
        blocks=(rich.block(line), *message.blocks),
        text=f"{who} shared this answer\n{message.text}",
    )


def told_shared(message: Message) -> Message:
    """Return the private message once it is shared: it says so, without the button."""
    line = rich.section(
        [rich.emoji("white_check_mark")], text(" shared with all who are here")
    )
    return with_block(message, rich.block(line))
