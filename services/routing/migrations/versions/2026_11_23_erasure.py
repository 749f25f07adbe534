"""Words of one subject are found in the log without reading all of it."""

from libs.common.migrations import apply

revision = "2026_11_23_erasure"
down_revision = "2026_11_22_first"


def upgrade() -> None:
    apply("2026_11_23_erasure")
