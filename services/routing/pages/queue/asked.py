"""What the address of the queue asks for: the filters of `GET /v1/cases`, as a form can send them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request

from libs.common.auth.identity import Principal
from libs.pages.forms import read
from libs.pages.sessions import signed_in
from services.routing.cases.access import READERS
from services.routing.cases.filters import CaseFilters

ME = "me"
"""As `member`: whoever looks."""

Reader = Annotated[Principal, signed_in(*READERS)]

_OF_EVERY_LIST = ("team", "member", "service", "topic", "kind", "language", "priority")
_OF_THIS_LIST = ("reference", "state", "due", "task", "clock")


@dataclass(frozen=True)
class Asked:
    """The filters as they stand in the address, without those that are empty, and as the list is made by them.

    Without `state`, what is still to be done; `all` and `open` besides the states themselves.
    """

    given: Mapping[str, str]
    filters: CaseFilters

    @property
    def narrowed(self) -> dict[str, str]:
        """What counts, and links to other lists, have in common."""
        return {name: self.given[name] for name in _OF_EVERY_LIST if name in self.given}

    @property
    def query(self) -> str:
        """As it stands in the address, without the page."""
        return urlencode({name: value for name, value in self.given.items() if name != "cursor"})

    def address(self, **others: str | None) -> str:
        """The queue with other filters of its own, and the common ones; None takes one away."""
        wanted = {**self.narrowed, **others}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        return f"/queue?{query}" if query else "/queue"

    def is_at(self, **own: str) -> bool:
        """Whether the list is the one that these make with the common filters."""
        return {name: self.given[name] for name in _OF_THIS_LIST if name in self.given} == own

    def page(self, cursor: str | None = None) -> str:
        """This list, from its beginning or from a place in it."""
        query = urlencode({name: value for name, value in {**self.given, "cursor": cursor}.items() if value})
        return f"/queue?{query}" if query else "/queue"


def asked_of(given: Mapping[str, str], by: Principal) -> Asked:
    """`InvalidRequest` where a filter has a value that it cannot have."""
    said: dict[str, Any] = dict(given)
    state = said.pop("state", None)
    if state is None and "reference" not in said:
        state = "open"
    if state == "open":
        said["open"] = True
    elif state not in (None, "all"):
        said["state"] = state
    if said.get("member") == ME:
        said["member"] = by.subject
    return Asked(given, read(CaseFilters, said))


async def _asked(request: Request, by: Reader) -> Asked:
    given = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    return asked_of({name: value for name, value in given.items() if name in CaseFilters.model_fields}, by)


AskedOf = Annotated[Asked, Depends(_asked)]
