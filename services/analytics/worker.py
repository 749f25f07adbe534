"""Analytics' worker: reads the two logs."""

from libs.common.auth.service_token import service_token
from libs.common.housekeeping import keep_house
from libs.common.stream.carrier import reader_of
from libs.common.stream.feed_client import FeedClient
from libs.common.worker import create_worker
from services.analytics import handlers
from services.analytics.as_of.following import Following
from services.analytics.rollups.folding import keep_folding
from services.analytics.settings import AnalyticsSettings

settings = AnalyticsSettings.load()
token = service_token("analytics", settings)

logs = {
    "intake": (FeedClient(settings.feedback_events_url, token, "analytics"), handlers.intake(settings.time_zone)),
    "routing": (FeedClient(settings.case_events_url, token, "analytics"), handlers.routing(settings.time_zone)),
}

app = create_worker(
    "analytics",
    settings,
    tasks={
        "folding": keep_folding,
        "housekeeping": keep_house,
        **{f"following {source}": Following(source, feed).run for source, (feed, _) in logs.items()},
    },
    readers=[reader_of("analytics", source, settings, *its) for source, its in logs.items()],
)
