"""The catalogue has versions and dates, and says of a service that is somebody else's where to turn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_catalogue_dates"
down_revision = "2026_11_23_slips"


def upgrade() -> None:
    op.add_column("catalogue_entry", sa.Column("version", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("catalogue_entry", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("catalogue_entry", sa.Column("valid_until", sa.Date(), nullable=True))
    op.add_column("catalogue_entry", sa.Column("out_of_scope", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("catalogue_entry", sa.Column("where_to_turn", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
