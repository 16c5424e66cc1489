"""Messages that people marked with an emoji, so that they join an incident's story."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.moments import Moment, MomentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One message as it was when somebody marked it; a later edit changes nothing."""

    channel: str
    ts: str
    """Slack's name of it in its channel."""
    at: datetime
    """When it was written; of a message that a bot edits, when it was marked."""
    author: str
    text: str
    permalink: str
    pinned_by: str
    pinned_at: datetime

    @property
    def moment(self) -> Moment:
        """Return it as a moment of a timeline."""
        said = plain(self.text).strip() or "(a message without text)"
        return Moment(
            at=self.at,
            kind=MomentKind.PINNED,
            level="INFO",
            source=self.author,
            message=f"{self.author} in {self.channel}: {said}",
        )


_TAG: Final = re.compile(r"<([@#!]?)([^|<>\s]+)(?:\|([^<>]*))?>")

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def plain(text: str) -> str:
    """Return a message as people read it: Slack writes names and links in brackets."""
    text = _TAG.sub(_shown, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _shown(tag: re.Match[str]) -> str:
    sign, held, label = tag[1], tag[2], tag[3]
    if not sign and not _ADDRESS.match(held):
        return tag[0]
    if not sign:
        return f"{label} ({held})" if label and label != held else held
    mark = "#" if sign == "#" else "@"
    return mark + (label or held).removeprefix(mark)
