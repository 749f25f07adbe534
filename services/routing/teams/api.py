"""Teams, for staff."""

from fastapi import APIRouter

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.db import Session
from libs.common.problems import responses
from libs.contracts.codes import STAFF
from services.routing.teams import queries
from services.routing.teams.schemas import Teams

router = APIRouter(tags=["teams"])


@router.get("/v1/teams", dependencies=[requires(*STAFF)], responses=responses(Unauthenticated, Forbidden))
async def list_teams(session: Session) -> Teams:
    """The teams that can be given cases, with their public contact."""
    return await queries.teams(session)
