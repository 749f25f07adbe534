"""The catalogue: read without a token, since forms are made of it."""

from typing import Any

from fastapi import APIRouter

from libs.common.db import Session
from services.intake.catalogue import queries
from services.intake.catalogue.schemas import Entries

router = APIRouter(tags=["catalogue"])

_OPEN: dict[str, Any] = {"security": []}


@router.get("/v1/services", openapi_extra=_OPEN)
async def list_services(session: Session) -> Entries:
    """The services that people may speak about, as a tree by `parent`, in French and English."""
    return await queries.entries(session, "service")


@router.get("/v1/service-points", openapi_extra=_OPEN)
async def list_service_points(session: Session) -> Entries:
    """The offices, lines and sites where a service is given."""
    return await queries.entries(session, "service_point")


@router.get("/v1/topics", openapi_extra=_OPEN)
async def list_topics(session: Session) -> Entries:
    """What feedback can be about."""
    return await queries.entries(session, "topic")
