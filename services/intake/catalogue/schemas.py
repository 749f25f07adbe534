"""The catalogue over the wire, and as it is written in YAML."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, model_validator

from libs.common.languages import Bilingual
from libs.common.wire import Wire
from libs.contracts.codes import Channel, Code

EntryKind = Literal["service", "service_point", "topic", "touchpoint"]


class Entry(Wire):
    """One entry; `parent` makes the tree."""

    code: Code
    name: Bilingual
    parent: Code | None = None


class TouchpointEntry(Entry):
    """A page, a line, a desk, a kiosk: what it fills in where feedback leaves it out."""

    channel: Channel
    service: Code | None = None
    service_point: Code | None = None
    phase: Code | None = None


class Entries(BaseModel):
    items: list[Entry]


class CatalogueDocument(Wire):
    """The whole catalogue. What is no longer in it is retired: kept, and no longer accepted in new feedback."""

    services: list[Entry] = []
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

    def by_kind(self) -> Mapping[EntryKind, Sequence[Entry]]:
        return {
            "service": self.services,
            "service_point": self.service_points,
            "topic": self.topics,
            "touchpoint": self.touchpoints,
        }
