"""Keys that stay for ever are found by what they stand for."""

from libs.common.migrations import apply

revision = "2026_11_23_answers"
down_revision = "2026_11_23_recovery"


def upgrade() -> None:
    apply("2026_11_23_answers")
