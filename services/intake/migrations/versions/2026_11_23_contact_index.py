"""Feedback by contact, the person across their feedback, and the rest of what feedback says."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_contact_index"
down_revision = "2026_11_23_rate_limit"


def upgrade() -> None:
    jsonb = postgresql.JSONB(astext_type=sa.Text())
    for column in (
        sa.Column("source_code", sa.Text(), nullable=True),
        sa.Column("touchpoint", sa.Text(), nullable=True),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("person_ref", sa.Uuid(), nullable=True),
        sa.Column("submitted_by", jsonb, nullable=True),
        sa.Column("submitter", sa.LargeBinary(), nullable=True),
        sa.Column("concerns_staff", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("urgent", sa.Text(), nullable=True),
        sa.Column("resolved_on_the_spot", jsonb, nullable=True),
        sa.Column("resolution_note", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("feedback", column)
    op.create_index("ix_feedback_person_ref", "feedback", ["person_ref"])
    op.create_index(
        "uq_feedback_external_reference",
        "feedback",
        ["source", "source_code", "external_reference"],
        unique=True,
        postgresql_where=sa.text("external_reference IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )
    # Two partners may use the same reference. What still runs takes a claim on each, and misses nothing.
    op.drop_constraint("uq_feedback_source_external_reference", "feedback", type_="unique")
    op.create_table(
        "contact_index",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("whose", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feedback_id"], ["feedback.id"], name="fk_contact_index_feedback_id"),
        sa.PrimaryKeyConstraint("digest", "feedback_id", "whose", name="pk_contact_index"),
    )
    op.create_index("ix_contact_index_feedback_id", "contact_index", ["feedback_id"])
    op.create_table(
        "person_link",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_ref", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_person_link"),
    )
