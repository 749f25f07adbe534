"""The worker that sends mail, as the tests of intake drive it."""

from datetime import timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from libs.common.clock import utc_now
from libs.common.mail import Mailer, sender_of, server_of
from services.intake.notices.house import House
from services.intake.notices.sending import send_some
from tests.services.intake.house import COMPLAINT, Intake
from tests.services.post import PostOffice

SENDER = "Bureau des passeports <no-reply@service.example>"
ADDRESS = "zoe.quintessence@exemple-marque.org"
PERSON = {"name": "Zoé Quintessence", "email": ADDRESS, "language": "fr"}
SAID = {**COMPLAINT, "person": PERSON}
SOON = utc_now() + timedelta(days=20)
FOLLOW = "https://service.example/suivi"


class Post:
    """The worker that sends, at whatever hour a test says, and the server that takes what it sends."""

    def __init__(self, intake: Intake, office: PostOffice) -> None:
        self.intake, self.office = intake, office
        self.mailer = Mailer(server_of(office.url), sender_of(SENDER))
        zone = ZoneInfo("America/Toronto")
        self.house = House("Bureau des passeports", zone, 7, FOLLOW, intake.master_key, self.secret)

    @property
    def secret(self) -> str:
        secret: str = self.intake.app.state.settings.secret.get_secret_value()
        return secret

    async def go(self, after: timedelta = timedelta(minutes=2), mailer: Mailer | None = None) -> list[EmailMessage]:
        """All that is due so long after now is sent; what arrived."""
        self.office.taken.clear()
        at = utc_now() + after
        while await send_some(self.intake.database, mailer or self.mailer, self.house, lambda: at):
            pass
        return list(self.office.taken)

    async def without_a_server(self, after: timedelta) -> None:
        at = utc_now() + after
        while await send_some(self.intake.database, None, self.house, lambda: at):
            pass

    async def states(self, number: str) -> dict[str, str]:
        rows = await self.intake.rows("SELECT kind, state FROM notice WHERE feedback_id = :id", id=number)
        return {row.kind: row.state for row in rows}

    async def replies(self, number: str) -> list[tuple[str, str]]:
        """What was told of replies: what happened, and by which means or because of what."""
        return [
            (event["type"].split(".")[3], event["data"].get("because") or event["data"]["by"])
            for event in await self.intake.events(number)
            if event["type"].startswith("ca.ecoute.reply.")
        ]


def text_of(message: EmailMessage) -> str:
    content: str = message.get_content()
    return content.replace("\r\n", "\n")
