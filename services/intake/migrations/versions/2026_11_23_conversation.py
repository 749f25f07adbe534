"""What the person is told: the case in full, the conversation, the teams, and mail that waits to be sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_conversation"
down_revision = "2026_11_23_erasures"


def upgrade() -> None:
    jsonb = postgresql.JSONB(astext_type=sa.Text())
    moment = sa.DateTime(timezone=True)
    for table, columns in {
        "case_view": (
            sa.Column("priority", sa.Text(), server_default="normal", nullable=False),
            sa.Column("step", sa.Text(), nullable=True),
            sa.Column("waiting_for", sa.Text(), nullable=True),
            sa.Column("waiting_until", moment, nullable=True),
            sa.Column("late_since", moment, nullable=True),
            sa.Column("reopened_count", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("because", sa.Text(), nullable=True),
            sa.Column("outcome", sa.Text(), nullable=True),
            sa.Column("reopen_until", moment, nullable=True),
        ),
        "reply": (
            sa.Column("delivery", sa.Text(), nullable=True),
            sa.Column("delivery_by", sa.Text(), nullable=True),
            sa.Column("delivery_at", moment, nullable=True),
            sa.Column("undeliverable_because", sa.Text(), nullable=True),
        ),
        "feedback": (
            sa.Column("told_by_mail", jsonb, server_default="[]", nullable=False),
            sa.Column("withdrawn_at", moment, nullable=True),
        ),
    }.items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "case_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", moment, nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("until", moment, nullable=True),
        sa.Column("due_before", moment, nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_case_entry"),
    )
    op.create_index("ix_case_entry_feedback_id", "case_entry", ["feedback_id"])
    op.create_table(
        "team_view",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", jsonb, nullable=False),
        sa.Column("contact", jsonb, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_team_view"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("in_answer_to", sa.Uuid(), nullable=True),
        sa.Column("sent_at", moment, nullable=False),
        sa.Column("redaction_pending", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["feedback_id"], ["feedback.id"], name="fk_message_feedback_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_feedback_id", "message", ["feedback_id"])
    op.create_index(
        "ix_message_redaction_pending", "message", ["sent_at"], postgresql_where=sa.text("redaction_pending")
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("next_try_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("told", jsonb, nullable=True),
        sa.ForeignKeyConstraint(["feedback_id"], ["feedback.id"], name="fk_notice_feedback_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_feedback_id", "notice", ["feedback_id"])
    op.create_index("ix_notice_waiting", "notice", ["next_try_at"], postgresql_where=sa.text("state = 'waiting'"))
