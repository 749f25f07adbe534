"""The organisation as a whole, as it can be kept in a file."""

from typing import Annotated

import yaml
from fastapi import APIRouter, Header, Response

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.db import Snapshot
from libs.common.problems import responses
from services.routing.organisation import queries
from services.routing.organisation.schemas import OrganisationDocument
from services.routing.rules.errors import NoRules

router = APIRouter(tags=["organisation"])

YAML = "application/yaml"


@router.get(
    "/v1/organisation",
    dependencies=[requires("admin", "auditor")],
    response_model=OrganisationDocument,
    responses={200: {"content": {YAML: {}}}, **responses(Unauthenticated, Forbidden, NoRules)},
)
async def get_organisation(
    session: Snapshot, accept: Annotated[str, Header(max_length=500, description="`application/yaml`, or JSON")] = "*/*"
) -> Response:
    """Teams, calendars, service standards and rules in force, as the document that `ECOUTE_ROUTING_ORGANISATION` names.

    YAML where `Accept` says `application/yaml`, else JSON.
    """
    document = await queries.document_in_force(session)
    written = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if YAML in accept:
        return Response(yaml.safe_dump(written, allow_unicode=True, sort_keys=False), media_type=YAML)
    return Response(document.model_dump_json(by_alias=True, exclude_defaults=True), media_type="application/json")
