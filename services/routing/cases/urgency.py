"""Which cases come before others."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from libs.contracts.codes import Priority
from services.routing.cases.models import NEVER

URGENCIES: Mapping[Priority, int] = {"urgent": 0, "high": 1, "normal": 2}
"""The lowest comes first in every queue."""


def standing(priority: Priority, due: Iterable[datetime]) -> tuple[int, datetime]:
    """The `urgency` and `next_due_at` of a case, by what can fall due of it."""
    return URGENCIES[priority], min(due, default=NEVER)
