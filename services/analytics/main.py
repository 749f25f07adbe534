"""Analytics' API: figures that an organisation can trust."""

from libs.common.app import create_app
from libs.common.stream import dead_letters
from services.analytics.kpis import api as kpis
from services.analytics.reconciliation import api as reconciliation
from services.analytics.settings import AnalyticsSettings
from services.analytics.standards import api as standards

app = create_app(
    "analytics",
    AnalyticsSettings.load(),
    title="Écoute analytics",
    description="Turns what was said and what was answered into figures, each with all that is needed to judge it.",
    routers=[
        kpis.router,
        standards.router,
        reconciliation.router,
        dead_letters.router("/v1/analytics/dead-letters", "analytics"),
    ],
)
