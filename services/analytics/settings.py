"""What analytics needs to know."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.common.settings import Address, Listen, ServiceSettings

PublishedSpan = Literal["month", "quarter", "year"]


class AnalyticsSettings(ServiceSettings):
    """`ECOUTE_ANALYTICS_…`"""

    model_config = SettingsConfigDict(env_prefix="ECOUTE_ANALYTICS_")

    listen: Listen = Address("127.0.0.1:8003")
    worker_listen: Listen = Address("127.0.0.1:8013")
    feedback_events_url: str = Field("http://127.0.0.1:8001/v1/feedback-events", pattern="^https?://")
    case_events_url: str = Field("http://127.0.0.1:8002/v1/case-events", pattern="^https?://")
    facts_span_days: int = Field(
        100, ge=1, le=3660, description="how many days may be read from facts, where a question is finer than rollups"
    )
    suppress_below: int = Field(5, ge=2, le=100, description="what is published of fewer than so many is suppressed")
    published_span: PublishedSpan = Field("quarter", description="the calendar span that results are published for")


async def _settings(request: Request) -> AnalyticsSettings:
    settings: AnalyticsSettings = request.app.state.settings
    return settings


SettingsOf = Annotated[AnalyticsSettings, Depends(_settings)]


async def _time_zone(request: Request) -> ZoneInfo:
    settings: AnalyticsSettings = request.app.state.settings
    return settings.time_zone


TimeZoneOf = Annotated[ZoneInfo, Depends(_time_zone)]
"""The organisation's: by its days the first figures are counted."""
