"""Since when a service is out of scope. Of those from before it is not known: what was said by now may come."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_out_of_scope_since"
down_revision = "2026_11_30_retired_at"


def upgrade() -> None:
    op.add_column("catalogue_entry", sa.Column("out_of_scope_since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE catalogue_entry SET out_of_scope_since = now() WHERE out_of_scope")
