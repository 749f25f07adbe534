"""Routing's API: who answers, and by when."""

from libs.common.app import create_app
from libs.common.stream import dead_letters, feed
from libs.common.stream.doorbell import hang_doorbell
from services.routing.calendars import api as calendars
from services.routing.cases import api as cases
from services.routing.cases.verbs import api as verbs
from services.routing.organisation import api as organisation
from services.routing.rules import api as rules
from services.routing.settings import RoutingSettings
from services.routing.standards import api as standards
from services.routing.teams import api as teams

app = create_app(
    "routing",
    RoutingSettings.load(),
    title="Écoute routing",
    description="Brings each complaint to the team that must answer, and tracks the answer against its clocks.",
    routers=[
        cases.router,
        verbs.router,
        teams.router,
        calendars.router,
        standards.router,
        rules.router,
        organisation.router,
        feed.router("routing", "/v1/case-events"),
        dead_letters.router("/v1/routing/dead-letters", "routing"),
    ],
    start=[hang_doorbell],
)
