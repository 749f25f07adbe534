"""What slices changed, beside the rollups, until it is folded into them."""

from alembic import op

revision = "2026_11_28_rollup_difference"
down_revision = "2026_11_25_room_to_update"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE rollup_difference (
            id bigint GENERATED ALWAYS AS IDENTITY,
            projection bigint NOT NULL,
            difference json NOT NULL,
            CONSTRAINT pk_rollup_difference PRIMARY KEY (id)
        )
        """
    )
