"""Teams over the wire, and as they are written in YAML."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from libs.common.examples import shown
from libs.common.languages import Bilingual
from libs.common.wire import Line, Name, Wire
from libs.contracts.codes import Code
from services.routing.organisation.versions import VersionOut, Versions


def _once_each(codes: list[str]) -> list[str]:
    return sorted(set(codes))


Email = Annotated[Line, StringConstraints(max_length=254, pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]
Url = Annotated[Line, StringConstraints(max_length=500, pattern=r"^https?://[^\s]+$")]
MemberId = Annotated[Line, Field(max_length=200)]
Codes = Annotated[list[Code], Field(max_length=1_000), AfterValidator(_once_each)]


class Contact(Wire):
    """Where the public reaches the team."""

    phone: Annotated[Line, Field(max_length=40)] | None = None
    email: Email | None = None
    url: Url | None = None


class TeamContent(Wire):
    """What a team is: its name and contact are public, the rest is the organisation's own."""

    model_config = shown(
        {
            "name": {"fr": "Équipe des passeports", "en": "Passport team"},
            "contact": {"phone": "1-800-555-0101", "email": "passeports@agence.example"},
            "members": ["zoe", "ali"],
            "services": ["passports", "passport-renewal"],
        }
    )

    name: Name
    contact: Contact = Contact()
    members: Annotated[list[MemberId], Field(max_length=1_000), AfterValidator(_once_each)] = Field(
        [], description="ids, as in the claim `sub` of their tokens"
    )
    alert_email: Email | None = Field(
        None, description="where what is urgent is told at once; never shown to the public"
    )
    services: Codes = Field([], description="that the team runs: hidden from it is what concerns its own staff")
    service_points: Codes = Field([], description="that the team runs")
    restricted: bool = Field(False, description="takes what must be hidden from the team complained about")


class TeamDocument(TeamContent):
    """A team with its code, as in the organisation's document."""

    model_config = shown(
        {
            "code": "passports",
            "name": {"fr": "Équipe des passeports", "en": "Passport team"},
            "contact": {"phone": "1-800-555-0101", "email": "passeports@agence.example"},
            "members": ["zoe", "ali"],
            "services": ["passports", "passport-renewal"],
        }
    )

    code: Code

    @property
    def content(self) -> TeamContent:
        return TeamContent.model_validate(self.model_dump(exclude={"code"}))


class TeamName(BaseModel):
    """A team as others speak of it."""

    code: str
    name: Bilingual


class TeamOut(TeamContent):
    """A team as it now is. One that is retired keeps the cases that are over, and gets no others."""

    model_config = shown(
        {
            "code": "passports",
            "version": 3,
            "retired": False,
            "name": {"fr": "Équipe des passeports", "en": "Passport team"},
            "contact": {"phone": "1-800-555-0101", "email": "passeports@agence.example"},
            "members": ["zoe", "ali"],
            "services": ["passports", "passport-renewal"],
        }
    )

    code: Code
    version: int
    retired: bool


class TeamVersionOut(VersionOut[TeamContent]):
    """A version of a team: what was published, by whom and when."""


class TeamVersions(Versions[TeamVersionOut]):
    """Versions of a team, the newest first."""


class Teams(BaseModel):
    """Teams, by code."""

    items: list[TeamOut]
