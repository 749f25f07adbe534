"""From which teams a case is hidden; how somebody came upon a feedback."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_readings"
down_revision = "2026_11_23_touchpoints"


def upgrade() -> None:
    op.add_column(
        "case_view",
        sa.Column("hidden_from", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.add_column("reading", sa.Column("agent", sa.Text(), nullable=True))
    op.add_column("reading", sa.Column("what", sa.Text(), server_default="words", nullable=False))
    op.add_column("reading", sa.Column("reason", sa.Text(), nullable=True))
    op.create_index("ix_reading_feedback_id_read_at_id", "reading", ["feedback_id", "read_at", "id"], unique=False)
    op.drop_index("ix_reading_feedback_id", table_name="reading")
