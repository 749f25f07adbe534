"""What intake tells of the catalogue: an entry as it now is. The subject is `entry_id_of(kind, code)`."""

from datetime import date
from typing import ClassVar
from uuid import UUID, uuid5

from pydantic import Field

from libs.common.languages import Bilingual
from libs.common.stream.events import Event
from libs.contracts.codes import Channel

_ENTRIES = UUID("8c0e1f0a-5a55-5d1f-8d0c-6f3c1f0b7a42")


def entry_id_of(kind: str, code: str) -> UUID:
    """The id of an entry of the catalogue (`service`, `service_point`, `topic`, `touchpoint`)."""
    return uuid5(_ENTRIES, f"{kind}/{code}")


class CatalogueEvent(Event):
    """What every entry has."""

    code: str
    parent: str | None = None
    name: Bilingual
    valid_from: date | None = Field(None, description="the first day on which it can be chosen; always where missing")
    valid_until: date | None = Field(None, description="the last day on which it can be chosen")
    retired: bool = False


class ServiceChanged(CatalogueEvent):
    """A service that people may speak about; one out of scope is somebody else's, and says where to turn."""

    type: ClassVar[str] = "ca.ecoute.service.changed.v1"

    out_of_scope: bool = False
    where_to_turn: Bilingual | None = None


class ServicePointChanged(CatalogueEvent):
    """An office, a line or a site where a service is given."""

    type: ClassVar[str] = "ca.ecoute.service_point.changed.v1"


class TopicChanged(CatalogueEvent):
    """What feedback can be about."""

    type: ClassVar[str] = "ca.ecoute.topic.changed.v1"


class TouchpointChanged(CatalogueEvent):
    """A page, a line, a desk, a kiosk: what it fills in where feedback leaves it out."""

    type: ClassVar[str] = "ca.ecoute.touchpoint.changed.v1"

    channel: Channel | None = None
    service: str | None = None
    service_point: str | None = None
    phase: str | None = None
