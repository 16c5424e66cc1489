"""Who asks, and what kind of thing they ask for."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# How Slack writes the ids of people, of their groups and of channels.
USER_ID: Final = re.compile(r"[UW][A-Z0-9]{1,30}")
USERGROUP_ID: Final = re.compile(r"S[A-Z0-9]{1,30}")
CHANNEL_ID: Final = re.compile(r"[CG][A-Z0-9]{1,30}")
SHELL: Final = "shell: "
"""How the name of a shell's user begins."""


class Access(StrEnum):
    """What a command does to the world."""

    READ = "read"
    CHANGE = "change"


class Door(StrEnum):
    """The way a question came in."""

    SHELL = "shell"
    SLASH = "slash command"
    MENTION = "mention"
    DIRECT = "direct message"
    BUTTON = "button"
    SHORTCUT = "message shortcut"
    HOME = "home tab"
    CLOCK = "clock"
    """Nobody asks: it is time to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The person behind a question. In a shell only *door* and *name* are known."""

    door: Door
    user_id: str | None = None
    name: str = ""
    """What the shell's machine calls them; Slack's names are asked for when needed,
    and that of who has an offer is kept with it."""
    team_id: str | None = None
    channel_id: str | None = None

    @property
    def who(self) -> str:
        """Return how records name them."""
        if self.door is Door.SHELL:
            return f"{SHELL}{self.name or 'somebody'}"
        return self.user_id or "nobody known"
