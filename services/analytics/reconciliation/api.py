"""The recount, over HTTP."""

from fastapi import APIRouter

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.db import Snapshot
from libs.common.problems import responses
from services.analytics.as_of.service import Seen
from services.analytics.reconciliation import service
from services.analytics.reconciliation.schemas import Reconciliation
from services.analytics.settings import TimeZoneOf

router = APIRouter(tags=["operations"])


@router.get(
    "/v1/reconciliation",
    name="read_reconciliation",
    summary="Do the figures still add up?",
    dependencies=[requires("manager", "analyst", "auditor", "admin")],
    responses=responses(Unauthenticated, Forbidden),
)
async def read_reconciliation(session: Snapshot, seen: Seen, time_zone: TimeZoneOf) -> Reconciliation:
    """Recounts every rollup from the facts, in one transaction, and says how many counters differ: 0.

    It reads every fact, so it takes its time: seconds for a hundred thousand of them.
    """
    return await service.recount(session, seen, time_zone)
