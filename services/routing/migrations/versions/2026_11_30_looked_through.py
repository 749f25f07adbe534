"""Of how many changes of teams and rules the cases have been looked through: of none, before there was such a thing."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_looked_through"
down_revision = "2026_11_25_room_to_update"


def upgrade() -> None:
    op.add_column("organisation", sa.Column("looked_through", sa.BigInteger(), server_default="0", nullable=False))
