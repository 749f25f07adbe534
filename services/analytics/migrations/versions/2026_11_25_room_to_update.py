"""Pages with room for the next version of a row, so that its indexes need not be written again.

A fact of some kilobytes stays in its row as it is, rather than be compressed at each event of its case. No question
looks for `due_on` any more.
"""

from alembic import op

revision = "2026_11_25_room_to_update"
down_revision = "2026_11_25_relay"


def upgrade() -> None:
    op.execute("ALTER TABLE fact SET (fillfactor = 70, toast_tuple_target = 4080)")
    op.execute("ALTER TABLE rollup SET (fillfactor = 60)")
    op.execute("ALTER TABLE rollup_bucket SET (fillfactor = 60)")
    op.execute("DROP INDEX ix_fact_due_on")
