"""Contact data as an index may hold it: a keyed digest of its one form, which finds it again and tells nothing."""

import hashlib
import hmac
import re
from collections.abc import Mapping

import phonenumbers

NO_REGION = ""
"""For who looks an address up: only telephone numbers have one."""
_FEWEST_DIGITS = 5


class BlindIndex:
    """Digests of e-mail addresses and telephone numbers, under a key derived from the service's secret."""

    def __init__(self, secret: str, region: str) -> None:
        self._key = hmac.digest(secret.encode(), b"contact index", hashlib.sha256)
        self._region = region

    def digests(self, contact: Mapping[str, str | None]) -> tuple[bytes, ...]:
        """Of the `email` and the `phone` that are there, in this order."""
        email, phone = contact.get("email"), contact.get("phone")
        return tuple(one for one in (email and self.email(email), phone and self.phone(phone)) if one)

    def email(self, address: str) -> bytes:
        """In small letters, and no further: `straße.de` and `strasse.de` are not the same people."""
        return self._digest("email", address.strip().lower())

    def phone(self, number: str) -> bytes | None:
        """None where it has too few digits to be anybody's number."""
        try:
            parsed = phonenumbers.parse(number, self._region)
        except phonenumbers.NumberParseException:
            digits = re.sub(r"\D", "", number)
            return self._digest("phone", digits) if len(digits) >= _FEWEST_DIGITS else None
        return self._digest("phone", phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))

    def _digest(self, kind: str, form: str) -> bytes:
        return hmac.digest(self._key, f"{kind} {form}".encode(), hashlib.sha256)
