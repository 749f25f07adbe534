import csv
import re
import time
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.verbatims.personal_data import Redacted, Removal, redact
from services.intake.verbatims.spans import Kind
from services.intake.verbatims.windows import MOST_LOOKED_UP, Patience

STORIES = Path(__file__).parents[2].parent / "shared/data/services_publics_plus_sample.csv"
real_stories = pytest.mark.skipif(not STORIES.exists(), reason=f"the real stories are not at {STORIES}")


def stories() -> dict[str, str]:
    with STORIES.open(encoding="utf-8", newline="") as file:
        return {row["id"]: f"{row['title']}\n\n{row['text']}" for row in csv.DictReader(file)}


def luhn_digit(digits: str) -> str:
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def wrong(digits: str) -> str:
    """The same with its last digit one higher."""
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


def iban(country: str, account: str) -> str:
    key = 98 - int("".join(str(int(char, 36)) for char in account + country + "00")) % 97
    return f"{country}{key:02d}{account}"


def nir(number: str) -> str:
    return f"{number}{97 - int(number.replace('2A', '19').replace('2B', '18')) % 97:02d}"


def kinds(text: str) -> dict[Kind, int]:
    return {removal.kind: removal.count for removal in redact(text).removed}


# The real stories


@real_stories
def test_of_the_real_stories_exactly_these_lose_personal_data() -> None:
    removed = {story: found for story, text in stories().items() if (found := redact(text).removed)}
    one_telephone = "270501 270788 270840 270973 271289 271307 3249274 3600799".split()  # noqa: SIM905
    assert removed == {
        **{story: (Removal(Kind.TELEPHONE, 1),) for story in one_telephone},
        "270504": (Removal(Kind.TELEPHONE, 2),),
        "270383": (Removal(Kind.EMAIL, 1),),
        "270729": (Removal(Kind.EMAIL, 1),),
    }


@real_stories
@pytest.mark.parametrize(
    ("story", "gone"),
    [
        ("270501", "01 70 772 372"),
        ("270504", "0820825825"),
        ("270788", "0971103960"),
        ("270840", "0806703803"),
        ("270973", "04 92 17 22 22"),
        ("271289", "0820 53 81 23"),
        ("271307", "0810251310"),
        ("3249274", "04 96 20 26 40"),
        ("3600799", "0 805 204 805"),
        ("270383", "tutelles.tj-les-sables-d'olonne@justice.f"),
        ("270729", "no-reply@interieur.gouv.fr"),
    ],
)
def test_a_real_story_loses_the_whole_number_or_address_and_no_other_word(story: str, gone: str) -> None:
    text = stories()[story]
    assert gone in text
    marker = "[email]" if "@" in gone else "[telephone]"
    assert redact(text).text == text.replace(gone, marker)


@real_stories
def test_short_numbers_of_public_services_and_message_numbers_stay_in_real_stories() -> None:
    texts = stories()
    for short in ("3646", "3960", "3975"):
        alone = re.compile(rf"(?<!\d){short}(?!\d)")
        assert any(alone.search(text) for text in texts.values())
        assert all(len(alone.findall(redact(text).text)) == len(alone.findall(text)) for text in texts.values())
    assert all(number in redact(texts["279982"]).text for number in ("3559438", "3446987", "3447027", "2988737"))


@real_stories
def test_a_real_story_costs_less_than_two_milliseconds_on_average() -> None:
    texts = list(stories().values())
    redact("06 12 34 56 78")
    start = time.process_time()
    for text in texts:
        redact(text)
    assert (time.process_time() - start) / len(texts) < 0.002


# Telephone numbers

