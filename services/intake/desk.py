"""What intake keeps at hand for a request."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request

from libs.common.db import Database
from libs.common.stream.ledger import ErasureLedger
from services.intake.catalogue.at_hand import KnownCodes
from services.intake.persons.contact import BlindIndex
from services.intake.persons.keys import MasterKey


@dataclass(frozen=True)
class Desk:
    """The known codes, the master key, the secret of codes and fingerprints, the index of contact data, the ledger."""

    database: Database
    codes: KnownCodes
    master_key: MasterKey
    secret: str
    blind: BlindIndex
    zone: ZoneInfo
    """In which the person's days begin and end."""
    ledger: ErasureLedger
    late_days: int
    """How many days more are promised when a promise was not kept."""
    sends_mail: bool
    """Whether there is a mail server: without one, no mail is promised."""


async def set_desk(app: FastAPI, _: AsyncExitStack) -> None:
    """Start of the application: `app.state.desk`."""
    settings = app.state.settings
    app.state.desk = Desk(
        database=app.state.database,
        codes=KnownCodes(lambda: app.state.clock().astimezone(settings.time_zone).date(), settings.time_zone),
        master_key=MasterKey(settings.master_key.get_secret_value()),
        secret=settings.secret.get_secret_value(),
        blind=BlindIndex(settings.secret.get_secret_value(), settings.phone_region),
        zone=settings.time_zone,
        ledger=ErasureLedger(settings.erasure_ledger),
        late_days=settings.late_days,
        sends_mail=settings.smtp_url is not None,
    )


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskOf = Annotated[Desk, Depends(_desk)]
