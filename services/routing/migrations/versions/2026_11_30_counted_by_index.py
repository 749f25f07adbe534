"""Counts of cases and the lists of a member by index: what they look at, who has a case, and which are hidden."""

import sqlalchemy as sa

from libs.common.migrating import create_index_beside_writers, drop_index_beside_writers

revision = "2026_11_30_counted_by_index"
down_revision = "2026_11_30_looked_through"


def upgrade() -> None:
    looked_at = ["id", "urgency", "next_due_at", "priority", "service", "topic", "kind"]
    create_index_beside_writers("ix_cases_team_state", "cases", ["team", "state"], postgresql_include=looked_at)
    create_index_beside_writers(
        "ix_cases_member_urgency_next_due_at_opened_at_id",
        "cases",
        ["member", "urgency", "next_due_at", "opened_at", "id"],
        postgresql_where=sa.text("member IS NOT NULL"),
    )
    create_index_beside_writers("ix_cases_hidden", "cases", ["id"], postgresql_where=sa.text("hidden_from <> '{}'"))
    drop_index_beside_writers("ix_cases_team_state_opened_at_id")
