"""Routing's worker: its log, and the feedback events."""

from functools import partial

from libs.common.auth.service_token import service_token
from libs.common.housekeeping import keep_house
from libs.common.stream.carrier import reader_of, relays_of
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.partitions import keep_partitions
from libs.common.stream.retention import keep_log
from libs.common.stream.sequencer import run_sequencer
from libs.common.worker import create_worker
from services.routing.alerts.service import run_alerts
from services.routing.cases.hiding import run_hiding
from services.routing.cases.terms import terms_of
from services.routing.cases.timers import run_timers
from services.routing.handlers import handlers
from services.routing.settings import RoutingSettings

settings = RoutingSettings.load()
terms = terms_of(settings)
feedback = reader_of(
    "routing",
    "intake",
    settings,
    FeedClient(settings.feedback_events_url, service_token("routing", settings), "routing"),
    handlers(terms),
)
app = create_worker(
    "routing",
    settings,
    tasks={
        "sequencer": run_sequencer,
        "partitions": keep_partitions,
        "retention": keep_log("routing"),
        "housekeeping": keep_house,
        "timers": partial(run_timers, terms),
        "hiding": partial(run_hiding, terms),
        "alerts": partial(run_alerts, terms),
    },
    readers=[feedback],
    relays=relays_of("routing", settings),
)
