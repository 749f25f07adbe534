"""Keys: `eck_<id>_<secret>`. The secret is `HMAC(service secret, id)`, 256 bits.

So a replay of the request that made a key can show it again, nothing keeps it in clear, and a key that was never given
out is told from a real one without asking the database.
"""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from libs.common.auth.principal import KEY_PREFIX

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_CHARACTERS = 16  # 80 bits


def new_key_id() -> str:
    """The public part of a key: says which it is, and confers nothing."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_CHARACTERS))


def key_of(secret: str, key_id: str) -> str:
    """The whole key of that id."""
    made = hmac.digest(secret.encode(), b"access key" + key_id.encode(), hashlib.sha256)
    return f"{KEY_PREFIX}{key_id}_{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


@lru_cache
def id_of_genuine(secret: str, key: str) -> str | None:
    """The id of a key that was made here; None for anything else."""
    key_id, _, _ = key.removeprefix(KEY_PREFIX).partition("_")
    if len(key_id) != _ID_CHARACTERS or not hmac.compare_digest(key_of(secret, key_id).encode(), key.encode()):
        return None
    return key_id
