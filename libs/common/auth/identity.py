"""Who asks, whatever they showed for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

PrincipalKind = Literal["staff", "service", "partner", "device"]
SERVICE_ROLE = "service"
"""Of a worker that reads another service's log."""

WORKS_AS: Mapping[str, str] = {"cases:work": "agent"}
"""The role that a scope gives to a partner's tool once it says which agent is behind it."""


@dataclass(frozen=True)
class Principal:
    """Somebody with a token or a key: staff and services by their roles, partners and devices by their scopes."""

    subject: str
    """The claim `sub` of staff; the code of a partner or of a device."""
    roles: frozenset[str]
    teams: frozenset[str]
    kind: PrincipalKind = "staff"
    scopes: frozenset[str] = frozenset()
    agent: str | None = None
    """Who acts behind a partner's tool, as it says itself (`Acting-Agent`)."""
    key_id: str | None = None
    """The key that a partner or a device came with, or got its token for."""
    quota: int | None = None
    """Requests a minute, where it is not what others of its kind have."""
    name: str | None = None
    """What somebody is called, for themselves to read; a session says it where the identity provider does."""

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    def may(self, *scopes: str) -> bool:
        return not self.scopes.isdisjoint(scopes)

    @property
    def actor(self) -> str:
        """Who is written down as having done it: for a partner's tool, the agent behind it too."""
        return f"{self.subject}/{self.agent}" if self.agent else self.subject

    @property
    def idempotency_scope(self) -> str:
        """Whose `Idempotency-Key`s these are: a partner's code may be somebody's `sub` as well."""
        return self.subject if self.kind in ("staff", "service") else f"{self.kind}:{self.subject}"

    def acting(self, agent: str | None) -> "Principal":
        """The same with an agent named behind it: nothing to staff, who are who their token says."""
        if agent is None or self.kind not in ("partner", "device"):
            return self
        return replace(self, agent=agent, roles=frozenset(WORKS_AS[one] for one in self.scopes & WORKS_AS.keys()))
