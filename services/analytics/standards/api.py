"""Results of service standards, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.common.auth.principal import Anyone
from libs.common.auth.tokens import Unauthenticated
from libs.common.db import Snapshot
from libs.common.problems import InvalidRequest, responses
from services.analytics.as_of.service import Seen
from services.analytics.kpis.errors import EmptySpan, SpanTooLong, TooFineForSpan
from services.analytics.rollups.queries import FiguresNotCounted
from services.analytics.settings import SettingsOf
from services.analytics.standards import service
from services.analytics.standards.errors import SpanNotPublished
from services.analytics.standards.schemas import ResultsQuery, StandardResults

router = APIRouter(tags=["figures"])


@router.get(
    "/v1/service-standard-results",
    name="read_service_standard_results",
    summary="Were the promises kept?",
    openapi_extra={"security": [{}]},
    responses=responses(
        Unauthenticated, InvalidRequest, EmptySpan, SpanTooLong, TooFineForSpan, SpanNotPublished, FiguresNotCounted
    ),
)
async def read_service_standard_results(
    query: Annotated[ResultsQuery, Query()], session: Snapshot, seen: Seen, settings: SettingsOf, by: Anyone
) -> StandardResults:
    """By standard and clock: what was promised, how much fell due, and how much of it was met.

    Anyone may read it, for one calendar span that is over, and then fewer than five are suppressed, with as many others
    as keep them from being computed. Managers and analysts get any span in full, supervisors that of their teams.
    """
    return await service.results(session, query, by, seen, settings)
