"""Somebody with a code, at one of the pages."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from libs.common.idempotency import once_for
from services.intake.desk import Desk
from services.intake.tracking.code import OnceByCode


@dataclass(frozen=True)
class Visit:
    """What came, and what answers it."""

    request: Request
    sent: FormData
    session: AsyncSession
    desk: Desk
    now: datetime

    def said(self, name: str) -> str | None:
        """A field, if it says anything."""
        value = self.sent.get(name)
        return value.strip() or None if isinstance(value, str) else None

    @property
    def code(self) -> str | None:
        return self.said("code")

    @property
    def once(self) -> OnceByCode:
        """By the key that the form carries: sent twice, it takes effect once."""
        return OnceByCode(once_for(self.request, self.session, "", self.said("key")), self.code)
