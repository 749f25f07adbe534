"""The first tables of routing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from libs.common.migrations import apply

revision = "2026_11_22_first"
down_revision = None


def upgrade() -> None:
    apply("2026_11_22_stream")
    op.create_table(
        "calendar",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_calendar"),
    )
    op.create_table(
        "rule_set",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_rule_set"),
    )
    op.create_table(
        "service_standard",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", "version", name="pk_service_standard"),
    )
    op.create_table(
        "team",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("contact", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_team"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("external_reference", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("service_point", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("historical", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("solved", sa.Text(), nullable=True),
        sa.Column("verbatim", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["team"], ["team.code"], name="fk_cases_team"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("feedback_id", name="uq_cases_feedback_id"),
    )
    op.create_index("ix_cases_external_reference", "cases", ["external_reference"], unique=False)
    op.create_index("ix_cases_opened_at_id", "cases", ["opened_at", "id"], unique=False)
    op.create_index("ix_cases_reference", "cases", ["reference"], unique=False)
    op.create_index("ix_cases_team_state_opened_at_id", "cases", ["team", "state", "opened_at", "id"], unique=False)
    op.create_table(
        "clock",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("standard_version", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.Text(), nullable=False),
        sa.Column("within", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("elapsed_seconds", sa.BigInteger(), nullable=True),
        sa.Column("business_seconds", sa.BigInteger(), nullable=True),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_clock_case_id"),
        sa.PrimaryKeyConstraint("case_id", "clock", name="pk_clock"),
    )
    op.create_table(
        "timeline_entry",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("late_entry_reason", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_timeline_entry_case_id"),
        sa.PrimaryKeyConstraint("case_id", "place", name="pk_timeline_entry"),
    )
