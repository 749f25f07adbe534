"""The catalogue over the wire, and as it is written in YAML."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.examples import shown
from libs.common.languages import Bilingual
from libs.common.paging import MAX_LIMIT, NEXT_PAGE
from libs.common.wire import Name, Wire, Words
from libs.contracts.codes import Channel, Code

EntryKind = Literal["service", "service_point", "topic", "touchpoint"]


class Advice(Bilingual):
    """A few sentences, in French and English."""

    fr: Annotated[Words, Field(min_length=1, max_length=1_000)]
    en: Annotated[Words, Field(min_length=1, max_length=1_000)]


class EntryIn(Wire):
    """What every entry has; `parent` makes the tree."""

    model_config = shown({"name": {"fr": "Bureau du nord", "en": "North office"}, "valid_from": "2027-01-04"})

    name: Name
    parent: Code | None = None
    valid_from: date | None = Field(None, description="the first day on which it can be chosen")
    valid_until: date | None = Field(None, description="the last day on which it can be chosen")

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise PydanticCustomError(
                "ends_before_it_begins",
                "`valid_from` is after `valid_until`.",
                {"fr": "« valid_from » vient après « valid_until »."},
            )
        return self


class ServiceIn(EntryIn):
    """A service; one out of scope is somebody else's, and says where to turn."""

    model_config = shown(
        {"name": {"fr": "Renouvellement de passeport", "en": "Passport renewal"}, "parent": "passports"},
        {
            "name": {"fr": "Permis de conduire", "en": "Driving licences"},
            "out_of_scope": True,
            "where_to_turn": {"fr": "Adressez-vous à votre province.", "en": "Turn to your province."},
        },
    )

    out_of_scope: bool = False
    where_to_turn: Advice | None = None

    @model_validator(mode="after")
    def _says_where_to_turn(self) -> Self:
        if self.out_of_scope != (self.where_to_turn is not None):
            raise PydanticCustomError(
                "where_to_turn",
                "A service out of scope, and no other, says in `where_to_turn` where to turn.",
                {"fr": "Un service hors de portée, et lui seul, dit dans « where_to_turn » à qui s'adresser."},
            )
        return self


class TouchpointIn(EntryIn):
    """A page, a line, a desk, a kiosk: what it fills in where feedback leaves it out."""

    model_config = shown(
        {
            "name": {"fr": "Borne du centre-ville", "en": "Downtown kiosk"},
            "channel": "counter",
            "service": "passports",
            "service_point": "office-downtown",
            "phase": "visit",
        }
    )

    channel: Channel
    service: Code | None = None
    service_point: Code | None = None
    phase: Code | None = None


class Entry(EntryIn):
    code: Code


class ServiceEntry(ServiceIn):
    code: Code


class TouchpointEntry(TouchpointIn):
    code: Code


class EntryOut(BaseModel):
    """An entry as it is; `children` in a tree alone."""

    code: str
    name: Bilingual
    parent: str | None
    valid_from: date | None
    valid_until: date | None
    retired: bool = Field(description="no longer accepted in new feedback; with what was said before, still")


class ServicePointOut(EntryOut):
    children: list["ServicePointOut"] = []


class TopicOut(EntryOut):
    children: list["TopicOut"] = []


class ServiceOut(EntryOut):
    out_of_scope: bool
    where_to_turn: Bilingual | None
    children: list["ServiceOut"] = []


class TouchpointOut(EntryOut):
    channel: Channel
    service: str | None
    service_point: str | None
    phase: str | None
    children: list["TouchpointOut"] = []


class Services(BaseModel):
    items: list[ServiceOut]


class ServicePoints(BaseModel):
    items: list[ServicePointOut]


class Topics(BaseModel):
    items: list[TopicOut]


class Touchpoints(BaseModel):
    items: list[TouchpointOut]


class Wanted(BaseModel):
    """Which entries, and in what form."""

    on: date | None = Field(None, description="those that can be chosen on this day; today where missing")
    everything: bool = Field(False, description="also those that cannot be chosen: retired, not yet, no longer")
    tree: bool = Field(False, description="the whole tree, entries within their parents' `children`")
    limit: int = Field(MAX_LIMIT, ge=1, le=MAX_LIMIT, description="of a list; a tree comes whole")
    cursor: str | None = Field(None, max_length=200, description=NEXT_PAGE)


class CatalogueDocument(Wire):
    """The whole catalogue. What is no longer in it is retired: kept, and no longer accepted in new feedback."""

    services: list[ServiceEntry] = []
    service_points: list[Entry] = []
    topics: list[Entry] = []
    touchpoints: list[TouchpointEntry] = []

    @model_validator(mode="after")
    def _is_a_forest(self) -> "CatalogueDocument":
        for kind, entries in self.by_kind().items():
            codes = [entry.code for entry in entries]
            if twice := {code for code in codes if codes.count(code) > 1}:
                raise ValueError(f"the {kind} {min(twice)} is there twice")
            parents = {entry.code: entry.parent for entry in entries}
            for entry in entries:
                seen, at = {entry.code}, entry.parent
                while at is not None:
                    if at not in parents:
                        raise ValueError(f"the parent {at} of the {kind} {entry.code} is not in the catalogue")
                    if at in seen:
                        raise ValueError(f"the {kind} {entry.code} is above itself")
                    seen.add(at)
                    at = parents[at]
        return self

    @model_validator(mode="after")
    def _has_what_its_touchpoints_fill_in(self) -> "CatalogueDocument":
        services = {entry.code for entry in self.services} | {None}
        service_points = {entry.code for entry in self.service_points} | {None}
        for touchpoint in self.touchpoints:
            if touchpoint.service not in services or touchpoint.service_point not in service_points:
                raise ValueError(f"what the touchpoint {touchpoint.code} fills in is not in the catalogue")
        return self

    def by_kind(self) -> Mapping[EntryKind, Sequence[Entry | ServiceEntry | TouchpointEntry]]:
        return {
            "service": self.services,
            "service_point": self.service_points,
            "topic": self.topics,
            "touchpoint": self.touchpoints,
        }
