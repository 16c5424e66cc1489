"""Make the ledger: offers with their items, confirmations, the audit, the freeze."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and have the database refuse to change the audit."""
    op.create_table(
        "offers",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("door", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("team_id", sa.Text),
        sa.Column("channel_id", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("second", sa.Text),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ended_by", sa.Text),
        sa.Column("ended_at", _TIME),
        sa.Column("place", sa.JSON),
        sa.Column("runner", sa.Text, nullable=False),
        sa.Column("alive_at", _TIME),
    )
    op.create_index("offers_state", "offers", ["state"])
    op.create_table(
        "items",
        sa.Column("offer_id", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("item", sa.JSON, nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("detail", sa.Text),
    )
    op.create_table(
        "confirmations",
        sa.Column("offer_id", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("offer_id", sa.String(64), nullable=False),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_index("audit_offer", "audit", ["offer_id", "target"])
    op.create_table(
        "freezes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create function audit_stands() returns trigger language plpgsql as"
            " $$ begin raise exception 'the audit is never changed'; end $$"
        )
        op.execute(
            "create trigger audit_stands before update on audit"
            " for each row execute function audit_stands()"
        )
    else:
        op.execute(
            "create trigger audit_stands before update on audit"
            " begin select raise(abort, 'the audit is never changed'); end"
        )
