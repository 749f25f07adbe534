"""A person is known again where they allow it, and found by their contact data, which lies nowhere in clear."""

from typing import Any
from uuid import uuid4

import pytest

from services.intake.persons.contact import BlindIndex
from tests.services.intake.house import COMPLAINT, Intake

LINK = [{"purpose": "link", "given": True}]


async def ref(intake: Intake, person: dict[str, Any], consent: Any = LINK) -> str | None:
    receipt = await intake.submit({**COMPLAINT, "person": person, "consent": consent})
    [event] = await intake.events(receipt["id"])
    told: str | None = event["data"].get("person_ref")
    kept = await intake.rows("SELECT person_ref FROM feedback WHERE id = :id", id=receipt["id"])
    assert [row.person_ref and str(row.person_ref) for row in kept] == [told]
    return told


def email() -> str:
    return f"{uuid4()}@example.org"


async def test_the_same_address_links_the_feedback_of_who_allows_it_however_it_is_written(intake: Intake) -> None:
    address = f"Jeanne.{uuid4()}@example.org"
    first = await ref(intake, {"email": address, "name": "Jeanne"})
    assert first
    assert await ref(intake, {"email": address.upper()}) == first
    assert await ref(intake, {"email": email()}) != first


async def test_a_telephone_number_links_in_whatever_form_it_was_given(intake: Intake) -> None:
    forms = ("514 555-0142", "(514) 555 0142", "+1 514-555-0142", "1-514-555-0142", "514.555.0142")
    assert len({await ref(intake, {"phone": form}) for form in forms}) == 1


async def test_who_does_not_allow_it_is_linked_to_nothing(intake: Intake) -> None:
    address = email()
    linked = await ref(intake, {"email": address})
    assert await ref(intake, {"email": address}, []) is None
    assert await ref(intake, {"email": address}, [{"purpose": "link", "given": False}]) is None
    assert await ref(intake, {"email": address}) == linked


@pytest.mark.parametrize("person", [{"name": "Jeanne"}, {"phone": "none"}])
async def test_who_allows_it_and_leaves_nothing_to_be_known_again_by_is_linked_to_nothing(
    intake: Intake, person: dict[str, Any]
) -> None:
    assert await ref(intake, person) is None


async def test_an_address_and_a_number_given_together_lead_to_one_person(intake: Intake) -> None:
    address, number = email(), "418 555-0177"
    by_number = await ref(intake, {"phone": number})
    assert await ref(intake, {"phone": number, "email": address}) == by_number
    assert await ref(intake, {"email": address}) == by_number


async def test_addresses_that_only_look_alike_are_of_different_people(intake: Intake) -> None:
    blind: BlindIndex = intake.app.state.desk.blind
    assert blind.email("Info@Strasse.example") == blind.email("info@strasse.example")
    assert blind.email("info@straße.example") != blind.email("info@strasse.example")


async def test_all_contact_data_is_indexed_and_none_can_be_read_in_the_index(intake: Intake) -> None:
    address = email()
    receipt = await intake.submit({**COMPLAINT, "person": {"email": address, "phone": "450 555-0101"}})
    rows = await intake.rows("SELECT digest, whose FROM contact_index WHERE feedback_id = :id", id=receipt["id"])
    blind: BlindIndex = intake.app.state.desk.blind
    assert {row.digest for row in rows} == {blind.email(address), blind.phone("+14505550101")}
    assert {row.whose for row in rows} == {"person"}
    assert not await intake.count("person_link WHERE digest = :digest", digest=blind.email(address))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("514 555-0142", "+15145550142", True),
        ("514 555-0142", "514 555-0143", False),
        ("+33 1 42 68 53 00", "0033142685300", False),  # from Canada one dials 011
        ("+33 1 42 68 53 00", "+33142685300", True),
        ("poste quarante 55501", "55501", True),
    ],
)
def test_numbers_are_compared_in_their_one_form(one: str, other: str, same: bool) -> None:
    blind = BlindIndex("a secret", "CA")
    assert (blind.phone(one) == blind.phone(other)) is same
    assert blind.phone(one) != BlindIndex("another secret", "CA").phone(one)


def test_what_is_no_number_is_not_indexed() -> None:
    assert BlindIndex("a secret", "CA").phone("none") is None
