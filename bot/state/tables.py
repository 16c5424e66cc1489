"""The tables, as they are now; `migrations` says how they became so."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class Utc(TypeDecorator[datetime]):
    """An aware time. SQLite keeps no zone, so what it keeps is UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Return the time as the database keeps it."""
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time with its zone."""
        del dialect
        if not isinstance(value, datetime):
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """A text that others may have written, less what no database takes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as the database keeps it."""
        del dialect
        if value is None:
            return None
        # PostgreSQL takes no NUL, and UTF-8 has no halves of a pair.
        return value.replace("\0", "").encode(errors="replace").decode()


metadata: Final = MetaData()

offers: Final = Table(
    "offers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("action", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("user_id", Text),
    Column("user_name", Text, nullable=False),
    Column("team_id", Text),
    Column("channel_id", Text),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("second", Text),
    Column("state", String(16), nullable=False),
    Column("ended_by", Text),
    Column("ended_at", Utc),
    Column("place", JSON),
    Column("runner", Text, nullable=False),
    Column("alive_at", Utc),
    Column("left_alone", JSON),
    Index("offers_state", "state"),
)
"""What was offered. *runner* carries it out, and was alive at *alive_at*."""

items: Final = Table(
    "items",
    metadata,
    Column("offer_id", String(64), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("item", JSON, nullable=False),
    Column("step", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("detail", Words),
    Column("busy_with", Text),
    Index("items_busy_with", "busy_with", unique=True),
)
"""What an offer holds, in its order, and how far each has come.

*busy_with* is the target while the item is begun: no two can be busy with one.
"""

confirmations: Final = Table(
    "confirmations",
    metadata,
    Column("offer_id", String(64), primary_key=True),
    Column("user_id", String(64), primary_key=True),
    Column("who", Text, nullable=False),
    Column("at", Utc, nullable=False),
)
"""Who pressed an offer that wants two people."""

audit: Final = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Words, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("reason", Words, nullable=False),
    Column("offer_id", String(64), nullable=False),
    Index("audit_at", "at"),
    Index("audit_offer", "offer_id", "target"),
)
"""One line before each act and one after it. The database refuses to change a line."""

freezes: Final = Table(
    "freezes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
)
"""One row while everything is frozen, none otherwise."""

leases: Final = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("token", BigInteger, nullable=False),
    Column("holder", String(64), nullable=False),
    Column("until", Utc, nullable=False),
)
"""Who does what only one replica may do; *token* grows with each term."""

posts: Final = Table(
    "posts",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("claimed_at", Utc, nullable=False),
    Column("ts", String(32)),
)
"""Messages that must be posted once. Without a *ts* it may stand there, or not."""

alerts: Final = Table(
    "alerts",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("state", JSON, nullable=False),
    Column("opened_at", Utc),
    Column("closed_at", Utc),
    Column("lives_until", Utc),
    Index("alerts_lives_until", "lives_until"),
    Index("alerts_closed_at", "closed_at"),
)
"""The notices of problems. After *lives_until* no look changes one; NULL: any may."""

digests: Final = Table(
    "digests",
    metadata,
    Column("due_at", Utc, primary_key=True),
    Column("begun_at", Utc, nullable=False),
    Column("looked_at", Utc, nullable=False),
    Column("watched_seconds", Float, nullable=False),
    Column("wasted_usd", Float, nullable=False),
    Column("told_at", Utc),
)
"""One row for each digest; the one that was not told yet is added up."""

pins: Final = Table(
    "pins",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("ts", String(32), primary_key=True),
    Column("pinned_by", String(64), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("author", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("permalink", Text, nullable=False),
    Column("pinned_at", Utc, nullable=False),
    Index("pins_at", "at"),
)
"""Messages that people marked, each once for everybody who did."""

watches: Final = Table(
    "watches",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("words", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread_ts", String(32)),
    Column("ts", String(32)),
    Column("user_id", Text, nullable=False),
    Column("team_id", Text),
    Column("began_at", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("state", String(16), nullable=False),
    Column("looked_at", Utc),
    Column("looks", Integer, nullable=False),
)
"""Messages that are kept current; a row goes when the last word was said in it."""

asked: Final = Table(
    "asked",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("team_id", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("words", Words, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Index("asked_person", "team_id", "user_id"),
)
"""The newest questions of each person; those with the greatest *id* are the newest."""

answers: Final = Table(
    "answers",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("kept_at", Utc, nullable=False),
    Column("shared", Boolean, nullable=False),
    Index("answers_person", "user_id"),
)
"""Private answers as they were drawn, for a while."""
