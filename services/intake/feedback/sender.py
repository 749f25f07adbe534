"""Who sends feedback, and what that lets them say: a form without a token, staff, a partner's tool, a device."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from libs.common.auth.principal import Anyone, Forbidden, Principal, scopes_needed
from libs.contracts.codes import STAFF, Source
from services.intake.partners.keyring import Keyring

_NEEDED = scopes_needed(["feedback:write"])
_KEY_HOLDERS: dict[str, Source] = {"partner": "partner", "device": "device"}


@dataclass(frozen=True)
class Sender:
    """`source` and `code` are known from the token or the key, never from the body."""

    by: Principal | None
    source: Source
    code: str | None = None
    """Of the partner or of the device."""
    touchpoint: str | None = None
    """Where what it sends comes from, unless that names a touchpoint itself."""

    @classmethod
    def of(cls, by: Principal | None) -> "Sender":
        """A token without a role of staff, a service's say, is taken as none would be."""
        holder = _KEY_HOLDERS.get(by.kind) if by else None
        if by is not None and holder is not None:
            return cls(by, holder, by.subject)
        return cls(by, "staff" if by is not None and by.has(*STAFF) else "web_form")

    @property
    def is_known(self) -> bool:
        return self.source != "web_form"

    @property
    def may_bring_in_the_past(self) -> bool:
        return self._is_importer or (
            self.source == "partner" and self.by is not None and self.by.may("feedback:historical")
        )

    @property
    def has_references_of_its_own(self) -> bool:
        return self.source == "partner" or self._is_importer

    @property
    def agent(self) -> str | None:
        """Who of the staff, or behind the partner's tool, has the person before them."""
        if self.by is None or self.source not in ("staff", "partner"):
            return None
        return self.by.subject if self.source == "staff" else self.by.agent

    @property
    def _is_importer(self) -> bool:
        return self.source == "staff" and self.by is not None and self.by.has("importer")


async def sender_of(request: Request, by: Anyone) -> Sender:
    """The sender of one feedback. `Forbidden` for a partner or a device without the scope `feedback:write`."""
    sender = Sender.of(by)
    if by is None or sender.code is None:
        return sender
    if not by.may("feedback:write"):
        raise Forbidden(detail=_NEEDED)
    keyring: Keyring = request.app.state.keyring
    return replace(sender, touchpoint=await keyring.touchpoint_of(by))


SenderOf = Annotated[Sender, Depends(sender_of)]
