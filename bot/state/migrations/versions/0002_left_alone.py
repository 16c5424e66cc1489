"""Remember what a plan left alone, and let one target be done by one at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what was left alone, and the target of each item that is begun."""
    op.add_column("offers", sa.Column("left_alone", sa.JSON))
    op.add_column("items", sa.Column("busy_with", sa.Text))
    op.create_index("items_busy_with", "items", ["busy_with"], unique=True)
