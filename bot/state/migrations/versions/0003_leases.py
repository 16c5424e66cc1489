"""Make the leases, and the claims of messages that must be posted once."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", _TIME, nullable=False),
    )
    op.create_table(
        "posts",
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("claimed_at", _TIME, nullable=False),
        sa.Column("ts", sa.String(32)),
    )
