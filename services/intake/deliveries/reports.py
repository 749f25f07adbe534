"""Reads mail that came back: delivery status notifications (RFC 3464), as servers write them."""

import re
from email import message_from_bytes
from email.message import Message

from services.intake.deliveries.errors import BounceNotReadable
from services.intake.deliveries.schemas import BounceIn

_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{3,190}>")
_LONGEST_READ = 64_000
"""Bytes: what is looked for stands before the words of the mail that came back."""
_MOST_NESTED = 20
"""Parts in parts: the parser asks each of them at every line whether it ends there."""
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def read_report(raw: bytes) -> BounceIn:
    """Which of our mails came back, and how it is said. `BounceNotReadable` where it says neither."""
    read = raw[:_LONGEST_READ]
    if read.lower().count(b"multipart/") > _MOST_NESTED:
        raise BounceNotReadable
    try:
        report = message_from_bytes(read)
        status, message_id = _status(report), _original(report)
    except (RecursionError, ValueError, LookupError):  # from whoever writes to the address that mail comes back to
        raise BounceNotReadable from None
    if status is None or message_id is None:
        raise BounceNotReadable
    return BounceIn(message_id=message_id, status=status)


def _status(report: Message) -> str | None:
    """Of the first recipient for whom it failed; a delay is 4."""
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in _blocks(part):
                action, found = (
                    str(block.get("Action", "")).strip().lower(),
                    _STATUS.search(str(block.get("Status", ""))),
                )
                if action == "failed":
                    return found[0] if found and found[0][0] == "5" else "5.0.0"
                if action:
                    return found[0] if found else "4.0.0"
    return None


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _original(report: Message) -> str | None:
    """From the mail that is attached, or its headers; else from what the report says it answers to."""
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            found = _id_in(_headers_of(part))
        elif kind == "text/rfc822-headers":
            headers = part.get_payload(decode=True)
            found = _id_in(message_from_bytes(headers)) if isinstance(headers, bytes) else None
        else:
            found = None
        if found:
            return found
    for name in ("In-Reply-To", "References"):
        ids: list[str] = _MESSAGE_ID.findall(str(report.get(name, "")))
        if ids:
            return ids[-1]
    return None


def _headers_of(part: Message) -> Message | None:
    payload = part.get_payload()
    return payload[0] if isinstance(payload, list) and payload and isinstance(payload[0], Message) else None


def _id_in(message: Message | None) -> str | None:
    found = _MESSAGE_ID.search(str(message.get("Message-ID", ""))) if message is not None else None
    return found[0] if found else None
