"""A query parameter that nobody knows is refused, as a field of a body is: a mistyped filter would find everything."""

from fastapi import Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from libs.common.field_problems import field_problem_of
from libs.common.problems import InvalidRequest


async def only_known(request: Request) -> None:
    """`InvalidRequest` where something is read, and a parameter is not in the OpenAPI document.

    Pages take whatever a link brings along, and nothing that is sent is refused for what its address says besides.
    """
    route: APIRoute = request.scope["route"]
    if request.method != "GET" or not request.scope["query_string"] or not route.include_in_schema:
        return
    known = {field.alias for field in get_flat_params(route.dependant)}
    unknown = sorted(request.query_params.keys() - known)
    if unknown:
        errors = [{"type": "extra_forbidden", "loc": ("query", name), "msg": ""} for name in unknown]
        raise InvalidRequest(errors=(field_problem_of(error) for error in errors))


OnlyKnownParameters = Depends(only_known, scope="function")
"""Refuses what an endpoint's document does not name."""
