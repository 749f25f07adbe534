"""Up to which position and moment each log has been read."""

from alembic import op

revision = "2026_12_01_how_current"
down_revision = "2026_11_30_what_was_linked"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE log_read (
            source text NOT NULL,
            epoch bigint NOT NULL,
            pos bigint NOT NULL,
            complete_to timestamptz NOT NULL,
            CONSTRAINT pk_log_read PRIMARY KEY (source)
        )
        """
    )
