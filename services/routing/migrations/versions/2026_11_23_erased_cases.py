"""Cases of the erased."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_erased_cases"
down_revision = "2026_11_23_who_sees_a_case"


def upgrade() -> None:
    op.add_column("cases", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
