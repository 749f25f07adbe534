"""One figure: why it is what it is."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from libs.common.db import Snapshot
from libs.pages.routes import page_router
from services.analytics.as_of.service import Seen
from services.analytics.kpis.definitions import DEFINITIONS, KpiName
from services.analytics.pages.dashboard.asked import AskedOf
from services.analytics.pages.dashboard.routes import Steering
from services.analytics.pages.figures.inside import inside
from services.analytics.pages.rendering import page
from services.analytics.rollups.counters import DIMENSIONS, Dimension
from services.analytics.settings import SettingsOf

router = page_router()


@router.get("/dashboard/figures")
async def definitions(request: Request, _: Steering) -> Response:
    """What each figure means."""
    return page(request, "definitions.html", definitions=DEFINITIONS.values())


@router.get("/dashboard/figures/{name}")
async def figure(
    request: Request,
    name: Annotated[KpiName, Path()],
    asked: AskedOf,
    session: Snapshot,
    seen: Seen,
    settings: SettingsOf,
    by: Steering,
    broken_down_by: Annotated[Dimension, Query(alias="by")] = "service",
) -> Response:
    """One figure: its formula, over time, and of each value of a dimension."""
    shown = await inside(session, name, asked, broken_down_by, by, seen, settings)
    return page(request, "figure.html", asked=asked, inside=shown, dimensions=DIMENSIONS)