FRENCH = [
    "06 12 34 56 78",
    "0612345678",
    "06.12.34.56.78",
    "06-12-34-56-78",
    "06/12/34/56/78",
    "06_12_34_56_78",
    "06:12:34:56:78",
    "06,12,34,56,78",
    "06·12·34·56·78",
    "06  12  34  56  78",
    "06 - 12 - 34 - 56 - 78",
    "06. 12. 34. 56. 78",
    "06\u00a012\u00a034\u00a056\u00a078",
    "06\u202f12\u202f34\u202f56\u202f78",
    "06\u200b12\u200b34\u200b56\u200b78",
    "06 12345678",
    "0612 345 678",
    "0 805 204 805",
    "0692 12 34 56",
    "06 39 98 12 34",
    "٠٦ ١٢ ٣٤ ٥٦ ٧٨",
    "+33 6 12 34 56 78",
    "+33 (0)6 12 34 56 78",
    "+33(0)612345678",
    "0033 6 12 34 56 78",
    "00 33 612345678",
    "33 6 12 34 56 78",
]
CANADIAN = ["(418) 555-0123", "418-555-0123", "418.555.0123", "4185550123", "1 418 555 0123", "+1 418-555-0123"]
ABROAD = ["+32 470 12 34 56", "+41 79 123 45 67", "+213 6 61 23 45 67", "0032 470 12 34 56"]


@pytest.mark.parametrize("number", [*FRENCH, *CANADIAN, *ABROAD])
def test_a_telephone_number_is_gone_however_it_is_written(number: str) -> None:
    assert redact(f"Appelez le {number}, merci.").text == "Appelez le [telephone], merci."


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("tel0612345678merci", "tel[telephone]merci"),
        ("TÉLÉPHONE0612345678", "TÉLÉPHONE[telephone]"),
        ("au 0820825825J'arrive", "au [telephone]J'arrive"),
        ("numéro indiqué (04 92 17 22 22).La", "numéro indiqué ([telephone]).La"),
        ("06 12 34 56 78 01 44 55 66 77", "[telephone] [telephone]"),
        ("06 12 34 56 78/01 44 55 66 77", "[telephone]/[telephone]"),
        ("le 3975 puis le 06 12 34 56 78", "le 3975 puis le [telephone]"),
        ("418 555-0123 poste 22", "[telephone] poste 22"),
    ],
)
def test_a_telephone_number_leaves_its_neighbours_alone(text: str, redacted: str) -> None:
    assert redact(text).text == redacted


def test_national_numbers_are_those_of_the_regions_asked_for() -> None:
    assert redact("gsm 0470 12 34 56", ["BE"]).text == "gsm [telephone]"
    assert redact("tel 612 34 56 78", ["ES"]).text == "tel [telephone]"
    assert redact("0612345678", []).text == "0612345678"
    assert redact("+33612345678", []).text == "[telephone]"
    assert redact("0612345678", ["", "nowhere"]).text == "0612345678"


@pytest.mark.parametrize(
    "text",
    [
        "Le 01/05/2019 11:28, le 05 12 2021 10 15, du 01.01.2021 au 31-12-2021, 2020-12-01 10:30:00",
        "de 2018-2019 à 2019/2020, 2020 2021 2022",
        "1 234 567 890 €, 300 000 euros, 4 271.44 \x80, 250 000 $, 1.300.000 km",
        "le 3646, le 39 75, le 118 712, le 17",
        "mon dossier n° 0612345678",
        "réf. : 7503123456, commande 5143559438, REF0612345678, CERFA 13703*07",
        "https://exemple.fr/demande/0612345678",
        "75012 Paris, 01000 06000, H2X 1Y4",
        "SIREN 380 129 866, SIRET 380 129 866 46850, siret 38012986646850",
        "numéro fiscal 1234567890123",
        "départements 01, 02, 03, 04, 05",
        "0.805204805",
        "une page @ sur laquelle. On peut. a@b",
    ],
)
def test_dates_amounts_references_postcodes_and_short_numbers_stay(text: str) -> None:
    assert redact(text) == Redacted(text, ())


