"""What routing tells of the organisation: who answers, in which hours, by when."""

from datetime import date, datetime
from typing import ClassVar, Final, Literal, get_args
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from libs.common.languages import Bilingual
from libs.common.stream.events import Event
from libs.contracts.codes import ClockName, Starts

DEFAULT_CALENDAR: Final = "default"
"""The code of the calendar of standards that name none, and of what no standard covers."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)

_ORGANISATION = UUID("3b7d2c16-93d7-5a44-9a5e-1d0f6b0c2e77")


def organisation_id_of(kind: str, code: str) -> UUID:
    """The id of a part of the organisation (`team`, `service_standard`, `calendar`): the subject of its events."""
    return uuid5(_ORGANISATION, f"{kind}/{code}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PublicContact(_Part):
    """Where the public reaches a team."""

    phone: str | None = None
    email: str | None = None
    url: str | None = None


class TeamChanged(Event):
    """A team as it now is."""

    type: ClassVar[str] = "ca.ecoute.team.changed.v1"

    code: str
    name: Bilingual
    contact: PublicContact = PublicContact()
    members: tuple[str, ...] = Field((), description="ids, as in the claim `sub` of their tokens")
    restricted: bool = Field(False, description="takes what must be hidden from the team complained about")
    retired: bool = False


class PublishedClock(_Part):
    """A promise, in business days or in calendar days: never in both."""

    clock: ClockName
    starts: Starts
    business_days: int | None = None
    calendar_days: int | None = None


class ServiceStandardPublished(Event):
    """A version of a service standard, or its end."""

    type: ClassVar[str] = "ca.ecoute.service_standard.published.v1"

    code: str
    standard_version: int
    name: Bilingual
    calendar: str
    clocks: tuple[PublishedClock, ...] = ()
    retired: bool = False
    published_at: datetime


class CalendarPublished(Event):
    """A version of a calendar, as a dated table: business time between two instants can be read from it.

    `cumulative` has, for each local day, the business seconds from the beginning of the table to the day's beginning;
    `hours` the day's open spans where it differs from its weekday's in `weekly_hours`, a closed day having none. Spans
    are pairs of seconds since local midnight on the wall clock.
    """

    type: ClassVar[str] = "ca.ecoute.calendar.published.v1"

    code: str
    calendar_version: int
    time_zone: str
    weekly_hours: dict[str, tuple[tuple[int, int], ...]]
    hours: dict[date, tuple[tuple[int, int], ...]] = {}
    cumulative: dict[date, int]
    published_at: datetime
