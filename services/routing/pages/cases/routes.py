"""The case: what was said, what was promised, what was done; and a form for each verb that is possible now."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response
from starlette.responses import RedirectResponse

from libs.common.auth.principal import Principal
from libs.common.clock import Now
from libs.common.db import Database, DatabaseOf
from libs.pages.forms import Filled, Sent
from libs.pages.routes import page_router
from libs.pages.sessions import FromOurForm, signed_in
from libs.pages.wording import typed_in
from services.routing.cases import queries
from services.routing.cases.access import WORKERS
from services.routing.cases.schemas import CaseId, Verb
from services.routing.cases.terms import TermsOf
from services.routing.pages.cases.acting import Attempt, attempt, hand_of
from services.routing.pages.cases.forms import USUAL
from services.routing.pages.cases.shown import READ_WORDS, in_a_week, shown
from services.routing.pages.queue.asked import Reader
from services.routing.pages.queue.shown import options
from services.routing.pages.rendering import page

router = page_router()

Worker = Annotated[Principal, signed_in(*WORKERS)]
Queue = Annotated[str, Query(max_length=1_000)]
"""The filters of the list that one came from, to go back to."""


@router.get("/cases/{case_id}")
async def case(
    request: Request,
    case_id: CaseId,
    database: DatabaseOf,
    by: Reader,
    verb: Annotated[Verb | None, Query()] = None,
    done: Annotated[Verb | None, Query()] = None,
    queue: Queue = "",
) -> Response:
    """One case, with the form of a verb open where the address names one."""
    return await _page(request, database, case_id, by, queue, Attempt(verb, Filled()) if verb else None, done)


@router.post("/cases/{case_id}/{verb}", dependencies=[FromOurForm])
async def act(
    request: Request,
    case_id: CaseId,
    verb: Verb,
    database: DatabaseOf,
    by: Worker,
    now: Now,
    terms: TermsOf,
    sent: Sent,
    queue: Queue = "",
) -> Response:
    """Carry out a verb and go on from the case; or its form again: with what is wrong, or what the person will read."""
    tried = await attempt(request, database, case_id, verb, sent, hand_of(by, now, terms, sent))
    if tried.form:
        return await _page(request, database, case_id, by, queue, tried)
    stays = await queries.is_visible(database, case_id, by)
    return RedirectResponse(_after(f"/cases/{case_id}", verb, queue) if stays else _after("/queue", verb, queue), 303)


async def _page(
    request: Request,
    database: Database,
    case_id: UUID,
    by: Principal,
    queue: str,
    tried: Attempt | None = None,
    done: Verb | None = None,
) -> Response:
    found = await shown(database, case_id, by)
    return page(
        request,
        "cases/case.html",
        status=422 if tried and tried.form and tried.form.wrong else 200,
        shown=found,
        case=found.case,
        tried=tried,
        written=typed_in(tried.form.values.items()) if tried and tried.form else [],
        empty=Filled(),
        done=done,
        queue=queue,
        usual=USUAL,
        reads_words=by.has(*READ_WORDS),
        in_a_week=in_a_week(request.app.state.clock(), request.app.state.settings.time_zone),
        **await options(database),
    )


def _after(path: str, verb: Verb, queue: str) -> str:
    """Where one goes on, with the list that one came from: at what was done, and no longer at the form."""
    if path == "/queue":
        return f"/queue?{queue}{'&' if queue else ''}done={verb}"
    return f"{path}?{urlencode({'done': verb, **({'queue': queue} if queue else {})})}#done"
