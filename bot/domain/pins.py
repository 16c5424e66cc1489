"""Messages that people marked with an emoji, so that they join an incident's story."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.moments import Moment, MomentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One message as it was when somebody marked it; a later edit changes nothing."""

    channel: str
    ts: str
    """Slack's name of it in its channel."""
    at: datetime
    """When it was written."""
    author: str
    text: str
    permalink: str
    pinned_by: str
    pinned_at: datetime

    @property
    def moment(self) -> Moment:
        """Return it as a moment of a timeline."""
        said = self.text.strip() or "(a message without text)"
        return Moment(
            at=self.at,
            kind=MomentKind.PINNED,
            level="INFO",
            source=self.author,
            message=f"{self.author} in {self.channel}: {said}",
        )
