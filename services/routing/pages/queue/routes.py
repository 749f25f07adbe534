"""The queue: what waits for an answer, due next first; and one action on many cases."""

from typing import Annotated

from fastapi import Query, Request, Response

from libs.common.auth.principal import Principal
from libs.common.clock import Now
from libs.common.db import DatabaseOf, Session
from libs.common.idempotency import once_for
from libs.common.versions import Expected
from libs.pages.forms import Sent
from libs.pages.routes import page_router
from libs.pages.sessions import FromOurForm, signed_in
from services.routing.cases.schemas import Verb
from services.routing.cases.terms import TermsOf
from services.routing.cases.verbs import service
from services.routing.cases.verbs.schemas import BatchOutcome
from services.routing.pages.queue.actions import batch_of, form_for, outcomes_of
from services.routing.pages.queue.asked import AskedOf, Reader
from services.routing.pages.queue.shown import options, shown
from services.routing.pages.rendering import page

router = page_router()

Supervisor = Annotated[Principal, signed_in("supervisor")]


@router.get("/queue")
async def queue(
    request: Request,
    asked: AskedOf,
    database: DatabaseOf,
    by: Reader,
    now: Now,
    terms: TermsOf,
    done: Annotated[Verb | None, Query()] = None,
) -> Response:
    """The cases that somebody may see, as the filters in the address have them."""
    found = await shown(database, request.app.state.doorbell, asked, by, now, terms)
    return page(request, "queue/queue.html", shown=found, done=done, **form_for(by), **await options(database))


@router.get("/queue/numbers")
async def numbers(
    request: Request,
    asked: AskedOf,
    database: DatabaseOf,
    by: Reader,
    now: Now,
    terms: TermsOf,
    seen: Annotated[str, Query(pattern="^[0-9a-f]{16}$")],
) -> Response:
    """The part of the queue that asks for itself again: counts, and whether the list has changed since."""
    found = await shown(database, request.app.state.doorbell, asked, by, now, terms)
    return page(request, "queue/numbers.html", shown=found, seen=seen)


@router.post("/queue/actions", dependencies=[FromOurForm])
async def act(
    request: Request, asked: AskedOf, session: Session, by: Supervisor, now: Now, terms: TermsOf, sent: Sent
) -> Response:
    """One action on the cases that are ticked, with an outcome for each: asked again, the same."""
    batch = batch_of(sent)
    once = once_for(request, session, by.idempotency_scope, str(sent.get("key", "")))
    hand = service.Hand(by, now, terms, Expected(None))
    done = await once(batch, service.do_many(session, batch, hand), BatchOutcome)
    return page(request, "queue/outcomes.html", query=asked.query, **outcomes_of(sent, batch, done))
