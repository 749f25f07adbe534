"""What the life of the log needs: epochs, registered readers, an archive, and what was read."""

from libs.common.migrations import apply

revision = "2026_11_25_stream_life"
down_revision = "2026_11_23_answers"


def upgrade() -> None:
    apply("2026_11_25_stream_life")
