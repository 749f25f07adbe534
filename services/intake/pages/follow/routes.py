"""With the code: see, write, evaluate, withdraw, take out, erase. Without it: ask for it."""

from typing import Annotated

from fastapi import Depends, Request, Response

from libs.common.clock import Now
from libs.common.db import Session, Snapshot
from libs.pages.forms import Filled, Sent
from libs.pages.routes import page_router
from libs.pages.sessions import FromHere, Visitor
from services.intake.desk import DeskOf
from services.intake.pages.follow import acting, showing
from services.intake.pages.follow.visit import Visit

router = page_router()


async def _look(request: Request, sent: Sent, session: Snapshot, desk: DeskOf, now: Now, _: Visitor) -> Visit:
    return Visit(request, sent, session, desk, now)


async def _visit(request: Request, sent: Sent, session: Session, desk: DeskOf, now: Now, _: Visitor) -> Visit:
    return Visit(request, sent, session, desk, now)


Look = Annotated[Visit, Depends(_look, scope="function")]
VisitOf = Annotated[Visit, Depends(_visit, scope="function")]


@router.get("/follow")
async def ask_for_code(request: Request, desk: DeskOf, _: Visitor) -> Response:
    """Where the code is typed; a small script takes it from behind `#`, where a link has it."""
    return showing.code_asked(request, desk, Filled())


@router.post("/follow", dependencies=[FromHere])
async def see(look: Look) -> Response:
    """Where it stands, what happens next and by when, who answers, the conversation."""
    return await showing.see(look)


@router.post("/follow/message", dependencies=[FromHere])
async def add_message(visit: VisitOf) -> Response:
    """Add something, or answer a question."""
    return await acting.add_message(visit)


@router.post("/follow/evaluation", dependencies=[FromHere])
async def evaluate(visit: VisitOf) -> Response:
    """Say whether the answer solved it."""
    return await acting.evaluate(visit)


@router.post("/follow/withdrawal", dependencies=[FromHere])
async def withdraw(visit: VisitOf) -> Response:
    """No answer is wanted any more."""
    return await acting.withdraw(visit)


@router.post("/follow/export", dependencies=[FromHere])
async def take_out(visit: VisitOf) -> Response:
    """All that is held, as a file."""
    return await acting.take_out(visit)


@router.post("/follow/erasure", dependencies=[FromHere])
async def erase(visit: VisitOf) -> Response:
    """Everything goes."""
    return await acting.erase(visit)


@router.post("/follow/recovery", dependencies=[FromHere])
async def recover(visit: VisitOf) -> Response:
    """A lost code, to the address on file."""
    return await acting.recover(visit)