# E-mail addresses


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("écrire à jean.dupont+caf@orange.fr.", "écrire à [email]."),
        ("MARIE@GOUV.QC.CA", "[email]"),
        ("<jean@x.fr>,(marie@mail.co.uk)", "<[email]>,([email])"),
        ("d'olonne@justice.fMalgré", "[email]Malgré"),
        ("jean@orange.frmerci", "[email]merci"),
        ("jean@orange.fr.Bonjour", "[email].Bonjour"),
        ("jean@gmail.comJe", "[email]Je"),
        ("jean@orange.fr0612345678", "[email][telephone]"),
        ("jean @ orange.fr ou jean@ orange.fr", "[email] ou [email]"),
        ("hélène@mairie-évry.fr", "[email]"),
        ("0612345678@sms.fr", "[email]"),
    ],
)
def test_an_address_is_gone_whole_and_the_glued_word_stays(text: str, redacted: str) -> None:
    assert redact(text).text == redacted


# Numbers with check digits


@pytest.mark.parametrize(
    "number",
    [
        iban("FR", "30006000011234567890189"),
        iban("FR", "2004101005" + "0500013M026" + "06"),
        iban("BE", "539007547034"),
        iban("GB", "NWBK60161331926819"),
        iban("CH", "00762011623852957"),
    ],
)
def test_an_iban_is_gone_in_one_piece_or_in_fours_unless_its_key_is_wrong(number: str) -> None:
    fours = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    for written in (number, number.lower(), fours):
        assert redact(f"IBAN {written}, merci").text == "IBAN [iban], merci"
    assert Kind.IBAN not in kinds(wrong(number))
    assert Kind.IBAN not in kinds(wrong(fours))


@pytest.mark.parametrize(
    ("prefix", "sizes"),
    [("411111111111111", (4, 4, 4, 4)), ("555555555555444", (4, 4, 4, 4)), ("37828224631000", (4, 6, 5))],
)
def test_a_payment_card_is_gone_unless_luhn_is_wrong(prefix: str, sizes: tuple[int, ...]) -> None:
    card = prefix + luhn_digit(prefix)
    ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
    for joint in ("", " ", "-"):
        grouped = joint.join(card[end - size : end] for end, size in zip(ends, sizes, strict=True))
        assert redact(f"carte {grouped}.").text == "carte [card]."
        assert redact(wrong(grouped)).removed == ()


def test_sixteen_digits_that_no_card_issuer_uses_stay() -> None:
    assert redact("100000000000000" + luhn_digit("100000000000000")).removed == ()


def test_a_social_insurance_number_needs_a_cue_or_its_grouping_by_three_in_canada() -> None:
    sin = "13069254" + luhn_digit("13069254")
    grouped = f"{sin[:3]} {sin[3:6]} {sin[6:]}"
    marker = "[social_insurance_number]"
    assert redact(f"Mon NAS est {sin}.").text == f"Mon NAS est {marker}."
    assert redact(f"social insurance number: {grouped}").text == f"social insurance number: {marker}"
    assert redact(f"voici {grouped}").text == f"voici {marker}"
    assert redact(f"voici {grouped}", ["FR"]).removed == ()
    for kept in (sin, f"NAS {wrong(sin)}", wrong(grouped), f"{grouped} €", f"SIREN {grouped}", f"dossier {grouped}"):
        assert redact(kept).removed == ()


@pytest.mark.parametrize(
    "number", ["1850578006084", "2990199123456", "285052A006084", "185052B006084", "1850597105084"]
)
def test_a_french_nir_is_gone_unless_its_key_is_wrong(number: str) -> None:
    full = nir(number)
    parts = (full[0], full[1:3], full[3:5], full[5:7], full[7:10], full[10:13], full[13:])
    for joint in ("", " ", "."):
        assert redact(f"Je suis {joint.join(parts)}, merci").text == "Je suis [nir], merci"
    assert Kind.NIR not in kinds(f"{number}{int(full[13:]) % 97 + 1:02d}")


def test_a_nir_without_its_key_needs_a_cue() -> None:
    assert redact("n° de sécurité sociale : 1 85 05 78 006 084").text == "n° de sécurité sociale : [nir]"
    assert redact("numéro fiscal 1850578006084").removed == ()


