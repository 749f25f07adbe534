"""When staff brought an answer to the person: from then on a case waits for what they say of it."""

from alembic import op

revision = "2026_12_01_brought_at"
down_revision = "2026_12_01_linked_by_index"


def upgrade() -> None:
    op.execute("ALTER TABLE cases ADD COLUMN brought_at timestamptz")
