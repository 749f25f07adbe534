"""Identifiers of rows and events."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): unique, and ordered by time so that indexes grow at their end."""
    return compat.uuid7()
