"""Headers where each request passes: Starlette's own classes look through the list anew for every name."""

from collections.abc import Mapping

from starlette.types import Message, Scope

_HEADERS = "ecoute.headers"


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request, by their names in lower case; of one that came twice, the first."""
    headers: dict[str, str] | None = scope.get(_HEADERS)
    if headers is None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        scope[_HEADERS] = headers
    return headers


def asks_for_a_page(scope: Scope) -> bool:
    """Whether a browser asks for something that a person reads; below `/v1`, everybody is answered as a program is."""
    return (
        scope["method"] in ("GET", "HEAD")
        and "text/html" in headers_of(scope).get("accept", "")
        and not scope["path"].startswith("/v1/")
    )


def add_headers(message: Message, headers: Mapping[str, str]) -> None:
    """Add to the headers of an answer (`http.response.start`)."""
    added = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    message["headers"] = [*message.get("headers", ()), *added]
