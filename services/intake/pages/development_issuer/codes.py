"""The codes that it has given out, each good for one exchange within a minute."""

import secrets
from dataclasses import dataclass, field
from time import monotonic

GOOD_FOR_SECONDS = 60.0


@dataclass(frozen=True)
class Granted:
    """Who has picked what, and how who exchanges the code proves to have begun."""

    subject: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    nonce: str
    challenge: str
    at: float = field(default_factory=monotonic)


class Codes:
    """In memory: a process that starts anew knows none, and one signs in again."""

    def __init__(self) -> None:
        self._granted: dict[str, Granted] = {}

    def give(self, granted: Granted) -> str:
        self._granted = {code: one for code, one in self._granted.items() if _is_fresh(one)}
        code = secrets.token_urlsafe(32)
        self._granted[code] = granted
        return code

    def take(self, code: str) -> Granted | None:
        """What was granted, the first time within the minute; then None."""
        granted = self._granted.pop(code, None)
        return granted if granted and _is_fresh(granted) else None


def _is_fresh(granted: Granted) -> bool:
    return monotonic() - granted.at < GOOD_FOR_SECONDS
