"""What mail is written with, whoever it is for."""

from dataclasses import dataclass
from typing import Self
from zoneinfo import ZoneInfo

from libs.common.mail import Mailer
from services.intake.persons.keys import MasterKey
from services.intake.settings import IntakeSettings


@dataclass(frozen=True)
class House:
    """The organisation's name, days and page, and the keys to what is kept."""

    name: str
    zone: ZoneInfo
    late_days: int
    follow_url: str | None
    master_key: MasterKey
    secret: str

    @classmethod
    def of(cls, settings: IntakeSettings, mailer: Mailer | None) -> Self:
        return cls(
            name=mailer.sender.display_name if mailer else "",
            zone=settings.time_zone,
            late_days=settings.late_days,
            follow_url=settings.follow_url,
            master_key=MasterKey(settings.master_key.get_secret_value()),
            secret=settings.secret.get_secret_value(),
        )
