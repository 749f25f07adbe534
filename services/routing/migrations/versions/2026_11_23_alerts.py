"""Urgent cases are told to the team at once."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_alerts"
down_revision = "2026_11_23_verbs"


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_alert_case_id"),
        sa.ForeignKeyConstraint(["team"], ["team.code"], name="fk_alert_team"),
        sa.PrimaryKeyConstraint("case_id", "team", name="pk_alert"),
    )
    op.create_index("ix_alert_try_at", "alert", ["try_at"], postgresql_where=sa.text("try_at IS NOT NULL"))
