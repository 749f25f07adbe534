"""What figures of formula 1 were counted in: no code asks for it."""

from alembic import op

revision = "2026_11_30_one_formula"
down_revision = "2026_11_28_rollup_difference"


def upgrade() -> None:
    for column in ("due_on", "answers", "replied_at", "reply_elapsed_seconds", "reply_business_seconds"):
        op.drop_column("fact", column)
    op.drop_table("rollup_day")
