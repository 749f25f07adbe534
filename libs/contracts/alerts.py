"""The Message-ID of mail that tells a team of an urgent case: routing sends it, intake may hear that it came back."""

import re
from uuid import UUID

_OF_AN_ALERT = re.compile(r"<?urgent\.(?P<case>[0-9a-f-]{36})\.(?P<team>[A-Za-z0-9][A-Za-z0-9._:-]{0,63})@[^@]+")


def alert_id(case_id: UUID, team: str) -> str:
    """What stands before the `@`."""
    return f"urgent.{case_id}.{team}"


def alert_in(message_id: str) -> tuple[UUID, str] | None:
    """The case and the team of an alert; None where it is other mail."""
    found = _OF_AN_ALERT.fullmatch(message_id.strip())
    try:
        return (UUID(found["case"]), found["team"]) if found else None
    except ValueError:
        return None
