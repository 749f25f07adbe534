"""Lost tracking codes over the wire."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from libs.common.wire import Wire


class NewCodeIn(Wire):
    """Why the person needs another code."""

    reason: Literal["lost", "never_received", "seen_by_others", "other"]


class CodeIssued(BaseModel):
    """Which code of a feedback is the one that works: the first, the second …"""

    generation: int


class NewCode(BaseModel):
    """The code that works from now on, shown this once: give it to the person, do not keep it."""

    id: UUID
    reference: str
    tracking_code: str = Field(description="80 bits and a check character, readable aloud")
