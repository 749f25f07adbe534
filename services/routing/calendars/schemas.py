"""The calendar as it is written in YAML: weekly hours and holidays."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from libs.common.settings import zone
from libs.common.wire import Wire
from services.routing.calendars.business_time import BusinessCalendar, Interval, interval
from services.routing.calendars.holidays import public_holidays

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEARS = range(2010, 2041)

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Hours = Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$", examples=["08:30-12:00"])]


class HolidaysDocument(Wire):
    """Public holidays of a country (ISO 3166), and those of the organisation itself."""

    country: str | None = Field(None, pattern="^[A-Z]{2}$")
    subdivision: str | None = None
    categories: list[str] = Field(["public"], min_length=1)
    also: list[date] = []
    not_: list[date] = Field([], alias="not")


class CalendarDocument(Wire):
    time_zone: str
    weekly_hours: Mapping[Weekday, list[Hours]]
    holidays: HolidaysDocument = HolidaysDocument()

    @model_validator(mode="after")
    def _has_open_hours(self) -> Self:
        self.calendar()
        return self

    def calendar(self) -> BusinessCalendar:
        """The calendar that the document describes. ValueError, in one line, when it describes none."""
        listed = self.holidays
        public = (
            public_holidays(listed.country, listed.subdivision, YEARS, listed.categories) if listed.country else set()
        )
        return BusinessCalendar(
            time_zone=zone(self.time_zone),
            weekly_hours={WEEKDAYS.index(day): _intervals(hours) for day, hours in self.weekly_hours.items()},
            holidays=frozenset((set(public) | set(listed.also)) - set(listed.not_)),
        )


def _intervals(hours: list[str]) -> tuple[Interval, ...]:
    return tuple(interval(*one.split("-")) for one in hours)
