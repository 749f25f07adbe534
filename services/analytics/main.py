"""Analytics' API: figures that an organisation can trust."""

from libs.common.app import create_app
from libs.common.stream import dead_letters
from libs.pages import assets
from libs.pages.routes import guide_browsers
from services.analytics.kpis import api as kpis
from services.analytics.pages.dashboard import routes as dashboard
from services.analytics.pages.figures import routes as figure_pages
from services.analytics.pages.standards import routes as standards_page
from services.analytics.reconciliation import api as reconciliation
from services.analytics.settings import AnalyticsSettings
from services.analytics.standards import api as standards

DESCRIPTION = """
The figures. Analytics turns what was said and what was answered into figures, each with all that is needed to judge
it, and to publish it.

**Who uses it.** Managers and analysts; supervisors, for their own teams; dashboards and reports. No words and
nobody's name are here.

**Who you are.** Staff send their token as `Authorization: Bearer`.

**How to read a figure.** `value` is null with `n` 0 where there is nothing to compute it from, never 0. `interval` is
at 95 %. `flags` say what to be careful of. `as_of` says how far the logs had been read.
"""

TAGS = {
    "figures": "Figures of a span of days, over time, and what each of them means.",
    "operations": "For those who run the house: do the figures still add up?",
}

app = create_app(
    "analytics",
    AnalyticsSettings.load(),
    title="Écoute analytics",
    description=DESCRIPTION,
    tags=TAGS,
    routers=[
        kpis.router,
        standards.router,
        reconciliation.router,
        dead_letters.router("/v1/analytics/dead-letters", "analytics"),
        dashboard.router,
        figure_pages.router,
        standards_page.router,
        assets.router,
    ],
)
guide_browsers(app)
