import pytest

from libs.common.languages import Bilingual, choose_language, language_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("fr-CA, fr;q=0.9, en;q=0.8", "fr"),
        ("en-CA, fr;q=0.9", "en"),
        ("fr;q=0.4, en;q=0.5", "en"),
        ("en;q=0.4, fr;q=0.5", "fr"),
        ("fr, en", "fr"),
        ("en, fr", "en"),
        ("de, fr;q=0.1", "fr"),
        ("de, it", "en"),
        ("*", "en"),
        ("*, fr", "en"),
        ("fr;q=0", "en"),
        ("fr;q=0, en;q=0.1", "en"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("fr;q=nan, en;q=0.1", "en"),
        ("fr;q=lots, en;q=0.1", "en"),
        ("fr;level=1, en;q=0.1", "fr"),
        ("frisian", "en"),
        (",;,;q=1,", "en"),
        ("x," * 5000 + "fr", "en"),
    ],
)
def test_the_language_that_is_ranked_first_is_spoken_and_english_where_neither_is(
    header: str | None, language: str
) -> None:
    assert choose_language(header) == language


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("en-GB", "en"),
        ("frr", None),
        ("eng", None),
        ("de", None),
        ("", None),
        (None, None),
    ],
)
def test_a_language_is_one_of_the_two_by_its_first_subtag_alone(tag: str | None, language: str | None) -> None:
    assert language_of(tag) == language


def test_a_bilingual_text_gives_the_language_that_is_asked_for() -> None:
    text = Bilingual(fr="Bonjour", en="Hello")
    assert (text.in_("fr"), text.in_("en")) == ("Bonjour", "Hello")
