"""Intake's API: what was said, and what was answered."""

from libs.common.app import create_app
from libs.common.stream import dead_letters, feed
from libs.common.stream.doorbell import hang_doorbell
from libs.pages import assets
from libs.pages.routes import guide_browsers
from services.intake.catalogue import api as catalogue
from services.intake.deliveries import api as deliveries
from services.intake.desk import set_desk
from services.intake.feedback import api as feedback
from services.intake.feedback.batcher import start_batcher
from services.intake.feedback.schemas import LARGEST_BATCH_BYTES
from services.intake.feedback.short_way import ShortWay
from services.intake.interactions import api as interactions
from services.intake.messages import api as messages
from services.intake.oauth import api as oauth
from services.intake.pages.development_issuer import routes as development_issuer
from services.intake.pages.entry import routes as entry
from services.intake.pages.feedback import routes as feedback_pages
from services.intake.pages.follow import routes as follow
from services.intake.pages.home import routes as home
from services.intake.pages.person import routes as person
from services.intake.pages.sign_in import routes as sign_in
from services.intake.pages.sign_in.service import set_identity_provider
from services.intake.partners import api as partners
from services.intake.partners.keyring import hang_keyring
from services.intake.privacy import api as privacy
from services.intake.reading import api as reading
from services.intake.recovery import api as recovery
from services.intake.settings import IntakeSettings
from services.intake.slips import api as slips
from services.intake.tracking import api as tracking

DESCRIPTION = """
What was said and what was answered. Intake takes in what people say, through every touchpoint, and tells each of them
where it stands.

**Who uses it.** Forms, kiosks, counter tools and partners send feedback; the person follows it, with the code in the
header `Tracking-Code`; staff find, read and correct it; administrators keep the catalogue and give out keys.

**Who you are.** A form needs no token. Staff send their token, partners and devices their key, as `Authorization:
Bearer`; a key can be exchanged at `POST /v1/oauth/token` for a token that routing and analytics take, too.
"""

TAGS = {
    "feedback": "Take in what people say, one by one or by the thousand; find, read and correct it.",
    "tracking": "What the person sees and does with their tracking code; a new one where it is lost.",
    "privacy": "Have everything about a person erased, or taken out for them.",
    "deliveries": "Whether replies reached the person, told by whoever brought them.",
    "catalogue": "What people may speak about: services, service points, topics, touchpoints. Read without a token.",
    "partners": "Partners and devices, their keys, and the tokens that these are exchanged for.",
    "interactions": "Counts of calls, visits and page views: what feedback is compared with.",
    "events": "The log, for the other services.",
    "operations": "For those who run the house.",
}

settings = IntakeSettings.load()
on_one_machine = settings.development_issuer is not None

app = create_app(
    "intake",
    settings,
    title="Écoute intake",
    description=DESCRIPTION,
    tags=TAGS,
    routers=[
        reading.router,
        feedback.router,
        slips.router,
        tracking.router,
        privacy.router,
        messages.router,
        deliveries.router,
        recovery.router,
        catalogue.router,
        partners.partners,
        partners.devices,
        oauth.router,
        interactions.router,
        feed.router("intake", "/v1/feedback-events"),
        dead_letters.router("/v1/intake/dead-letters", "intake"),
        home.router,
        feedback_pages.router,
        follow.router,
        person.router,
        entry.router,
        sign_in.router,
        *([development_issuer.pages, development_issuer.endpoints] if on_one_machine else []),
        assets.router,
    ],
    larger_bodies={"/v1/feedback/batch": LARGEST_BATCH_BYTES},
    short_ways=[ShortWay],
    start=[
        set_desk,
        hang_keyring,
        set_identity_provider,
        *([development_issuer.set_development_provider] if on_one_machine else []),
        start_batcher,
        hang_doorbell,
    ],
)
guide_browsers(app)
