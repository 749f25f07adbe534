"""The catalogue over the wire, and as it is written in YAML."""

from typing import Literal

from pydantic import BaseModel, model_validator

from libs.common.languages import Bilingual
from libs.common.wire import Wire
from libs.contracts.codes import Code

EntryKind = Literal["service", "service_point", "topic"]


class Entry(Wire):
    """One entry; `parent` makes the tree."""

    code: Code
    name: Bilingual
    parent: Code | None = None


class Entries(BaseModel):
    items: list[Entry]


class CatalogueDocument(Wire):
    """The whole catalogue. What is no longer in it is retired: kept, and no longer accepted in new feedback."""

    services: list[Entry] = []
    service_points: list[Entry] = []
    topics: list[Entry] = []

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

    def by_kind(self) -> dict[EntryKind, list[Entry]]:
        return {"service": self.services, "service_point": self.service_points, "topic": self.topics}
