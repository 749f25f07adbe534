"""Addresses of this house: where somebody is sent back to after something else."""

import re
from urllib.parse import urlsplit

_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
"""One slash and no second one, no backslash (browsers read it as a slash), no control character, no space."""


def local(address: str | None, otherwise: str) -> str:
    """The address, if it is a path of this house; never one that leads elsewhere (CWE-601)."""
    if address is None or len(address) > 2_000 or not _LOCAL.fullmatch(address):
        return otherwise
    parts = urlsplit(address)
    return otherwise if parts.scheme or parts.netloc else address
