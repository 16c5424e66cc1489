"""Make the notices of problems, and the days that digests tell of."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("opened_at", _TIME),
        sa.Column("closed_at", _TIME),
        sa.Column("lives_until", _TIME),
    )
    op.create_index("alerts_lives_until", "alerts", ["lives_until"])
    op.create_index("alerts_closed_at", "alerts", ["closed_at"])
    op.create_table(
        "digests",
        sa.Column("due_at", _TIME, primary_key=True),
        sa.Column("begun_at", _TIME, nullable=False),
        sa.Column("looked_at", _TIME, nullable=False),
        sa.Column("watched_seconds", sa.Float, nullable=False),
        sa.Column("wasted_usd", sa.Float, nullable=False),
        sa.Column("told_at", _TIME),
    )
