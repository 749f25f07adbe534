"""A calendar as it is written: weekly hours and holidays."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.examples import shown
from libs.common.settings import zone
from libs.common.wire import Wire
from libs.contracts.codes import Code
from libs.contracts.organisation import WEEKDAYS, Weekday
from services.routing.calendars.business_time import BusinessCalendar, Interval, interval
from services.routing.calendars.holidays import public_holidays
from services.routing.organisation.versions import VersionOut, Versions

YEARS = range(2010, 2041)


def _opens_before_it_closes(hours: str) -> str:
    try:
        _interval(hours)
    except ValueError as wrong:
        raise PydanticCustomError(
            "hours",
            "Hours are written HH:MM-HH:MM, from 00:00 to 24:00, and a place opens before it closes.",
            {"fr": "Les heures s'écrivent HH:MM-HH:MM, de 00:00 à 24:00, et l'ouverture précède la fermeture."},
        ) from wrong
    return hours


def _does_not_overlap(day: list[str]) -> list[str]:
    if any(following.opens < one.closes for one, following in pairwise(map(_interval, day))):
        raise PydanticCustomError(
            "hours_overlap",
            "The hours of a day follow each other and do not overlap.",
            {"fr": "Les heures d'une journée se suivent et ne se chevauchent pas."},
        )
    return day


def _has_an_open_hour(week: Mapping[Weekday, list[str]]) -> Mapping[Weekday, list[str]]:
    if not any(week.values()):
        raise PydanticCustomError(
            "no_open_hour",
            "A calendar needs at least one open hour in the week.",
            {"fr": "Un calendrier a besoin d'au moins une heure d'ouverture par semaine."},
        )
    return week


def _is_known(name: str) -> str:
    try:
        zone(name)
    except ValueError as unknown:
        raise PydanticCustomError(
            "unknown_time_zone",
            "A time zone is a name such as America/Toronto or Europe/Paris.",
            {"fr": "Un fuseau horaire est un nom comme America/Toronto ou Europe/Paris."},
        ) from unknown
    return name


Hours = Annotated[
    str,
    Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$", examples=["08:30-12:00"]),
    AfterValidator(_opens_before_it_closes),
]
Day = Annotated[list[Hours], Field(max_length=24), AfterValidator(_does_not_overlap)]


class HolidaysDocument(Wire):
    """Public holidays of a country (ISO 3166), and those of the organisation itself."""

    country: str | None = Field(None, pattern="^[A-Z]{2}$")
    subdivision: str | None = Field(None, pattern="^[A-Za-z0-9]{1,6}$")
    categories: list[Annotated[str, Field(pattern="^[a-z_]{1,40}$")]] = Field(["public"], min_length=1, max_length=20)
    also: list[date] = Field([], max_length=2_000)
    not_: list[date] = Field([], alias="not", max_length=2_000)

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        try:
            self.days()
        except ValueError as unknown:
            raise PydanticCustomError(
                "unknown_holidays",
                "No public holidays are known for this country, subdivision and categories.",
                {"fr": "Aucun jour férié n'est connu pour ce pays, cette subdivision et ces catégories."},
            ) from unknown
        return self

    def days(self) -> frozenset[date]:
        """The local dates on which it is closed. ValueError where a country, a part of it or a category is unknown."""
        public: frozenset[date] = frozenset()
        if self.country:
            public = _public_holidays(self.country, self.subdivision, tuple(self.categories))
        return (public | set(self.also)) - set(self.not_)


class CalendarContent(Wire):
    """When a service is open: its promises in business days and its business hours are counted by it."""

    model_config = shown(
        {
            "time_zone": "America/Toronto",
            "weekly_hours": {
                "monday": ["08:30-12:00", "13:00-16:30"],
                "tuesday": ["08:30-12:00", "13:00-16:30"],
                "wednesday": ["08:30-12:00", "13:00-16:30"],
                "thursday": ["08:30-12:00", "13:00-16:30"],
                "friday": ["08:30-12:00", "13:00-16:30"],
            },
            "holidays": {"country": "CA", "subdivision": "QC", "categories": ["public", "optional"]},
        }
    )

    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_is_known)]
    weekly_hours: Annotated[Mapping[Weekday, Day], AfterValidator(_has_an_open_hour)]
    holidays: HolidaysDocument = HolidaysDocument()

    def calendar(self) -> BusinessCalendar:
        """The calendar that is described."""
        return BusinessCalendar(
            time_zone=zone(self.time_zone),
            weekly_hours={
                WEEKDAYS.index(day): tuple(map(_interval, hours)) for day, hours in self.weekly_hours.items()
            },
            holidays=self.holidays.days(),
        )


class CalendarOut(CalendarContent):
    """The version of a calendar that is in force."""

    model_config = shown(
        {
            "code": "default",
            "version": 1,
            "published_at": "2026-11-23T14:05:00Z",
            "published_by": "admin",
            "time_zone": "America/Toronto",
            "weekly_hours": {
                "monday": ["08:30-12:00", "13:00-16:30"],
                "tuesday": ["08:30-12:00", "13:00-16:30"],
                "wednesday": ["08:30-12:00", "13:00-16:30"],
                "thursday": ["08:30-12:00", "13:00-16:30"],
                "friday": ["08:30-12:00", "13:00-16:30"],
            },
            "holidays": {"country": "CA", "subdivision": "QC", "categories": ["public", "optional"]},
        }
    )

    code: Code
    version: int
    published_at: datetime
    published_by: str | None


class CalendarVersionOut(VersionOut[CalendarContent]):
    """A version of a calendar: what was published, by whom and when."""


class CalendarVersions(Versions[CalendarVersionOut]):
    """Versions of a calendar, the newest first."""


class Calendars(BaseModel):
    """Calendars, by code."""

    items: list[CalendarOut]


def _interval(hours: str) -> Interval:
    return interval(*hours.split("-"))


@lru_cache(maxsize=64)
def _public_holidays(country: str, subdivision: str | None, categories: tuple[str, ...]) -> frozenset[date]:
    return public_holidays(country, subdivision, YEARS, categories)
