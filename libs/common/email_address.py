"""An e-mail address as it comes over the wire: what `EmailStr` takes, in its normal form."""

import re
from functools import lru_cache
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from pydantic import EmailStr, ValidatorFunctionWrapHandler, WrapValidator

LONGEST = 200
_PLAIN = re.compile(r"(?P<mailbox>[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@(?P<domain>[A-Za-z0-9.-]+)", re.ASCII)
_LONGEST_MAILBOX = 64


def _plain_first(sent: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Of a mailbox that is plain, only the domain is asked about, once: most addresses share few domains."""
    plain = _PLAIN.fullmatch(sent) if isinstance(sent, str) and len(sent) <= LONGEST else None
    if plain is None or not _is_plain(plain["mailbox"]):
        return validate(sent)
    try:
        return f"{plain['mailbox']}@{_normal_domain(plain['domain'])}"
    except EmailNotValidError:
        return validate(sent)


def _is_plain(mailbox: str) -> bool:
    return len(mailbox) <= _LONGEST_MAILBOX and mailbox.lower() not in CASE_INSENSITIVE_MAILBOX_NAMES


@lru_cache(maxsize=10_000)
def _normal_domain(domain: str) -> str:
    return str(validate_email(f"a@{domain}", check_deliverability=False).domain)


EmailAddress = Annotated[EmailStr, WrapValidator(_plain_first)]
"""Documented and refused as an `EmailStr` is, which takes ten times as long to read it."""
