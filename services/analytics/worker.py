"""Analytics' worker: reads the two logs."""

from libs.common.auth.service_token import service_token
from libs.common.housekeeping import keep_house
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.reader import Reader
from libs.common.worker import create_worker
from services.analytics import handlers
from services.analytics.settings import AnalyticsSettings

settings = AnalyticsSettings.load()
token = service_token("analytics", settings)

intake = Reader(
    "intake", FeedClient(settings.feedback_events_url, token, "analytics"), handlers.intake(settings.time_zone)
)
routing = Reader(
    "routing", FeedClient(settings.case_events_url, token, "analytics"), handlers.routing(settings.time_zone)
)

app = create_worker("analytics", settings, tasks={"housekeeping": keep_house}, readers=[intake, routing])
