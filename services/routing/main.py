"""Routing's API: who answers, and by when."""

from libs.common.app import create_app
from libs.common.stream import dead_letters, feed
from libs.common.stream.doorbell import hang_doorbell
from libs.pages import assets
from libs.pages.routes import guide_browsers
from services.routing.alerts import api as alerts
from services.routing.calendars import api as calendars
from services.routing.cases import api as cases
from services.routing.cases.verbs import api as verbs
from services.routing.organisation import api as organisation
from services.routing.pages.cases import routes as case_pages
from services.routing.pages.queue import routes as queue_pages
from services.routing.rules import api as rules
from services.routing.settings import RoutingSettings
from services.routing.standards import api as standards
from services.routing.teams import api as teams

DESCRIPTION = """
The work. Routing brings each complaint to the team that must answer, and tracks the answer against its clocks.

**Who uses it.** Agents and supervisors work on cases, in a tool of the organisation's or of a partner; administrators
say which teams there are, who answers what, and what is promised.

**Who you are.** Staff send their token as `Authorization: Bearer`; partners one that intake gave them for their key
(`POST /v1/oauth/token`), and with `Acting-Agent` who works in their tool. A case that is not yours to see is answered
404.

**What is not here**: names, addresses, telephone numbers. The person's words come redacted; as they were said, intake
has them.
"""

TAGS = {
    "cases": "The queue, the case, its timeline, and a call for each verb.",
    "alerts": "Mail that told a team of an urgent case, and came back.",
    "teams": "Who answers: members, public contact, and what a team runs.",
    "calendars": "When a service is open: business days and hours are counted by it.",
    "service standards": "By when the public is promised what.",
    "rules": "Which team answers what; and a trial of what would become of a feedback.",
    "organisation": "Teams, calendars, service standards and rules as one document.",
    "events": "The log, for the other services.",
    "operations": "For those who run the house.",
}

app = create_app(
    "routing",
    RoutingSettings.load(),
    title="Écoute routing",
    description=DESCRIPTION,
    tags=TAGS,
    routers=[
        cases.router,
        verbs.router,
        alerts.router,
        teams.router,
        calendars.router,
        standards.router,
        rules.router,
        organisation.router,
        feed.router("routing", "/v1/case-events"),
        dead_letters.router("/v1/routing/dead-letters", "routing"),
        queue_pages.router,
        case_pages.router,
        assets.router,
    ],
    start=[hang_doorbell],
)
guide_browsers(app)
