"""What was erased before personal data was taken out of it waits for nothing."""

from alembic import op

revision = "2026_11_30_erased_messages"
down_revision = "2026_11_30_entries_recorded"


def upgrade() -> None:
    op.execute(
        """
        UPDATE message SET redaction_pending = false
          FROM feedback WHERE feedback.id = message.feedback_id
           AND message.redaction_pending AND feedback.erased_at IS NOT NULL
        """
    )
