"""The services, by name."""

from typing import Literal

Service = Literal["intake", "routing", "analytics"]
