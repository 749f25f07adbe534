"""Tracking codes given out beforehand."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_slips"
down_revision = "2026_11_23_conversation"


def upgrade() -> None:
    op.create_table(
        "slip",
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("tracking_digest", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feedback_id", name="pk_slip"),
        sa.UniqueConstraint("tracking_digest", name="uq_slip_tracking_digest"),
    )
