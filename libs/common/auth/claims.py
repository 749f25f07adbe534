"""Roles and teams in the claims of any identity provider: each has its own place and its own words for them."""

from collections.abc import Mapping
from typing import Any

import jwt


class Claim:
    """A claim with codes: its name, or its path with dots (`realm_access.roles`), and what its values mean here."""

    def __init__(self, name: str, meanings: Mapping[str, str] | None = None) -> None:
        self._name, self._meanings = name, meanings

    def codes(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """A list, or a text with spaces between. A token in which it is anything else is not valid (PyJWTError)."""
        given = self._find(claims)
        values = given.split() if isinstance(given, str) else given
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise jwt.InvalidTokenError("a list of codes is expected")
        if self._meanings is None:
            return frozenset(values)
        return frozenset(self._meanings[value] for value in values if value in self._meanings)

    def _find(self, claims: Mapping[str, Any]) -> Any:
        if self._name in claims:  # a name may have dots of its own: https://example.org/roles
            return claims[self._name]
        at: Any = claims
        for part in self._name.split("."):
            if not isinstance(at, Mapping) or part not in at:
                return []
            at = at[part]
        return at


def meanings_of(text: str) -> dict[str, str]:
    """`theirs=ours, theirs=ours`. ValueError, in one line, for anything else."""
    pairs = [pair.strip().rpartition("=") for pair in text.split(",")]
    if not all(theirs and ours for theirs, _, ours in pairs):
        raise ValueError("pairs such as ecoute-agents=agent, separated by commas, are expected")
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}
