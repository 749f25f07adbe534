"""What the entries of the catalogue are called; of those told before, once they are told anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_25_catalogue_names"
down_revision = "2026_11_25_stream_life"


def upgrade() -> None:
    op.add_column("catalogue_code", sa.Column("name", postgresql.JSONB(), nullable=True))
