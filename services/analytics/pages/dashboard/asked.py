"""What the address of the dashboard asks for: days, and what they are narrowed down to."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from libs.contracts.codes import Code
from services.analytics.kpis.schemas import Grain
from services.analytics.rollups.counters import Dimension

Length = Literal["30d", "91d", "12m"]
DAYS: dict[Length, int] = {"30d": 30, "91d": 91}
GRAINS: dict[Length, Grain] = {"30d": "day", "91d": "week", "12m": "month"}
NARROWING: tuple[Dimension, ...] = ("service", "service_point", "channel", "kind", "team")

Filled = BeforeValidator(lambda given: given or None)
"""A form sends what was not filled in as an empty text."""
Narrowed = Annotated[Code | None, Filled]


class Asked(BaseModel):
    """All of it is in the address, so that a screen can be sent to somebody."""

    model_config = ConfigDict(extra="ignore")

    length: Length = Field("91d", description="12m begins with a month, as rollups of two dimensions are by month")
    until: Annotated[date | None, Filled] = Field(
        None, ge=date(1901, 1, 1), le=date(2199, 12, 31), description="last day; today if missing"
    )
    service: Narrowed = None
    service_point: Narrowed = None
    channel: Narrowed = None
    kind: Narrowed = None
    team: Narrowed = None

    @property
    def narrowed(self) -> dict[Dimension, str]:
        return {dimension: value for dimension in NARROWING if (value := getattr(self, dimension))}

    @property
    def grain(self) -> Grain:
        return GRAINS[self.length]

    @property
    def compared_with(self) -> str:
        """The span before, and of a year the year before: its months have the same seasons."""
        return "previous_year" if self.length == "12m" else "previous"

    def question(self, today: date, **more: Any) -> dict[str, Any]:
        """The same, as the fields of a question to the figures."""
        last = self.until or today
        end = last + timedelta(days=1)
        first = end - timedelta(days=DAYS[self.length]) if self.length in DAYS else _eleven_months_before(last)
        where = ",".join(f"{dimension}:{value}" for dimension, value in self.narrowed.items()) or None
        return {"from": first, "to": end, "where": where, **more}

    def address(self, **other: Any) -> str:
        """The query of the same screen with something asked otherwise; None takes it away."""
        asked = {**self.model_dump(mode="json", exclude_defaults=True), **other}
        return urlencode({name: value for name, value in asked.items() if value is not None})


def _eleven_months_before(day: date) -> date:
    """The first day of that month."""
    place = day.year * 12 + day.month - 1 - 11
    return date(place // 12, place % 12 + 1, 1)


AskedOf = Annotated[Asked, Query()]
