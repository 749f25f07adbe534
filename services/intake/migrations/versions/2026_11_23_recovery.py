"""Who asks for lost tracking codes; lists of feedback by when it was submitted, of a partner, of a team."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_recovery"
down_revision = "2026_11_23_interactions"


def upgrade() -> None:
    op.create_table(
        "recovery",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_recovery"),
    )
    op.create_index("ix_recovery_asked_at", "recovery", ["asked_at"], postgresql_where=sa.text("asked_at IS NOT NULL"))
    op.create_index("ix_feedback_submitted_at_id", "feedback", ["submitted_at", "id"])
    op.create_index(
        "ix_feedback_source_code_submitted_at_id",
        "feedback",
        ["source_code", "submitted_at", "id"],
        postgresql_where=sa.text("source_code IS NOT NULL"),
    )
    op.create_index("ix_case_view_team", "case_view", ["team"])
