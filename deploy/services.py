"""The services, by name."""

from typing import Literal

Service = Literal["intake", "routing", "analytics"]
Source = Literal["intake", "routing"]
"""Those whose logs others read."""
