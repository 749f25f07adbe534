"""The organisation by API: every version of everything kept, with who and when; several calendars."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_organisation"
down_revision = "2026_11_23_erased_cases"


def upgrade() -> None:
    for table in ("calendar", "rule_set", "service_standard"):
        op.add_column(table, sa.Column("published_by", sa.Text(), nullable=True))
    op.add_column("service_standard", sa.Column("ends", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("calendar", sa.Column("code", sa.Text(), nullable=False, server_default="default"))
    op.drop_constraint("pk_calendar", "calendar")
    op.create_primary_key("pk_calendar", "calendar", ["code", "version"])

    op.add_column("team", sa.Column("version", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("team", sa.Column("restricted", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("team", sa.Column("alert_email", sa.Text(), nullable=True))
    for name in ("members", "services", "service_points"):
        op.add_column(
            "team",
            sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
        )
    op.create_table(
        "team_version",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["team.code"], name="fk_team_version_code"),
        sa.PrimaryKeyConstraint("code", "version", name="pk_team_version"),
    )
    op.create_table(
        "organisation",
        sa.Column("is_one", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.Uuid(), nullable=False),
        sa.CheckConstraint("is_one", name="ck_organisation_one"),
        sa.PrimaryKeyConstraint("is_one", name="pk_organisation"),
    )
    op.execute("INSERT INTO organisation (is_one, mark) VALUES (true, gen_random_uuid())")
    op.create_table(
        "catalogue_code",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "code", name="pk_catalogue_code"),
    )
    op.add_column("clock", sa.Column("calendar", sa.Text(), nullable=False, server_default="default"))
    op.add_column("cases", sa.Column("assigned_by", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute(
        """
        UPDATE cases SET assigned_by = CASE WHEN newest.by = 'rule' THEN 'rule' ELSE 'staff' END
          FROM (SELECT DISTINCT ON (case_id) case_id, by FROM timeline_entry
                 WHERE verb = 'assign' ORDER BY case_id, place DESC) AS newest
         WHERE newest.case_id = cases.id
        """
    )
