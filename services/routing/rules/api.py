"""Rules: which team answers what."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.paging import InvalidCursor, link_next_code
from libs.common.problems import InvalidRequest, responses
from libs.common.versions import VERSION_PROBLEMS, IfMatch, tag
from libs.contracts.codes import STAFF
from services.routing.cases.errors import CaseNotFound
from services.routing.organisation.versions import Page
from services.routing.rules import queries, service, trial
from services.routing.rules.errors import NoRules
from services.routing.rules.schemas import RulesContent, RulesOut, RulesVersions, Trial, TrialOutcome

router = APIRouter(tags=["rules"])

_READ = (Unauthenticated, Forbidden)


@router.get("/v1/rules", dependencies=[requires(*STAFF)], responses=responses(*_READ, NoRules))
async def get_rules(session: Session, response: Response) -> RulesOut:
    """The rules in force, in their order, with warnings about codes that the catalogue does not have."""
    rules = await queries.rules(session)
    tag(response, rules.version)
    return rules


@router.put("/v1/rules", responses=responses(*_READ, InvalidRequest, *VERSION_PROBLEMS))
async def put_rules(
    body: RulesContent,
    session: Session,
    response: Response,
    expected: IfMatch,
    now: Now,
    by: Annotated[Principal, requires("admin")],
) -> RulesOut:
    """Publish the whole set, for the cases that open from now on; with `If-Match` where there are rules already.

    The first rule that holds decides. Refused: a set that does not end in a catch-all, a rule that can never decide, a
    team that is not there. Codes that the catalogue does not have are accepted, with a warning.
    """
    rules = await service.put(session, body, expected, by, now)
    tag(response, rules.version)
    return rules


@router.get(
    "/v1/rules/versions", dependencies=[requires(*STAFF)], responses=responses(*_READ, InvalidRequest, InvalidCursor)
)
async def list_rules_versions(
    session: Session, request: Request, response: Response, page: Annotated[Page, Query()]
) -> RulesVersions:
    """Every version of the rules, the newest first, with who published it and when."""
    items = await queries.versions(session, page)
    link_next_code(request, response, page.limit, [one.version for one in items])
    return RulesVersions(items=items)


@router.post(
    "/v1/rules/trial",
    responses=responses(*_READ, InvalidRequest, NoRules, CaseNotFound, IdempotencyKeyReused, StillRunning),
)
async def try_rules(
    body: Trial, session: Session, now: Now, once: Retryable, by: Annotated[Principal, requires(*STAFF)]
) -> TrialOutcome:
    """What would become of a feedback: the rule, the team, the standard and its clocks, and nothing is done.

    By the rules in force, or by those in the body; of attributes, or of a feedback that has a case you may see.
    """
    return await once(body, trial.outcome(session, body, by, now))
