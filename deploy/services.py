"""The services, by name."""

from typing import Literal, get_args

Service = Literal["intake", "routing", "analytics"]
SERVICES: tuple[Service, ...] = get_args(Service)
Source = Literal["intake", "routing"]
"""Those whose logs others read."""
