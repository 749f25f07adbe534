"""Service standards: by when the public is promised what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from libs.common.languages import Bilingual
from libs.common.wire import Wire
from libs.contracts.codes import Code, Starts
from services.routing.calendars.business_time import (
    BusinessCalendar,
    due_after_business_days,
    due_after_calendar_days,
)
from services.routing.rules.schemas import Attributes, Condition


class Within(Wire):
    """One of the two; the day of the start is day 0."""

    business_days: int | None = Field(None, ge=1, le=400, description="due at the close of the n-th business day")
    calendar_days: int | None = Field(None, ge=1, le=400, description="due at the end of the n-th day")

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.business_days is None) == (self.calendar_days is None):
            raise ValueError("one of business_days and calendar_days is needed")
        return self

    def due_at(self, calendar: BusinessCalendar, started_at: datetime) -> datetime:
        """The moment at which a clock that started then is due."""
        if self.business_days is not None:
            return due_after_business_days(calendar, started_at, self.business_days)
        return due_after_calendar_days(calendar, started_at, self.calendar_days or 0)


class ClockDocument(Wire):
    clock: Literal["acknowledge", "reply"] = Field(description="those that a verb ends")
    within: Within
    starts: Starts = "submission"


class StandardDocument(Wire):
    """The clocks that are promised for what the condition holds for."""

    code: Code
    name: Bilingual
    when: Condition = Condition()
    clocks: list[ClockDocument] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_each_clock_once(self) -> Self:
        names = [clock.clock for clock in self.clocks]
        if len(set(names)) != len(names):
            raise ValueError(f"the standard {self.code} has a clock twice")
        return self


class Standard(Wire):
    """A standard in force, with its version."""

    version: int
    document: StandardDocument


def standard_for(standards: Sequence[Standard], attributes: Attributes) -> Standard | None:
    """The first standard that holds, in the order in which they were published; there may be none."""
    return next((one for one in standards if one.document.when.holds(attributes)), None)
