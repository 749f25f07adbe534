"""References and tracking codes, as people read, hear and type them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.crockford import ALPHABET
from libs.contracts.references import new_reference, normalise_reference
from services.intake.tracking.codes import normalise, tracking_code, tracking_digest

codes = st.builds(tracking_code, st.just("a secret"), st.uuids(), st.integers(1, 9))


@given(codes)
def test_a_code_is_four_groups_of_characters_that_cannot_be_taken_for_others(code: str) -> None:
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 5]
    assert set(code) <= set(ALPHABET) | {"-"}
    assert not set("ILOU") & set(code)


@given(codes, st.randoms())
def test_case_hyphens_spaces_and_letters_that_look_like_figures_do_not_matter(code: str, chance) -> None:
    look_alike = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(chance.choice(look_alike.get(one, one + one.lower())) for one in code)
    for form in (
        typed,
        typed.replace("-", ""),
        typed.replace("-", " "),
        f" {typed} ",
        "-".join(typed.replace("-", "")),
    ):
        assert normalise(form) == code.replace("-", "")
        assert tracking_digest("s", form) == tracking_digest("s", code)


@given(codes)
def test_every_wrong_character_is_found(code: str) -> None:
    plain = code.replace("-", "")
    for place, right in enumerate(plain):
        for wrong in set(ALPHABET) - {right}:
            assert normalise(plain[:place] + wrong + plain[place + 1 :]) is None


@given(codes)
def test_every_swap_of_two_neighbours_is_found(code: str) -> None:
    plain = code.replace("-", "")
    for place in range(len(plain) - 1):
        swapped = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
        assert normalise(swapped) == (plain if swapped == plain else None)


@given(codes, st.characters())
def test_a_character_more_or_less_is_found(code: str, more: str) -> None:
    plain = code.replace("-", "")
    assert normalise(plain[:-1]) is None
    assert normalise(plain + more) in (None, plain if more in "- " else None)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    assert normalise(typed) is None or len(normalise(typed) or "") == 17


def test_a_code_depends_on_the_secret_the_feedback_and_the_generation() -> None:
    one, other = UUID(int=1), UUID(int=2)
    made = {tracking_code(secret, of, n) for secret in ("a", "b") for of in (one, other) for n in (1, 2)}
    assert len(made) == 8
    assert tracking_code("a", one, 1) == tracking_code("a", one, 1)


def test_a_reference_has_a_check_character_that_is_a_letter_or_a_figure() -> None:
    for _ in range(500):
        prefix, one, two = new_reference().split("-")
        assert (prefix, len(one), len(two)) == ("EC", 4, 4)
        value = 0
        for character in (one + two)[:-1]:
            value = value * 32 + ALPHABET.index(character)
        assert value % 37 == ALPHABET.index(two[-1])


@pytest.mark.parametrize(
    "typed",
    ["EC-7K4Q-28M1", "ec-7k4q-28m1", "EC7K4Q28M1", " ec 7k4q 28ml ", "7K4Q-28M1", "7k4q28mi", "E-C-7-K-4-Q-28M1"],
)
def test_a_reference_is_read_however_it_is_typed(typed: str) -> None:
    assert normalise_reference(typed) == "EC-7K4Q-28M1"


@pytest.mark.parametrize("typed", ["", "EC", "EC-7K4Q-28M2", "EC-7K4Q-28M", "EC-7K4Q-28M11", "FR-7K4Q-28M1"])
def test_what_cannot_be_a_reference_is_none(typed: str) -> None:
    assert normalise_reference(typed) is None
