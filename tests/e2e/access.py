"""Who may call what, decided here by hand: an endpoint without a line fails the test.

`open`: anybody, without a token. `code`: the person, with the header `Tracking-Code`. Else roles of staff, `service`,
and scopes of partners and devices; a partner with `cases:work` acts as an agent of its teams, wherever agents may.
`not:` takes that away again. What comes of an object that is not one's own is another test's matter.
"""

from typing import get_args

from services.routing.cases.schemas import Verb

OPEN, CODE = "open", "code"
STAFF = "agent supervisor reviewer manager analyst importer auditor admin"
WORKERS = "agent supervisor importer reviewer"

DECISIONS: dict[str, str] = {
    # What people say.
    "POST /v1/feedback": OPEN,
    "POST /v1/feedback/batch": f"{STAFF} feedback:write not:cases:work",
    "GET /v1/feedback": "agent supervisor reviewer manager auditor feedback:read",
    "GET /v1/feedback/{feedback_id}": "agent supervisor reviewer",
    "PATCH /v1/feedback/{feedback_id}": "agent supervisor reviewer",
    "GET /v1/feedback/{feedback_id}/readings": "auditor",
    "POST /v1/feedback/{feedback_id}/tracking-code": "agent supervisor reviewer",
    "POST /v1/feedback/{feedback_id}/deliveries": "agent supervisor reviewer deliveries:write",
    "GET /v1/feedback/search": "agent supervisor reviewer",
    "POST /v1/feedback/search": "agent supervisor reviewer",
    "POST /v1/tracking-codes": "agent supervisor tracking-codes:write",
    "POST /v1/interactions/batch": "importer manager admin interactions:write",
    "POST /v1/notices/bounces": "admin service deliveries:write",
    # The person.
    "GET /v1/tracking": CODE,
    "POST /v1/tracking/messages": CODE,
    "POST /v1/tracking/withdrawal": CODE,
    "POST /v1/tracking/evaluation": CODE,
    "POST /v1/tracking/recover": OPEN,
    "POST /v1/privacy/erasure": CODE,
    "GET /v1/privacy/export": CODE,
    "POST /v1/privacy/erasures": "reviewer admin",
    "GET /v1/privacy/erasures": "auditor admin",
    "POST /v1/privacy/exports": "reviewer admin",
    # The catalogue.
    **{f"GET /v1/{kind}": OPEN for kind in ("services", "service-points", "topics", "touchpoints")},
    **{f"GET /v1/{kind}/{{code}}": OPEN for kind in ("services", "service-points", "topics", "touchpoints")},
    **{f"PUT /v1/{kind}/{{code}}": "admin" for kind in ("services", "service-points", "topics", "touchpoints")},
    **{f"DELETE /v1/{kind}/{{code}}": "admin" for kind in ("services", "service-points", "topics", "touchpoints")},
    # Partners and devices.
    **{
        f"{call}": "admin"
        for holder in ("partners", "devices")
        for call in (
            f"GET /v1/{holder}",
            f"GET /v1/{holder}/{{code}}",
            f"PUT /v1/{holder}/{{code}}",
            f"DELETE /v1/{holder}/{{code}}",
            f"GET /v1/{holder}/{{code}}/keys",
            f"POST /v1/{holder}/{{code}}/keys",
            f"DELETE /v1/{holder}/{{code}}/keys/{{key_id}}",
        )
    },
    "POST /v1/oauth/token": OPEN,
    "GET /v1/oauth/jwks": OPEN,
    # Cases.
    "GET /v1/cases": "agent supervisor reviewer manager auditor importer cases:read",
    "POST /v1/cases": "agent supervisor reviewer",
    "POST /v1/cases/actions": WORKERS,
    "GET /v1/cases/{case_id}": "agent supervisor reviewer manager auditor importer cases:read",
    "POST /v1/alerts/bounces": "admin service deliveries:write",
    "GET /v1/cases/{case_id}/timeline": "agent supervisor reviewer manager auditor importer cases:read",
    **{f"POST /v1/cases/{{case_id}}/{verb}": WORKERS for verb in get_args(Verb)},
    # The organisation.
    "GET /v1/teams": STAFF,
    "GET /v1/teams/{code}": STAFF,
    "PUT /v1/teams/{code}": "supervisor admin",
    "DELETE /v1/teams/{code}": "admin",
    "GET /v1/teams/{code}/versions": STAFF,
    "GET /v1/calendars": STAFF,
    "GET /v1/calendars/{code}": STAFF,
    "PUT /v1/calendars/{code}": "admin",
    "GET /v1/calendars/{code}/versions": STAFF,
    "GET /v1/service-standards": OPEN,
    "GET /v1/service-standards/{code}": OPEN,
    "PUT /v1/service-standards/{code}": "admin",
    "DELETE /v1/service-standards/{code}": "admin",
    "GET /v1/service-standards/{code}/versions": STAFF,
    "GET /v1/rules": STAFF,
    "GET /v1/rules/versions": STAFF,
    "GET /v1/organisation": "auditor admin",
    "PUT /v1/rules": "admin",
    "POST /v1/rules/trial": STAFF,
    # The figures.
    "GET /v1/kpis": "supervisor manager analyst",
    "GET /v1/kpis/definitions": "supervisor manager analyst",
    "GET /v1/kpis/{name}/series": "supervisor manager analyst",
    "GET /v1/service-standard-results": OPEN,
    "GET /v1/reconciliation": "manager analyst auditor admin",
    # The house itself.
    "GET /v1/feedback-events": "service",
    "GET /v1/feedback-events/head": "service",
    "GET /v1/case-events": "service",
    "GET /v1/case-events/head": "service",
    "GET /v1/intake/dead-letters": "auditor admin",
    "GET /v1/routing/dead-letters": "auditor admin",
    "GET /v1/analytics/dead-letters": "auditor admin",
}
