"""The figures, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Snapshot
from libs.common.problems import InvalidRequest, responses
from services.analytics.kpis import service
from services.analytics.kpis.errors import EmptySpan, SpanTooLong, UnknownDimension, UnknownKpi
from services.analytics.kpis.schemas import Definitions, Figures, KpiQuery
from services.analytics.settings import TimeZoneOf

router = APIRouter(prefix="/v1/kpis", tags=["figures"], dependencies=[requires("manager", "analyst", "supervisor")])


@router.get(
    "",
    name="read_kpis",
    summary="Figures of a span of days",
    responses=responses(
        Unauthenticated, Forbidden, InvalidRequest, UnknownKpi, UnknownDimension, EmptySpan, SpanTooLong
    ),
)
async def read_kpis(query: Annotated[KpiQuery, Query()], session: Snapshot, now: Now, time_zone: TimeZoneOf) -> Figures:
    """Each figure carries all that is needed to judge it: formula version, n, numerator and denominator, a 95 %
    interval, the span, what it is narrowed down to, and how far the logs had been read.

    `met_of_due` and `standard_met` come once for each clock; `acknowledge_time` and `reply_time` six times: p50, p90
    and p95, each in business hours and in elapsed hours as the person lived them.
    """
    return await service.figures(session, query, now, time_zone)


@router.get(
    "/definitions",
    name="read_kpi_definitions",
    summary="What each figure means",
    responses=responses(Unauthenticated, Forbidden),
)
async def read_kpi_definitions() -> Definitions:
    """Name, version, units, title and formula in French and English, and the source of each figure's formula."""
    return service.definitions()
