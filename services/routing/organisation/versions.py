"""Every version of what is published, with who and when: the same form for teams, calendars, standards and rules."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from libs.common.paging import Cursor, Limit, decode_version_cursor

D = TypeVar("D")
V = TypeVar("V")


class VersionOut(BaseModel, Generic[D]):
    """What was published, by whom and when. With `retired`, this version is the end of it."""

    version: int
    published_at: datetime
    published_by: str | None = Field(description="null where it is not known")
    retired: bool = False
    document: D


class Versions(BaseModel, Generic[V]):
    """The newest first."""

    items: list[V]


class Page(BaseModel):
    """Which versions."""

    limit: Limit = 50
    cursor: Cursor = None

    @property
    def below(self) -> int:
        return decode_version_cursor(self.cursor)
