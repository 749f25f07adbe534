"""Which service answers which path. A test holds this against the documents and the pages of all three."""

from collections.abc import Mapping

INTAKE = (
    "/",
    "/feedback",
    "/follow",
    "/entry",
    "/sign-in",
    "/sign-out",
    "/development-issuer",
    "/v1/deliveries",
    "/v1/devices",
    "/v1/feedback",
    "/v1/intake",
    "/v1/interactions",
    "/v1/notices",
    "/v1/oauth",
    "/v1/partners",
    "/v1/privacy",
    "/v1/service-points",
    "/v1/services",
    "/v1/topics",
    "/v1/touchpoints",
    "/v1/tracking",
    "/v1/tracking-codes",
)
ROUTING = (
    "/queue",
    "/cases",
    "/v1/alerts",
    "/v1/calendars",
    "/v1/cases",
    "/v1/organisation",
    "/v1/routing",
    "/v1/rules",
    "/v1/service-standards",
    "/v1/teams",
)
ANALYTICS = (
    "/assets",
    "/dashboard",
    "/standards",
    "/v1/analytics",
    "/v1/kpis",
    "/v1/reconciliation",
    "/v1/service-standard-results",
)

PREFIXES: Mapping[str, tuple[str, ...]] = {"intake": INTAKE, "routing": ROUTING, "analytics": ANALYTICS}
"""A prefix is a path and everything below it; `/` is that page alone. The logs are for the services, not for here."""

NOWHERE = "/nowhere"
"""Leads nowhere in intake too: there a browser is told so by a page."""
_DOTS = frozenset({".", ".."})
"""Segments that would lead to another path than the one that was looked at."""
_SERVICE_OF = {prefix: service for service, prefixes in PREFIXES.items() for prefix in prefixes}


def service_of(path: str) -> str | None:
    """The service that answers a path; None where nobody outside has anything to ask."""
    if path == "/":
        return _SERVICE_OF["/"]
    segments = path.split("/")
    if not _DOTS.isdisjoint(segments):
        return None
    prefixes = ("/".join(segments[:length]) for length in (3, 2))
    return next((_SERVICE_OF[one] for one in prefixes if one != "/" and one in _SERVICE_OF), None)
