"""AES-256-GCM: a key per person, wrapped by the master key. Who destroys the key erases the words."""

import base64
import os
from typing import ClassVar
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.common.problems import Problem

_NONCE_BYTES = 12


class Erased(Problem):
    """What was said here has been erased, as the person asked."""

    status: ClassVar[int] = 410
    fr = "Ce qui a été dit ici a été effacé, à la demande de la personne."


class PersonKey:
    """Encrypts and decrypts what belongs to one person. Each piece is bound to its place by `about`."""

    def __init__(self, key: bytes) -> None:
        self._key, self._cipher = key, AESGCM(key)

    def encrypt(self, text: str, about: str) -> bytes:
        return _seal(self._cipher, text.encode(), about.encode())

    def decrypt(self, sealed: bytes, about: str) -> str:
        return _open(self._cipher, sealed, about.encode()).decode()


class MasterKey:
    """Wraps and unwraps the keys of persons."""

    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(base64.b64decode(key))

    def new_person_key(self, person_id: UUID) -> tuple[PersonKey, bytes]:
        """A fresh key, and the same wrapped, as it is kept."""
        key = os.urandom(32)
        return PersonKey(key), _seal(self._cipher, key, person_id.bytes)

    def person_key(self, person_id: UUID, wrapped: bytes | None) -> PersonKey:
        """The person's key; `Erased` when it was destroyed."""
        if wrapped is None:
            raise Erased
        return PersonKey(_open(self._cipher, wrapped, person_id.bytes))


def _seal(cipher: AESGCM, plain: bytes, about: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, about)


def _open(cipher: AESGCM, sealed: bytes, about: bytes) -> bytes:
    return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
