"""Where everybody comes in."""

from fastapi import Request, Response

from libs.pages.routes import page_router
from libs.pages.sessions import Visitor
from services.intake.pages.rendering import page

router = page_router()


@router.get("/")
async def home(request: Request, _: Visitor) -> Response:
    """For the person: say something, or follow it. For staff: to their pages."""
    return page(request, "home.html")
