"""Figures as they go over the wire."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from libs.common.examples import shown
from libs.common.languages import Bilingual
from libs.contracts.codes import ClockName
from services.analytics.as_of.schemas import AsOf
from services.analytics.kpis.definitions import DEFINITIONS, NAMES, KpiName, Unit
from services.analytics.rollups.counters import DIMENSIONS, UNASSIGNED, Dimension

Flag = Literal[
    "small_sample", "immature", "suppressed", "no_denominator", "partial_denominator", "no_calendar", "own_teams_only"
]
Interval = tuple[float | None, float | None]
Source = Literal["rollups", "facts", "rollups and facts"]
Quantile = Literal["p50", "p90", "p95"]
Selection = Literal["census", "random", "open", "staff_chosen"]
Grain = Literal["day", "week", "month"]
NoDifference = Literal["no_value", "no_interval", "counts_have_no_interval", "spans_overlap", "same_cases"]

_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


class SpanQuery(BaseModel):
    """Which days, narrowed down to what."""

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
        max_length=140,
        description="one or two dimensions, separated by a comma: then each figure comes once for each of their "
        f"values, of which one may be `{UNASSIGNED}`, and not for the total. Known are: {', '.join(DIMENSIONS)}",
        examples=["service", "service,channel"],
    )
    where: str | None = Field(
        None,
        max_length=1000,
        description="only what has one of these values of each dimension named. A supervisor's figures are always "
        "narrowed to their own teams",
        examples=["service:passports,channel:web,channel:phone"],
    )
    clock: ClockName | None = Field(
        None, description="only this clock, in the figures that are about clocks; each clock where missing"
    )


class KpiQuery(SpanQuery):
    """Which figures, of which days, broken down by what."""

    names: str | None = Field(
        None,
        max_length=1000,
        description=f"names, separated by commas; all where missing. Known are: {', '.join(NAMES)}",
        examples=["volume,met_of_due"],
    )
    compare: str | None = Field(
        None,
        max_length=30,
        description="another span: `previous` (as long, just before), `previous_year`, or two days, the last exclusive",
        examples=["previous", "2026-01-01..2026-04-01"],
    )


class SeriesQuery(SpanQuery):
    """One figure over time."""

    grain: Grain = Field("day", description="weeks begin on Monday; the first and the last may be cut by the span")


class Span(BaseModel):
    """Local days, from the first to before `to`."""

    model_config = ConfigDict(populate_by_name=True)

    from_: date = Field(alias="from")
    to: date = Field(description="exclusive")
    time_zone: str = Field(examples=["America/Toronto"])


class Quantity(BaseModel):
    """A number, and what it was computed from."""

    unit: Unit
    value: float | None = Field(description="in `unit`; null where there is nothing to compute it from, never 0 then")
    n: int | None = Field(description="how many observations it is computed from; null where it is suppressed")
    numerator: int | None = Field(None, description="of ratios")
    denominator: int | None = Field(None, description="of ratios")
    interval: Interval | None = Field(
        None,
        description="95 %, in `unit`: Wilson for ratios, order statistics for times, null for counts; a bound is null "
        "where so few observations give none",
    )
    selection: Selection | None = Field(
        None,
        description="of what was asked of persons, how they came to answer: `census` everyone answered was asked, "
        "`open` of their own accord, `staff_chosen` staff helped, or entered it",
    )


class Comparison(BaseModel):
    """The same figure of another span, and whether they differ beyond chance."""

    span: Span
    value: float | None
    n: int | None
    interval: Interval | None
    flags: list[Flag]
    difference: float | None = Field(description="this value less the other, in `unit`")
    difference_interval: tuple[float, float] | None = Field(
        description="95 %: Newcombe for ratios, and the same way from both intervals for means, NPS and times"
    )
    beyond_chance: bool | None = Field(description="whether 0 lies outside of it; null where it cannot be said")
    reason: NoDifference | None = Field(description="why it cannot be said")


class Figure(Quantity):
    """One number, with all that is needed to judge it, and to publish it by itself."""

    name: KpiName
    version: int = Field(description="of the formula: see `GET /v1/kpis/definitions`")
    clock: str | None = Field(None, description="of figures about clocks: which; never over clocks together")
    quantile: Quantile | None = Field(None, description="of times: which")
    companions: dict[str, Quantity] = Field(description="to be read beside it: see the definition's notes")
    flags: list[Flag] = Field(
        description="`small_sample`: n < 30. `immature`: the window after the fact has not passed. `no_denominator`: "
        "no interactions were reported. `partial_denominator`: there were complaints of which no interactions tell. "
        "`no_calendar`: none was published. `own_teams_only`: narrowed to a supervisor's teams. `suppressed`: too few "
        "to be published"
    )
    source: Source = Field(
        description="what it was computed from: facts where the question is finer than rollups, and for clocks that "
        "fall due on the day in progress"
    )
    span: Span
    filters: dict[Dimension, str] = Field(
        description="the values that it is of: with `by=service`, the service", examples=[{"service": "passports"}]
    )
    where: dict[Dimension, list[str]] = Field(description="what the whole answer is narrowed down to")
    as_of: AsOf
    comparison: Comparison | None = None


class Figures(BaseModel):
    """All read in one transaction: they agree with each other."""

    model_config = shown(
        {
            "as_of": {
                "at": "2026-12-01T15:20:04Z",
                "behind": [],
                "positions": {"intake": {"epoch": 1, "pos": 4211}, "routing": {"epoch": 1, "pos": 9120}},
                "parked": 0,
            },
            "span": {"from": "2026-11-01", "to": "2026-12-01", "time_zone": "America/Toronto"},
            "by": ["service"],
            "labels": {"service": {"passports": {"fr": "Passeports", "en": "Passports"}}},
            "figures": [
                {
                    "unit": "percent",
                    "value": 87.5,
                    "n": 40,
                    "numerator": 35,
                    "denominator": 40,
                    "interval": [73.9, 94.5],
                    "selection": None,
                    "name": "standard_met",
                    "version": DEFINITIONS["standard_met"].version,
                    "clock": "reply",
                    "quantile": None,
                    "companions": {},
                    "flags": [],
                    "source": "rollups",
                    "span": {"from": "2026-11-01", "to": "2026-12-01", "time_zone": "America/Toronto"},
                    "filters": {"service": "passports"},
                    "where": {},
                    "as_of": {
                        "at": "2026-12-01T15:20:04Z",
                        "behind": [],
                        "positions": {"intake": {"epoch": 1, "pos": 4211}, "routing": {"epoch": 1, "pos": 9120}},
                        "parked": 0,
                    },
                    "comparison": None,
                }
            ],
        }
    )

    as_of: AsOf
    span: Span
    by: list[Dimension]
    labels: dict[Dimension, dict[str, Bilingual]] = Field(
        description="what the values are called, where it is known", examples=[{"channel": {}}]
    )
    figures: list[Figure]


class Point(Quantity):
    """A figure of one day, week or month."""

    model_config = ConfigDict(populate_by_name=True)

    from_: date = Field(alias="from")
    to: date = Field(description="exclusive")
    companions: dict[str, Quantity]
    flags: list[Flag]
    source: Source


class Line(BaseModel):
    """A figure over time, of the same values, clock, quantile and unit: a point for each day, week or month."""

    filters: dict[Dimension, str]
    clock: str | None
    quantile: Quantile | None
    unit: Unit
    points: list[Point]


class Series(BaseModel):
    """One figure over time: no gaps; where there is nothing, the value is null and n is 0."""

    model_config = shown(
        {
            "name": "volume",
            "version": 1,
            "grain": "week",
            "as_of": {
                "at": "2026-12-01T15:20:04Z",
                "behind": [],
                "positions": {"intake": {"epoch": 1, "pos": 4211}, "routing": {"epoch": 1, "pos": 9120}},
                "parked": 0,
            },
            "span": {"from": "2026-11-01", "to": "2026-12-01", "time_zone": "America/Toronto"},
            "by": [],
            "where": {"channel": ["web"]},
            "labels": {},
            "lines": [
                {
                    "filters": {},
                    "clock": None,
                    "quantile": None,
                    "unit": "count",
                    "points": [
                        {
                            "unit": "count",
                            "value": 12,
                            "n": 12,
                            "numerator": None,
                            "denominator": None,
                            "interval": None,
                            "selection": None,
                            "from": "2026-11-02",
                            "to": "2026-11-09",
                            "companions": {},
                            "flags": [],
                            "source": "rollups",
                        }
                    ],
                }
            ],
        }
    )

    name: KpiName
    version: int
    grain: Grain
    as_of: AsOf
    span: Span
    by: list[Dimension]
    where: dict[Dimension, list[str]]
    labels: dict[Dimension, dict[str, Bilingual]]
    lines: list[Line]


class DefinitionOut(BaseModel):
    """What a figure means."""

    model_config = ConfigDict(from_attributes=True)

    name: KpiName
    version: int
    units: tuple[Unit, ...]
    title: Bilingual
    formula: Bilingual
    notes: Bilingual
    source: Annotated[str, BeforeValidator(lambda source: source.en)] = Field(
        description="where the formula and its interval come from"
    )


class Definitions(BaseModel):
    model_config = shown(
        {
            "items": [
                {
                    "name": "volume",
                    "version": 1,
                    "units": ["count"],
                    "title": {"fr": "Retours reçus", "en": "Feedback received"},
                    "formula": {"fr": "retours reçus dans la période", "en": "feedback submitted in the span"},
                    "notes": {"fr": "Compté au jour de la soumission.", "en": "Counted on the day of submission."},
                    "source": "A plain count",
                }
            ]
        }
    )

    items: list[DefinitionOut]
