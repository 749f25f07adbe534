"""An alert that its team's address does not take goes to the catch-all team's."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_alerts_elsewhere"
down_revision = "2026_11_30_counted_by_index"


def upgrade() -> None:
    op.add_column("alert", sa.Column("elsewhere", sa.Boolean(), server_default=sa.false(), nullable=False))
