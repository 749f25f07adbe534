"""What is sealed under a person's key opens in its own place alone."""

import base64
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from services.intake.persons.keys import Erased, MasterKey

MASTER = MasterKey(base64.b64encode(bytes(range(32))).decode())


def test_words_open_under_their_own_key_in_their_own_place() -> None:
    person = uuid4()
    key, wrapped = MASTER.new_person_key(person)
    sealed = key.encrypt("Bonjour.", "feedback 1")
    assert MASTER.person_key(person, wrapped).decrypt(sealed, "feedback 1") == "Bonjour."
    for elsewhere in ("feedback 2", "message 1", ""):
        with pytest.raises(InvalidTag):
            key.decrypt(sealed, elsewhere)
    other, _ = MASTER.new_person_key(person)
    with pytest.raises(InvalidTag):
        other.decrypt(sealed, "feedback 1")


def test_a_persons_key_is_unwrapped_for_that_person_alone_and_not_once_it_was_destroyed() -> None:
    person = uuid4()
    _, wrapped = MASTER.new_person_key(person)
    with pytest.raises(InvalidTag):
        MASTER.person_key(uuid4(), wrapped)
    with pytest.raises(Erased):
        MASTER.person_key(person, None)
