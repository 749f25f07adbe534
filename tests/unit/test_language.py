import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.intake.verbatims.language import UNDETERMINED, Language, find_language

STORIES = Path(__file__).parents[2].parent / "shared/data/services_publics_plus_sample.csv"


real_stories = pytest.mark.skipif(not STORIES.exists(), reason=f"the real stories are not at {STORIES}")


def _stories() -> list[dict[str, str]]:
    with STORIES.open(encoding="utf-8", newline="") as file:
        stories = list(csv.DictReader(file))
    assert len(stories) == 601
    return stories


@real_stories
@pytest.mark.parametrize("prior", [None, "en"])
@pytest.mark.parametrize("spelled", [str, str.upper])
def test_every_real_french_story_is_french_whatever_the_form(prior: str | None, spelled: Callable[[str], str]) -> None:
    texts = [spelled(f"{story['title']}\n\n{story['text']}") for story in _stories()]
    assert [text for text in texts if find_language(text, prior).code != "fr"] == []


@real_stories
def test_every_title_of_a_real_story_is_in_the_language_of_its_form() -> None:
    """Two words or three, among them « Service nul », which could be another language's."""
    titles = [story["title"] for story in _stories()]
    assert [title for title in titles if find_language(title, "fr").code != "fr"] == []


@real_stories
def test_eight_words_nearly_always_overturn_a_form_in_another_language() -> None:
    beginnings = [" ".join(story["text"].split()[:8]) for story in _stories()]
    assert len([words for words in beginnings if find_language(words, "en").code != "fr"]) <= 10


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The line was busy all morning and nobody called me back."),
        ("en", "Very good service, thank you!"),
        ("fr", "La ligne était occupée toute la matinée et personne ne m’a rappelé."),
        ("es", "La espera fue demasiado larga y nadie me explicó nada."),
        ("nl", "De wachttijd was veel te lang en niemand hielp mij."),
        ("de", "Das Formular war sehr schwer zu verstehen."),
        ("ar", "انتظرت ساعتين في المكتب ولم يساعدني أحد"),
        ("iu", "ᐅᖃᐅᓯᒃᓴᖅ ᐃᓄᒃᑎᑐᑦ ᓄᓇᕗᑦ ᒐᕙᒪᖓ"),
    ],
)
@pytest.mark.parametrize("prior", [None, "fr-CA", "en"])
def test_a_sentence_speaks_for_itself_on_a_form_in_another_language(code: str, text: str, prior: str | None) -> None:
    found = find_language(text, prior)
    assert found.code == code
    assert found.confidence >= 0.6


@pytest.mark.parametrize("word", ["Merci", "Parfait", "Service lent", "ok", "12345", "👍", ""])
def test_one_word_is_in_the_language_of_the_form(word: str) -> None:
    assert find_language(word, "fr-CA").code == "fr"
    assert find_language(word, "iu").code == "iu"


@pytest.mark.parametrize("text", ["ok", "12345", "👍", "", "asdkjh asdlkj qweoiu zmxncb", "ᎣᏏᏲ ᏙᎯᏧ"])
def test_where_nothing_can_be_said_the_language_is_und_with_no_confidence(text: str) -> None:
    assert find_language(text) == Language(UNDETERMINED, 0.0)


def test_a_writing_that_is_not_the_forms_is_not_taken_for_the_forms_language() -> None:
    assert find_language("ᎣᏏᏲ ᏙᎯᏧ", "fr").code == UNDETERMINED
    assert find_language("ᎣᏏᏲ ᏙᎯᏧ", "chr").code == "chr"
    assert find_language("ᑕᐺ ᓂᓇᓈᐢᑯᒧᐣ", "cr").code == "cr"


@pytest.mark.parametrize("prior", ["", "x!", "und", "français", "123", "-"])
def test_a_prior_that_is_no_language_counts_as_none(prior: str) -> None:
    assert find_language("ok", prior) == find_language("ok")


@pytest.mark.parametrize("prior", ["FR", "fr_FR", "fr-Latn-CA"])
def test_any_spelling_of_a_tag_is_its_primary_language(prior: str) -> None:
    assert find_language("ok", prior).code == "fr"


def test_many_threads_get_the_same_answer() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(find_language, ["Personne ne m’a répondu depuis trois mois."] * 64))
    assert {answer.code for answer in answers} == {"fr"}


@given(st.text(st.characters()), st.none() | st.text(max_size=8))
@example("a\ud800\n", None)
def test_any_text_has_an_answer_between_no_and_full_confidence(text: str, prior: str | None) -> None:
    found = find_language(text, prior)
    assert 0.0 <= found.confidence <= 1.0
    assert found.code.isalpha()
    assert 2 <= len(found.code) <= 3
