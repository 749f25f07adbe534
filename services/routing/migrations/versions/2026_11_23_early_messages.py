"""What is written to feedback before it has a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_early_messages"
down_revision = "2026_11_23_answers"


def upgrade() -> None:
    op.add_column(
        "unopened_feedback",
        sa.Column("messages", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
