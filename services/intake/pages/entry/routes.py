"""The quick entry: take in what somebody says, give out reference and code, find what they said before."""

from typing import Annotated

from fastapi import Request, Response

from libs.common.auth.principal import Principal
from libs.common.clock import Now
from libs.common.db import Session
from libs.pages.forms import Filled, Sent
from libs.pages.routes import page_router
from libs.pages.sessions import FromOurForm, signed_in
from services.intake.desk import DeskOf
from services.intake.feedback.batcher import BatcherOf
from services.intake.pages.entry import taking

router = page_router()

Agent = Annotated[Principal, signed_in("agent", "supervisor")]


@router.get("/entry")
async def entry(request: Request, session: Session, desk: DeskOf, now: Now, _: Agent) -> Response:
    """The empty form."""
    return await taking.form(request, session, desk, now, Filled({"channel": "phone"}))


@router.post("/entry", dependencies=[FromOurForm])
async def take_in(
    request: Request, sent: Sent, session: Session, desk: DeskOf, batcher: BatcherOf, now: Now, by: Agent
) -> Response:
    """The receipt, to be read aloud, above the form for the next; the code stands in no address. Or what is wrong."""
    return await taking.take_in(request, sent, session, desk, batcher, now, by)


@router.post("/entry/search", dependencies=[FromOurForm])
async def search(request: Request, sent: Sent, session: Session, desk: DeskOf, now: Now, by: Agent) -> Response:
    """Where the caller's earlier feedback stands, without its words; an address or a number stands in no address."""
    return await taking.search(request, sent, session, desk, now, by)
