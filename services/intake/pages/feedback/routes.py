"""The form, and the receipt. Nothing is kept before it is sent."""

from typing import Annotated

from fastapi import Query, Request, Response

from libs.common.clock import Now
from libs.common.db import Session
from libs.pages.forms import Sent
from libs.pages.routes import page_router
from libs.pages.sessions import FromHere, Visitor
from services.intake.desk import DeskOf
from services.intake.feedback.batcher import BatcherOf
from services.intake.pages.feedback import sending
from services.intake.pages.feedback.choices import choices
from services.intake.pages.feedback.forms import Arrived, begun

router = page_router()


@router.get("/feedback")
async def write(
    request: Request, arrived: Annotated[Arrived, Query()], session: Session, desk: DeskOf, now: Now, _: Visitor
) -> Response:
    """The form; an address may fill in the service, the place, the touchpoint."""
    offered = await choices(session, now.astimezone(desk.zone).date())
    return sending.form(request, begun(arrived, offered), offered, desk)


@router.post("/feedback", dependencies=[FromHere])
async def send(
    request: Request, sent: Sent, session: Session, desk: DeskOf, batcher: BatcherOf, now: Now, _: Visitor
) -> Response:
    """The receipt; or the form again, with what is to be corrected, or in the other language."""
    offered = await choices(session, now.astimezone(desk.zone).date())
    return await sending.send(request, sent, offered, desk, batcher, now)
