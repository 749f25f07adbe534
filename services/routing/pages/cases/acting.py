"""A verb as its form sends it: carried out, shown before it is, or shown again with what is wrong."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData

from libs.common.auth.identity import Principal
from libs.common.db import Database
from libs.common.idempotency import once_for
from libs.common.problems import Problem
from libs.common.versions import Expected, etag
from libs.pages.forms import Filled, again, kept, wrong_of
from services.routing.cases import queries
from services.routing.cases.errors import CaseNotFound, LinkedCaseUnknown
from services.routing.cases.filters import as_printed
from services.routing.cases.schemas import CaseOut, Verb
from services.routing.cases.terms import Terms
from services.routing.cases.verbs import service
from services.routing.cases.verbs.answering import told_in
from services.routing.cases.verbs.service import Hand
from services.routing.pages.cases.forms import SHOWN_AT, action_of, told_by

PREVIEW = "preview"


@dataclass(frozen=True)
class Attempt:
    """What became of it: `form` is None where it is done; `told`, what the person will read, where that was asked."""

    verb: Verb
    form: Filled | None = None
    told: str | None = None


def hand_of(by: Principal, now: datetime, terms: Terms, sent: FormData) -> Hand:
    """The hand of whoever sends the form: they saw the version that is in it."""
    return Hand(by, now, terms, Expected(etag(str(sent.get("version", "")))))


async def attempt(
    request: Request, database: Database, case_id: UUID, verb: Verb, sent: FormData, hand: Hand
) -> Attempt:
    """Carry it out, in a transaction of its own: what is refused leaves no trace, and what was typed stays."""
    zone = request.app.state.settings.time_zone
    try:
        action = action_of(verb, await _by_reference(database, sent, hand.by), zone)
        if sent.get("step") == PREVIEW:
            case = await _case(database, case_id, hand.by)
            return Attempt(verb, kept(sent), told_by(action, told_in(case.language)))
        async with database.transaction() as session:
            once = once_for(request, session, hand.by.idempotency_scope, str(sent.get("key", "")))
            await once(action, service.do(session, case_id, verb, action, hand))
    except CaseNotFound:
        raise
    except Problem as refused:
        return Attempt(verb, again(sent, refused, wrong_of(refused, SHOWN_AT)))
    return Attempt(verb)


async def _by_reference(database: Database, sent: FormData, by: Principal) -> FormData:
    """The other case of a link is typed by its reference: the schema has its id. `LinkedCaseUnknown`."""
    typed = sent.get("case_id")
    if not isinstance(typed, str) or not typed.strip():
        return sent
    async with database.snapshot() as session:
        found = await queries.id_of(session, as_printed(typed), by)
    if found is None:
        raise LinkedCaseUnknown
    return FormData(
        [*((name, value) for name, value in sent.multi_items() if name != "case_id"), ("case_id", str(found))]
    )


async def _case(database: Database, case_id: UUID, by: Principal) -> CaseOut:
    async with database.snapshot() as session:
        return await queries.case(session, case_id, by)
