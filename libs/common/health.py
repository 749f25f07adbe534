"""`/healthz`, `/readyz`, `/metrics`: for those who run the house, not routed by the gateway."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text

from libs.common.db import Database
from libs.common.lifecycle import Lifecycle

router = APIRouter(include_in_schema=False)

Check = Callable[[], Awaitable[str | None]]
"""Nothing when all is well, else one line that says what is not."""


class Health(BaseModel):
    status: str
    reasons: list[str] = []


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def healthz() -> Health:
    return Health(status="alive")


@router.api_route("/readyz", methods=["GET", "HEAD"])
async def readyz(request: Request, response: Response) -> Health:
    checks: list[Check] = [*request.app.state.checks, *request.app.state.stream_checks]
    reasons = [reason for reason in [await check() for check in checks] if reason]
    response.status_code = 503 if reasons else 200
    return Health(status="not ready" if reasons else "ready", reasons=reasons)


@router.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def database_is_ready(database: Database, revisions: Sequence[str]) -> Check:
    """The database answers, and is at the newest of the revisions that this code knows, or beyond.

    One that it does not know is of a newer version, whose migrations are safe beside this one: an upgrade begins with
    them, and nobody may leave before their successors are there.
    """
    newest, *older = revisions

    async def check() -> str | None:
        try:
            async with database.connection() as connection:
                revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        except Exception as error:
            return f"the database does not answer ({type(error).__name__})"
        return f"migrations are at {revision}, not at {newest}" if revision in (None, *older) else None

    return check


def not_draining(lifecycle: Lifecycle) -> Check:
    async def check() -> str | None:
        return "the process is leaving" if lifecycle.draining.is_set() else None

    return check
