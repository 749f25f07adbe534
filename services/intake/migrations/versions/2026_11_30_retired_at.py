"""When an entry of the catalogue was retired. Of those from before it is not known: what was said by now may come."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_retired_at"
down_revision = "2026_11_30_no_mail_since"


def upgrade() -> None:
    op.add_column("catalogue_entry", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE catalogue_entry SET retired_at = now() WHERE retired")
