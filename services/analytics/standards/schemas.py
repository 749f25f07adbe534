"""Results of service standards, as they go over the wire."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from libs.common.examples import shown
from libs.common.languages import Bilingual
from libs.contracts.codes import Starts
from services.analytics.as_of.schemas import AsOf
from services.analytics.kpis.schemas import Flag, Quantity, Source, Span
from services.analytics.rollups.counters import Dimension


class ResultsQuery(BaseModel):
    """Of which days."""

    from_: date | None = Field(
        None,
        alias="from",
        ge=date(1900, 1, 1),
        le=date(2200, 1, 1),
        description="first day; where both are missing, the last calendar span of those that are published",
    )
    to: date | None = Field(
        None, ge=date(1900, 1, 1), le=date(2200, 1, 1), description="the day after the last; tomorrow where missing"
    )


class Promise(BaseModel):
    """What was promised for all that fell due."""

    model_config = ConfigDict(frozen=True)

    starts: Starts
    business_days: int | None
    calendar_days: int | None


class StandardResult(BaseModel):
    """How often a promise that fell due was kept."""

    standard: str | None = Field(description="code; null: all standards together")
    name: Bilingual | None
    clock: str
    promised: Promise | None = Field(description="null where versions of the standard promised differently")
    version: int = Field(description="of the formula `met_of_due`: see `GET /v1/kpis/definitions`")
    met_of_due: Quantity = Field(description="met / all that fell due, open ones included")
    open_breached: int | None = Field(
        description="fell due, and still open; null where it is suppressed, also by itself: then nothing else is"
    )
    flags: list[Flag]


class StandardResults(BaseModel):
    """By standard and clock, then each clock of all standards together. All read in one transaction."""

    model_config = shown(
        {
            "as_of": {
                "at": "2026-12-01T15:20:04Z",
                "behind": [],
                "positions": {"intake": {"epoch": 1, "pos": 4211}, "routing": {"epoch": 1, "pos": 9120}},
                "parked": 0,
            },
            "span": {"from": "2026-11-01", "to": "2026-12-01", "time_zone": "America/Toronto"},
            "published": True,
            "where": {},
            "source": "rollups",
            "items": [
                {
                    "standard": "complaints",
                    "name": {"fr": "Réponse aux plaintes", "en": "Answers to complaints"},
                    "clock": "reply",
                    "promised": {"starts": "submission", "business_days": 15, "calendar_days": None},
                    "version": 2,
                    "met_of_due": {
                        "unit": "percent",
                        "value": 87.5,
                        "n": 40,
                        "numerator": 35,
                        "denominator": 40,
                        "interval": [73.9, 94.5],
                        "selection": None,
                    },
                    "open_breached": 2,
                    "flags": [],
                }
            ],
        }
    )

    as_of: AsOf
    span: Span
    published: bool = Field(
        description="true: what anyone may read; small cells are suppressed, and as many others as "
        "keep them from being computed"
    )
    where: dict[Dimension, list[str]] = Field(
        description="what the whole answer is narrowed down to: a supervisor's own teams"
    )
    source: Source
    items: list[StandardResult]
