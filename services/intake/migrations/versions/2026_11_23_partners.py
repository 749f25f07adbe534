"""Partners and devices, and their keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_partners"
down_revision = "2026_11_23_contact_index"


def upgrade() -> None:
    op.create_table(
        "key_holder",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("origins", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quota_per_minute", sa.BigInteger(), nullable=True),
        sa.Column("teams", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("touchpoint", sa.Text(), nullable=True),
        sa.Column("partner", sa.Text(), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_key_holder"),
        sa.ForeignKeyConstraint(["partner"], ["key_holder.code"], name="fk_key_holder_partner"),
    )
    op.create_table(
        "access_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_key"),
        sa.ForeignKeyConstraint(["holder"], ["key_holder.code"], name="fk_access_key_holder"),
    )
    op.create_index("ix_access_key_holder", "access_key", ["holder"], postgresql_where=sa.text("revoked_at IS NULL"))
    op.create_table(
        "keyring_revision",
        sa.Column("only", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_keyring_revision"),
    )
    op.execute("INSERT INTO keyring_revision VALUES (true, 0)")
