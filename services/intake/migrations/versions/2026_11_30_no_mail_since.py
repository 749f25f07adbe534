"""Since when staff bring what is said, as mail does not arrive: nothing is known of what was told before."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_no_mail_since"
down_revision = "2026_11_30_erased_messages"


def upgrade() -> None:
    op.add_column("feedback", sa.Column("no_mail_since", sa.DateTime(timezone=True), nullable=True))
