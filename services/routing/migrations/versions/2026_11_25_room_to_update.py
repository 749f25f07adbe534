"""Pages with room for the words of a case, which come after it: so that its ten indexes need not be written again."""

from alembic import op

revision = "2026_11_25_room_to_update"
down_revision = "2026_11_25_relay"


def upgrade() -> None:
    op.execute("ALTER TABLE cases SET (fillfactor = 50)")
