"""Intake's worker: its log, the case events, and the redaction of words."""

from libs.common.auth.service_token import service_token
from libs.common.housekeeping import keep_house
from libs.common.stream.carrier import reader_of, relays_of
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.partitions import keep_partitions
from libs.common.stream.retention import keep_log
from libs.common.stream.sequencer import run_sequencer
from libs.common.worker import create_worker
from services.intake.handlers import handlers
from services.intake.messages.redaction import run_messages
from services.intake.notices.sending import run_notices
from services.intake.persons.keys import MasterKey
from services.intake.recovery.mailing import run_recoveries
from services.intake.settings import IntakeSettings
from services.intake.verbatims.service import run_redaction

settings = IntakeSettings.load()
cases = reader_of(
    "intake",
    "routing",
    settings,
    FeedClient(settings.case_events_url, service_token("intake", settings), "intake"),
    handlers(MasterKey(settings.master_key.get_secret_value()), settings.time_zone),
)
app = create_worker(
    "intake",
    settings,
    tasks={
        "sequencer": run_sequencer,
        "partitions": keep_partitions,
        "retention": keep_log("intake"),
        "redaction": run_redaction,
        "messages": run_messages,
        "notices": run_notices,
        "recovery": run_recoveries,
        "housekeeping": keep_house,
    },
    readers=[cases],
    relays=relays_of("intake", settings),
)