# What holds for any text


def test_removals_are_counted_by_kind_in_order() -> None:
    found = redact(f"0612345678, a@b.fr, c@d.ca, {iban('BE', '539007547034')}")
    assert found.removed == (Removal(Kind.EMAIL, 2), Removal(Kind.IBAN, 1), Removal(Kind.TELEPHONE, 1))


PIECES = """06 12 34 56 78|0612345678|06|12|+33|(0)|0033|418 555 0123|4185550123|1|0|5|a@b.fr|@|jean|orange.fr|Merci|x
|FR76|FR76 3000 6000 0112 3456 7890 189|BE68|4111 1111 1111 1111|4111|046 454 286|NAS |nas|dossier |n° |tel |REF|https://
|[|]|[email]|[telephone]|1850578006084|185057800608491|1 85 05 78|sécu |NIR|2A|01/05/2019|2019|380 129 866 46850|380|_|'
|\u200b|٠٦|é|call | euros|€|client | |  |.|-|/|:|(|)|,""".replace("\n", "").split("|")


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*PIECES, "\n"]) | st.text(st.characters(), max_size=3), max_size=25).map("".join))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once.text) == Redacted(once.text, ())


@given(st.text(st.characters()), st.lists(st.text(max_size=3), max_size=3))
def test_any_text_and_any_regions_are_safe(text: str, regions: list[str]) -> None:
    assert isinstance(redact(text, regions).text, str)


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "@",
        ".",
        "1 ",
        "0 1 ",
        "06 ",
        "a@",
        "a.",
        "ab12",
        "FR76 ",
        "+33",
        "4111 ",
        "0000000 ",
        "1(",
        "00 33 ",
        "(",
        "[",
        "418 555 0123 ",
    ],
)
def test_hostile_characters_take_the_longer_the_more_they_are_and_no_longer(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    assert _seconds(text) < 2 * 4 * _seconds(text[:2_500]) + 0.5


HOSTILE = ["00 5 ", "00 ", "+5 ", "0033 1 ", "tel 5", "418 555 01", "+1(", "00 5 1 2 3 4 5 6 7 8 9 "]


@pytest.mark.parametrize("piece", HOSTILE)
def test_few_numbers_of_a_text_are_looked_up_and_beyond_what_has_the_form_of_one_is_gone(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = 0
    parse = phonenumbers.parse

    def counted(*number: Any) -> phonenumbers.PhoneNumber:
        nonlocal looked_up
        looked_up += 1
        return parse(*number)

    monkeypatch.setattr(phonenumbers, "parse", counted)
    redacted = redact((piece * 20_000)[:20_000] + " x 06 12 34 56 78 x +33 6 12 34 56 78 x 418 555 0123")
    assert looked_up <= MOST_LOOKED_UP
    assert redacted.text.endswith("x [telephone] x [telephone] x [telephone]")


@real_stories
def test_real_stories_need_far_fewer_numbers_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [MOST_LOOKED_UP]
    ask = Patience.is_over

    def asked(patience: Patience) -> bool:
        over = ask(patience)
        left.append(patience.left)
        return over

    monkeypatch.setattr(Patience, "is_over", asked)
    for text in stories().values():
        redact(text)
    assert MOST_LOOKED_UP - min(left) <= MOST_LOOKED_UP / 10


@pytest.mark.parametrize("piece", ["1 ", "0 ", "6 ", "1.", "00 ", "1 " * 12 + "a ", "1 " * 12 + "1111 "])
def test_digits_one_by_one_cost_no_more_than_numbers_do(piece: str) -> None:
    hostile, numbers = ((one * 3_000)[:3_000] for one in (piece, "4111 1111 1111 1112 "))
    assert min(_seconds(hostile) for _ in range(3)) < 3 * min(_seconds(numbers) for _ in range(3))


def _seconds(text: str) -> float:
    start = time.process_time()
    redact(text)
    redact(f"a@{text}")
    redact(f"{text}@b.fr 0612345678")
    return time.process_time() - start
