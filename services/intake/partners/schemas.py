"""Partners, devices and keys over the wire."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from libs.common.examples import shown
from libs.common.languages import Bilingual
from libs.common.settings import ORIGIN
from libs.common.wire import Line, Name, Wire
from libs.contracts.codes import Code, Scope

Origin = Annotated[
    str,
    StringConstraints(pattern=f"^{ORIGIN.pattern}$"),
]
"""Where pages come from that may call from a browser."""

ScopeCodes = Annotated[list[Scope], Field(min_length=1, max_length=20), AfterValidator(lambda given: sorted({*given}))]
Origins = Annotated[list[Origin], Field(max_length=20), AfterValidator(lambda given: sorted({*given}))]
TeamCodes = Annotated[list[Code], Field(max_length=50), AfterValidator(lambda given: sorted({*given}))]


_SCOPES = (
    "what it may do: `feedback:write` send feedback, alone or in batches; `feedback:historical` also bring in what is "
    "from before (partners alone); `feedback:read` list what it sent, without words; `tracking-codes:write` make codes "
    "for slips; `interactions:write` report counts of calls, visits and page views; `deliveries:write` say of replies "
    "and of mail whether they arrived; `cases:read` see the cases of what it sent, without words; `cases:work` work as "
    "an agent of `teams`, with `Acting-Agent`"
)


class PartnerIn(Wire):
    """Another organisation, or a tool of one's own, that sends and reads by its own keys."""

    model_config = shown(
        {
            "name": {"fr": "Centre d’aide", "en": "Help desk"},
            "scopes": ["feedback:write", "cases:work"],
            "teams": ["passports"],
            "origins": ["https://help.example.org"],
        }
    )

    name: Name
    scopes: ScopeCodes = Field(description=_SCOPES)
    origins: Origins = Field(
        [],
        examples=[["https://forms.example.org"]],
        description="for calls from browsers to intake (CORS); for calls to routing and analytics they stand in the "
        "setting `ECOUTE_CORS_ORIGINS`",
    )
    quota_per_minute: int | None = Field(
        None, ge=1, le=100_000, description="requests a minute, where it is not what other partners have"
    )
    teams: TeamCodes = Field(
        [],
        description="whose cases it works on with `cases:work`; `cases:read` shows those of what it sent, of any team",
    )
    touchpoint: Code | None = Field(None, description="where feedback comes from that names no touchpoint itself")

    @model_validator(mode="after")
    def _has_teams_to_work_for(self) -> Self:
        if not self.teams and "cases:work" in self.scopes:
            raise PydanticCustomError(
                "teams_missing",
                "Whose cases? Name the teams.",
                {"fr": "Les dossiers de qui ? Nommez les équipes."},
            )
        return self


class DeviceIn(PartnerIn):
    """A kiosk, a terminal, a counter's tool: one installation, with keys of its own."""

    model_config = shown(
        {
            "name": {"fr": "Borne du centre-ville", "en": "Downtown kiosk"},
            "scopes": ["feedback:write"],
            "touchpoint": "kiosk-downtown",
        }
    )

    partner: Code | None = Field(None, description="whose device it is; the organisation's own where missing")


class PartnerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    name: Bilingual
    scopes: list[Scope]
    origins: list[str]
    quota_per_minute: int | None
    teams: list[str]
    touchpoint: str | None
    retired: bool
    recorded_at: datetime
    changed_at: datetime


class DeviceOut(PartnerOut):
    partner: str | None


class Partners(BaseModel):
    items: list[PartnerOut]


class Devices(BaseModel):
    items: list[DeviceOut]


class KeyIn(Wire):
    model_config = shown({"label": "autumn 2026"}, {})

    label: Annotated[Line, Field(max_length=100)] | None = Field(None, description="tells keys apart in the list")


class KeyOut(BaseModel):
    """A key, without its secret."""

    id: str
    label: str | None
    created_at: datetime
    last_used_on: date | None = Field(description="the last day on which it was used, in UTC")
    revoked_at: datetime | None


class NewKey(KeyOut):
    """The only time that the key itself is shown."""

    key: str = Field(examples=["eck_4q8z2m6t0c9d7x1k_…"], description="send it as `Authorization: Bearer KEY`")


class Keys(BaseModel):
    items: list[KeyOut]
