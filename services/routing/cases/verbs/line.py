"""What a verb leaves on the timeline, besides who did it and when."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Codes and moments; and the words that the person was told, or a reason in words."""

    details: Mapping[str, str | int | bool | None]
    text: str | None = None
