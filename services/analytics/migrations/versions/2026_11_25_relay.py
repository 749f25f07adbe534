"""How far the log has been sent to Kafka."""

from libs.common.migrations import apply

revision = "2026_11_25_relay"
down_revision = "2026_11_25_stream_life"


def upgrade() -> None:
    apply("2026_11_25_relay")
