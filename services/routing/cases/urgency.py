"""Which cases come before others."""

from collections.abc import Mapping

from libs.contracts.codes import Priority

URGENCIES: Mapping[Priority, int] = {"urgent": 0, "high": 1, "normal": 2}
"""The lowest comes first in every queue."""
