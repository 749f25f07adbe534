"""The dashboard."""

from typing import Annotated

from fastapi import Request, Response

from libs.common.auth.principal import Principal
from libs.common.db import Snapshot
from libs.pages.routes import page_router
from libs.pages.sessions import signed_in
from services.analytics.as_of.service import Seen
from services.analytics.kpis.definitions import DEFINITIONS
from services.analytics.pages.dashboard.asked import NARROWING, AskedOf
from services.analytics.pages.dashboard.board import board
from services.analytics.pages.rendering import page
from services.analytics.settings import SettingsOf

router = page_router()

MOST_ROWS = 15
TITLES = {name: definition.title for name, definition in DEFINITIONS.items()}

Steering = Annotated[Principal, signed_in("manager", "analyst", "supervisor")]


@router.get("/dashboard")
async def dashboard(
    request: Request, asked: AskedOf, session: Snapshot, seen: Seen, settings: SettingsOf, by: Steering
) -> Response:
    """The figures of a span, what changed in them beyond chance, and the way to what is behind them."""
    shown = await board(session, asked, by, seen, settings)
    return page(
        request, "dashboard.html", asked=asked, board=shown, narrowing=NARROWING, titles=TITLES, most_rows=MOST_ROWS
    )
