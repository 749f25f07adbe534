"""Figures as they go over the wire."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from libs.common.languages import Bilingual
from libs.contracts.codes import ClockName
from services.analytics.as_of.schemas import AsOf
from services.analytics.kpis.definitions import NAMES, KpiName, Unit
from services.analytics.rollups.counters import DIMENSIONS, UNASSIGNED, Dimension

Flag = Literal["small_sample"]
Interval = tuple[float | None, float | None]
Source = Literal["rollups", "facts", "rollups and facts"]
Quantile = Literal["p50", "p90", "p95"]

_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


class KpiQuery(BaseModel):
    """Which figures, of which days, broken down by what."""

    model_config = ConfigDict(extra="forbid")

    names: str | None = Field(
        None,
        max_length=1000,
        description=f"names, separated by commas; all where missing. Known are: {', '.join(NAMES)}",
        examples=["volume,met_of_due"],
    )
    from_: date | None = Field(
        None,
        alias="from",
        ge=_EARLIEST,
        le=_LATEST,
        description="first day of the span, in the organisation's time zone; where missing, 30 days before `to`",
    )
    to: date | None = Field(
        None,
        ge=_EARLIEST,
        le=_LATEST,
        description="the day after the last of the span; tomorrow where missing. At most 20 years after `from`",
    )
    by: str | None = Field(
        None,
        max_length=64,
        description="one dimension: then each figure comes once for each of its values, of which one may be "
        f"`{UNASSIGNED}`, and not for the total",
        json_schema_extra={"enum": list(DIMENSIONS)},
    )
    clock: ClockName | None = Field(
        None, description="only this clock, in the figures that are about clocks; each clock where missing"
    )


class Span(BaseModel):
    """Local days, from the first to before `to`."""

    from_: date = Field(serialization_alias="from")
    to: date = Field(description="exclusive")
    time_zone: str = Field(examples=["America/Toronto"])


class Quantity(BaseModel):
    """A number, and what it was computed from."""

    unit: Unit
    value: float | None = Field(description="in `unit`; null where there is nothing to compute it from, never 0 then")
    n: int = Field(description="how many observations it is computed from")
    numerator: int | None = Field(None, description="of ratios")
    denominator: int | None = Field(None, description="of ratios")
    interval: Interval | None = Field(
        None,
        description="95 %, in `unit`: Wilson for ratios, order statistics for times, null for counts; a bound is null "
        "where so few observations give none",
    )


class Figure(Quantity):
    """One number, with all that is needed to judge it, and to publish it by itself."""

    name: KpiName
    version: int = Field(description="of the formula: see `GET /v1/kpis/definitions`")
    clock: str | None = Field(None, description="of figures about clocks: which; never over clocks together")
    quantile: Quantile | None = Field(None, description="of times: which")
    companions: dict[str, Quantity] = Field(
        description="to be read beside it. `standard_met`: `open_breached`. `csat`: `assisted`, `staff`. "
        "`resolution_confirmed_rate`: `partly`, `answered_of_asked`"
    )
    flags: list[Flag] = Field(description="`small_sample`: n < 30")
    source: Source = Field(
        description="what it was computed from: clocks of the day in progress, and times, are read from facts"
    )
    span: Span
    filters: dict[Dimension, str] = Field(
        description="what it is narrowed down to: with `by=service`, the service", examples=[{"service": "passports"}]
    )
    as_of: AsOf


class Figures(BaseModel):
    """All read in one transaction: they agree with each other."""

    as_of: AsOf
    span: Span
    by: Dimension | None
    figures: list[Figure]


class DefinitionOut(BaseModel):
    """What a figure means."""

    model_config = ConfigDict(from_attributes=True)

    name: KpiName
    version: int
    units: tuple[Unit, ...]
    title: Bilingual
    formula: Bilingual
    source: str = Field(description="where the formula and its interval come from")


class Definitions(BaseModel):
    items: list[DefinitionOut]
