"""When an entry of the conversation was written down: nothing is known of those from before."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_entries_recorded"
down_revision = "2026_11_25_relay"


def upgrade() -> None:
    op.add_column("case_entry", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
