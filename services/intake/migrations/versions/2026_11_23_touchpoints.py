"""What touchpoints fill in."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_touchpoints"
down_revision = "2026_11_22_first"


def upgrade() -> None:
    for name in ("channel", "service", "service_point", "phase"):
        op.add_column("catalogue_entry", sa.Column(name, sa.Text(), nullable=True))
