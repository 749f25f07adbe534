"""The figures, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.db import Snapshot
from libs.common.problems import InvalidRequest, responses
from services.analytics.as_of.service import Seen
from services.analytics.kpis import service
from services.analytics.kpis.errors import (
    EmptySpan,
    ParameterTwice,
    SpanTooLong,
    TooFineForSpan,
    TooManyDimensions,
    TooManyPoints,
    UnknownDimension,
    UnknownKpi,
    UnreadableCompare,
    UnreadableWhere,
)
from services.analytics.kpis.schemas import Definitions, Figures, KpiQuery, Series, SeriesQuery
from services.analytics.rollups.queries import FiguresNotCounted
from services.analytics.settings import SettingsOf

_WHO = ("manager", "analyst", "supervisor")
_UNANSWERABLE = (
    Unauthenticated,
    Forbidden,
    InvalidRequest,
    ParameterTwice,
    UnknownKpi,
    UnknownDimension,
    TooManyDimensions,
    UnreadableWhere,
    EmptySpan,
    SpanTooLong,
    TooFineForSpan,
    FiguresNotCounted,
)


async def _each_once(request: Request) -> None:
    """Of a parameter that comes twice, all but the last would be passed over."""
    if len(request.query_params.multi_items()) > len(request.query_params):
        raise ParameterTwice


router = APIRouter(prefix="/v1/kpis", tags=["figures"], dependencies=[Depends(_each_once)])


@router.get(
    "", name="read_kpis", summary="Figures of a span of days", responses=responses(*_UNANSWERABLE, UnreadableCompare)
)
async def read_kpis(
    query: Annotated[KpiQuery, Query()],
    session: Snapshot,
    seen: Seen,
    settings: SettingsOf,
    by: Annotated[Principal, requires(*_WHO)],
) -> Figures:
    """Each figure carries all that is needed to judge it: formula version, n, numerator and denominator, a 95 %
    interval, the span, what it is narrowed down to, and how far the logs had been read.

    Figures about clocks come once for each clock; times once for each quantile, in business hours and in elapsed hours
    as the person lived them. Supervisors get the figures of their own teams.
    """
    return await service.figures(session, query, by, seen, settings)


@router.get(
    "/definitions",
    name="read_kpi_definitions",
    summary="What each figure means",
    dependencies=[requires(*_WHO)],
    responses=responses(Unauthenticated, Forbidden),
)
async def read_kpi_definitions() -> Definitions:
    """Name, version, units, title, formula and notes in French and English, and the source of each figure's formula."""
    return service.definitions()


@router.get(
    "/{name}/series",
    name="read_kpi_series",
    summary="A figure over time",
    responses=responses(*_UNANSWERABLE, TooManyPoints),
)
async def read_kpi_series(
    name: Annotated[str, Path(max_length=64, description="of one figure", examples=["volume"])],
    query: Annotated[SeriesQuery, Query()],
    session: Snapshot,
    seen: Seen,
    settings: SettingsOf,
    by: Annotated[Principal, requires(*_WHO)],
) -> Series:
    """A point for each day, week or month of the span, each computed as the figure of that span would be."""
    return await service.series(session, name, query, by, seen, settings)
