"""Buckets of the rate limit."""

from libs.common.migrations import apply

revision = "2026_11_23_rate_limit"
down_revision = "2026_11_23_erasure"


def upgrade() -> None:
    apply("2026_11_23_rate_limit")
