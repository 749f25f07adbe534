"""What the organisation settles for every case: when one is closed, until when it can come back, when a clock warns."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from services.routing.settings import RoutingSettings


@dataclass(frozen=True)
class Terms:
    """As the settings say."""

    close_after: timedelta = timedelta(days=30)
    reopen_within: timedelta = timedelta(days=60)
    approaching_at: float = 0.75
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Toronto"))

    def back_until(self, closed_at: datetime) -> datetime:
        """Until when a case can come back that was closed then: the person is told a day, and has all of it."""
        last_day = (closed_at + self.reopen_within).astimezone(self.time_zone).date()
        return datetime.combine(last_day + timedelta(days=1), time(), self.time_zone).astimezone(UTC)


USUAL = Terms()


def terms_of(settings: RoutingSettings) -> Terms:
    return Terms(
        close_after=timedelta(days=settings.close_after_days),
        reopen_within=timedelta(days=settings.reopen_within_days),
        approaching_at=settings.approaching_at,
        time_zone=settings.time_zone,
    )


async def _terms(request: Request) -> Terms:
    return terms_of(request.app.state.settings)


TermsOf = Annotated[Terms, Depends(_terms)]
