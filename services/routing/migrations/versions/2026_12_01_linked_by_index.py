"""Which cases are linked with others by index: an erasure takes a case out of the links of all."""

import sqlalchemy as sa

from libs.common.migrating import create_index_beside_writers

revision = "2026_12_01_linked_by_index"
down_revision = "2026_11_30_alerts_elsewhere"


def upgrade() -> None:
    create_index_beside_writers("ix_cases_linked", "cases", ["id"], postgresql_where=sa.text("linked <> '{}'"))
