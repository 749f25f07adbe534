"""What the verbs need: who has a case and why it waits, suspensions, tasks, timers, and the order of the queue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_verbs"
down_revision = "2026_11_23_organisation"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("urgency", sa.BigInteger(), server_default="2", nullable=False),
        sa.Column("reply_by", sa.Text(), nullable=True),
        sa.Column("feedback_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("acknowledged_at", _MOMENT, nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("solved_answer", sa.BigInteger(), nullable=True),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.Column("waiting_until", _MOMENT, nullable=True),
        sa.Column("reopened_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reopen_until", _MOMENT, nullable=True),
        sa.Column("linked", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("next_due_at", _MOMENT, server_default=sa.text("'9999-01-01 00:00:00+00'"), nullable=False),
        sa.Column("rings_at", _MOMENT, server_default=sa.func.now(), nullable=True),
    ):
        op.add_column("cases", column)
    op.create_index("ix_cases_rings_at", "cases", ["rings_at"], unique=False)
    queue = ["urgency", "next_due_at", "opened_at", "id"]
    op.create_index("ix_cases_urgency_next_due_at_opened_at_id", "cases", queue, unique=False)
    op.create_index("ix_cases_team_urgency_next_due_at_opened_at_id", "cases", ["team", *queue], unique=False)
    op.execute(
        "UPDATE cases c SET answered_at = (SELECT max(effective_at) FROM timeline_entry t"
        " WHERE t.case_id = c.id AND verb = 'reply' AND NOT (details->>'interim')::boolean) WHERE answers > 0"
    )
    op.execute(
        "UPDATE cases c SET acknowledged_at = (SELECT min(effective_at) FROM timeline_entry t"
        " WHERE t.case_id = c.id AND verb = 'acknowledge')"
    )
    for column in (
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("approaching_told_at", _MOMENT, nullable=True),
        sa.Column("breach_told_at", _MOMENT, nullable=True),
    ):
        op.add_column("clock", column)
    op.create_table(
        "suspension",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_at", _MOMENT, nullable=False),
        sa.Column("until_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("resumed_by", sa.Text(), nullable=True),
        sa.Column("resumes_to", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_suspension_case_id"),
        sa.PrimaryKeyConstraint("case_id", "place", name="pk_suspension"),
    )
    op.create_table(
        "case_task",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_task_case_id"),
        sa.PrimaryKeyConstraint("case_id", "task", name="pk_case_task"),
    )
    op.create_table(
        "unopened_feedback",
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("feedback", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("external_reference", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("verbatim", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("feedback_id", name="pk_unopened_feedback"),
    )
