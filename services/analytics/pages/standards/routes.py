"""The page of service standards, for everybody."""

from typing import Annotated

from fastapi import Query, Request, Response

from libs.common.db import Snapshot
from libs.pages.routes import page_router
from libs.pages.sessions import Visitor
from services.analytics.as_of.service import Seen
from services.analytics.kpis.definitions import DEFINITIONS
from services.analytics.pages.rendering import page
from services.analytics.settings import SettingsOf
from services.analytics.standards import service
from services.analytics.standards.schemas import ResultsQuery

router = page_router()


@router.get("/standards")
async def standards(
    request: Request,
    query: Annotated[ResultsQuery, Query()],
    session: Snapshot,
    seen: Seen,
    settings: SettingsOf,
    _: Visitor,
) -> Response:
    """What was promised, and what was kept: the same for everybody, whoever is signed in."""
    results = await service.results(session, query, None, seen, settings)
    before = service.span_before(results.span.from_, settings.published_span)
    version, below = DEFINITIONS["met_of_due"].version, settings.suppress_below
    return page(request, "standards.html", results=results, before=before, version=version, below=below)
