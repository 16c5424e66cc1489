"""A watch: a message in Slack that is kept current for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

LASTS: Final = timedelta(minutes=30)
PER_PERSON: Final = 3
PER_CHANNEL: Final = 5
IN_ALL: Final = 20
"""Each costs a question and an edit now and then (`bot.slack.telling.following`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """How fast things go, in seconds where nothing else is said."""

    lasts: timedelta = LASTS
    """How long a watch goes on."""
    lease: timedelta | None = None
    """How long a replica may be silent before another takes over, if not as usual."""
    every: float = 10.0
    """Between two looks, while something changes."""
    slowest: float = 60.0
    """The same, while nothing does."""
    shared: float = 3.0
    """How old an answer may be that is shown to others who watch the same."""
    per_channel: float = 7.0
    """Between two edits in one channel: `bot.slack.sending.pace`, and some air."""
    in_all: float = 2.4
    """Between two edits of any: half of what Slack takes of an app."""
    glimpse: float = 2.0
    """Between two looks for what was begun or stopped elsewhere."""


class WatchState(StrEnum):
    """How far a watch has come; one that was shown to its end is forgotten."""

    POSTING = "posting"
    RUNNING = "running"
    STOPPED = "stopped"
    """Somebody stopped it, which its message does not say yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One message, and the words whose answer it shows."""

    id: str
    words: str
    """What is asked again and again, such as `health`."""
    system: str
    channel: str
    thread_ts: str | None
    ts: str | None
    """The message; None until it is posted."""
    user_id: str
    """Who wanted it."""
    team_id: str | None
    began_at: datetime
    until: datetime
    state: WatchState
    looked_at: datetime | None
    """When its answer was last shown to be true."""
    looks: int
