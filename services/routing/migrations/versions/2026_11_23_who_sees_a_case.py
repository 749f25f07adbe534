"""Whom a case is hidden from, how far it comes before others, who sent it; what moves a clock, and what ends it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_who_sees_a_case"
down_revision = "2026_11_23_rate_limit"


def upgrade() -> None:
    op.add_column("cases", sa.Column("priority", sa.Text(), server_default="normal", nullable=False))
    op.add_column("cases", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("source_code", sa.Text(), nullable=True))
    op.add_column(
        "cases", sa.Column("hidden_from", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.create_index("ix_cases_source_code", "cases", ["source_code"], unique=False)
    op.add_column("clock", sa.Column("late_entry", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("clock", sa.Column("suspended_seconds", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("clock", sa.Column("extended", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("clock", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
