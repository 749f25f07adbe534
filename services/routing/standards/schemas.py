"""Service standards: by when the public is promised what."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.examples import shown
from libs.common.wire import Name, Wire
from libs.contracts.codes import ClockName, Code, Starts
from libs.contracts.organisation import DEFAULT_CALENDAR
from services.routing.calendars.business_time import (
    BusinessCalendar,
    due_after_business_days,
    due_after_calendar_days,
)
from services.routing.organisation.versions import VersionOut, Versions
from services.routing.rules.conditions import Condition


class Within(Wire):
    """In business days or in calendar days, never in both; the day of the start is day 0."""

    business_days: int | None = Field(None, ge=1, le=400, description="due at the close of the n-th business day")
    calendar_days: int | None = Field(None, ge=1, le=400, description="due at the end of the n-th day")

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.business_days is None) == (self.calendar_days is None):
            raise PydanticCustomError(
                "one_span",
                "One of business_days and calendar_days is needed.",
                {"fr": "Il faut soit « business_days », soit « calendar_days »."},
            )
        return self

    def due_at(self, calendar: BusinessCalendar, started_at: datetime) -> datetime:
        """The moment at which a clock that started then is due."""
        if self.business_days is not None:
            return due_after_business_days(calendar, started_at, self.business_days)
        return due_after_calendar_days(calendar, started_at, self.calendar_days or 0)


class ClockDocument(Wire):
    """A promise. The clock `stage2_reply` starts when a case is reopened, and no other does."""

    clock: ClockName
    within: Within
    starts: Starts = "submission"

    @model_validator(mode="after")
    def _starts_when_it_can(self) -> Self:
        if (self.clock == "stage2_reply") != (self.starts == "reopening"):
            raise PydanticCustomError(
                "start_of_a_clock",
                "The clock stage2_reply starts at `reopening`, and no other does.",
                {"fr": "L'horloge stage2_reply commence à « reopening », et aucune autre."},
            )
        return self


class StandardContent(Wire):
    """The clocks that are promised for what the condition holds for.

    Of the standards that hold, the one with the most specific condition promises: one that names the service comes
    before all that do not, among those one that names the kind, then the priority, then service point, topic, channel,
    language, respondent, urgent, disclosure, concerns_staff, source, response_requested. Where two name the same
    fields, the lower `rank` comes first. Two that name the same fields, have the same rank and can both hold for the
    same feedback are refused.
    """

    model_config = shown(
        {
            "name": {"fr": "Réponse aux plaintes", "en": "Answers to complaints"},
            "when": {"kind": ["complaint"]},
            "clocks": [
                {"clock": "acknowledge", "within": {"business_days": 2}},
                {"clock": "reply", "within": {"business_days": 15}},
            ],
        }
    )

    name: Name
    when: Condition = Condition()
    rank: int = Field(
        0, ge=0, le=1_000, description="among conditions that name the same fields, the lower comes first"
    )
    calendar: Code = Field(DEFAULT_CALENDAR, description="by which business days are counted")
    clocks: list[ClockDocument] = Field(min_length=1, max_length=4)

    @model_validator(mode="after")
    def _has_each_clock_once(self) -> Self:
        names = [clock.clock for clock in self.clocks]
        if len(set(names)) != len(names):
            raise PydanticCustomError(
                "clock_twice",
                "A standard has a clock twice.",
                {"fr": "Une norme a deux fois la même horloge."},
            )
        return self


class StandardDocument(StandardContent):
    """A standard with its code, as in the organisation's document."""

    model_config = shown(
        {
            "code": "complaints",
            "name": {"fr": "Réponse aux plaintes", "en": "Answers to complaints"},
            "when": {"kind": ["complaint"]},
            "clocks": [
                {"clock": "acknowledge", "within": {"business_days": 2}},
                {"clock": "reply", "within": {"business_days": 15}},
            ],
        }
    )

    code: Code

    @property
    def content(self) -> StandardContent:
        return StandardContent.model_validate(self.model_dump(exclude={"code"}))


class StandardOut(StandardContent):
    """A standard in force."""

    model_config = shown(
        {
            "code": "complaints",
            "version": 1,
            "published_at": "2026-11-23T14:05:00Z",
            "name": {"fr": "Réponse aux plaintes", "en": "Answers to complaints"},
            "when": {"kind": ["complaint"]},
            "clocks": [
                {"clock": "acknowledge", "within": {"business_days": 2}},
                {"clock": "reply", "within": {"business_days": 15}},
            ],
        }
    )

    code: Code
    version: int
    published_at: datetime


class StandardVersionOut(VersionOut[StandardContent]):
    """A version of a service standard: what was published, by whom and when."""


class StandardVersions(Versions[StandardVersionOut]):
    """Versions of a service standard, the newest first."""


class Standards(BaseModel):
    """The standards in force, by code."""

    items: list[StandardOut]
