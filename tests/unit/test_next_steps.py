"""What the person is told in every situation, in plain French and English."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from libs.common.days import day_of, written
from libs.common.languages import Bilingual, in_french_type
from services.intake.cases.models import CaseView
from services.intake.notices import texts
from services.intake.tracking.next_steps import BY, ERASED, NEXT_STEPS, WITHHELD, Situation, next_step
from services.intake.tracking.situations import Known, new_promise, standing

ZONE = ZoneInfo("America/Toronto")
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 21, 30, tzinfo=UTC)
LATER = datetime(2027, 1, 15, 5, tzinfo=UTC)

ENGLISH = re.compile(r"\b(the|and|your|you|we|our|is|by|has|answer|of|to)\b", re.IGNORECASE)
FRENCH = re.compile(r"\b(le|la|les|et|votre|vous|nous|notre|est|pour|une|des|équipe|réponse)\b", re.IGNORECASE)

EVERY_TEXT: dict[str, Bilingual] = {
    **{f"step {name}": text for name, text in NEXT_STEPS.items()},
    **{f"date {name}": text for name, text in BY.items()},
    **{f"subject {name}": text for name, text in texts.SUBJECTS.items()},
    **{f"opening {name}": text for name, text in texts.OPENINGS.items()},
    **{f"mail date {name}": text for name, text in texts.DATES.items()},
    **{f"extension of {name}": text for name, text in texts.EXTENSIONS.items()},
    **{name: text for name, text in vars(texts).items() if isinstance(text, Bilingual)},
    "withheld": WITHHELD,
    "erased": ERASED,
}


@pytest.mark.parametrize("name", EVERY_TEXT)
def test_each_text_is_in_its_language_and_says_something(name: str) -> None:
    text = EVERY_TEXT[name]
    french, english = re.sub(r"\{\w+\}", "", text.fr), re.sub(r"\{\w+\}", "", text.en)
    assert len(french.strip()) > 5
    assert len(english.strip()) > 5
    assert not ENGLISH.search(french)
    assert not FRENCH.search(english)
    assert re.findall(r"\{\w+\}", text.fr) == re.findall(r"\{\w+\}", text.en)


@pytest.mark.parametrize("name", EVERY_TEXT)
def test_french_marks_stay_with_their_word(name: str) -> None:
    assert not re.search(r" [;:!?»]|« |\.\.\.", EVERY_TEXT[name].fr)
    assert "’" not in EVERY_TEXT[name].fr


def test_every_situation_has_its_text() -> None:
    assert set(NEXT_STEPS) == set(get_args(Situation))
    assert set(texts.SUBJECTS) == set(texts.OPENINGS)


def test_french_type() -> None:
    assert in_french_type("Oui ; non ! « Quoi ? » Voici :") == (
        "Oui\u202f; non\u202f! «\u00a0Quoi\u202f?\u00a0» Voici\u00a0:"
    )


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (date(2026, 12, 1), "mardi 1er décembre 2026", "Tuesday 1 December 2026"),
        (date(2027, 8, 15), "dimanche 15 août 2027", "Sunday 15 August 2027"),
    ],
)
def test_a_day_is_written_as_one_says_it(day: date, french: str, english: str) -> None:
    assert (written(day, "fr").replace("\u00a0", " "), written(day, "en").replace("\u00a0", " ")) == (french, english)


def test_what_is_due_at_midnight_is_due_on_the_day_that_ends() -> None:
    assert day_of(datetime(2027, 1, 16, 5, tzinfo=UTC), ZONE) == date(2027, 1, 15)
    assert day_of(DUE, ZONE) == date(2026, 12, 1)


def test_the_date_is_said_where_there_is_one() -> None:
    step = next_step("acknowledged", DUE, ZONE)
    assert step.en.replace("\u00a0", " ").endswith("Answer promised by Tuesday 1 December 2026.")
    assert step.fr.replace("\u00a0", " ").endswith("au plus tard le mardi 1er décembre 2026.")
    assert next_step("acknowledged", None, ZONE) == NEXT_STEPS["acknowledged"]


def view(state: str, **fields: Any) -> CaseView:
    return CaseView(**{"state": state, "reply_due_at": DUE, "answers": 0, **fields})


BY_PERSON = {"waiting_for": "person", "waiting_until": LATER}
TABLE: list[tuple[Situation, datetime | None, Any, Known]] = [
    ("received", None, None, Known()),
    ("closed", LATER, view("closed", because="declined", reopen_until=LATER), Known(withheld=True)),
    ("closed", LATER, view("closed", because="referred", reopen_until=LATER), Known(withheld=True)),
    ("answered", None, view("answered"), Known(on_the_spot=True, withheld=True)),
    ("new", DUE, view("new", step="opened"), Known()),
    ("assigned", DUE, view("assigned", step="assigned"), Known()),
    ("transferred", DUE, view("assigned", step="transferred"), Known()),
    ("acknowledged", DUE, view("acknowledged", step="acknowledged"), Known()),
    ("acknowledged", DUE, view("acknowledged", step="transferred"), Known()),
    ("asked", LATER, view("waiting", **BY_PERSON), Known(question_open_until=LATER)),
    ("asked", LATER, view("acknowledged"), Known(question_open_until=LATER)),
    ("acknowledged", DUE, view("acknowledged"), Known(question_open_until=NOW - timedelta(days=1))),
    ("waiting_for_you", LATER, view("waiting", **BY_PERSON), Known()),
    ("answer_received", None, view("waiting", **BY_PERSON), Known(answered_last_question=True)),
    ("suspended", LATER, view("waiting", waiting_for="third_party", waiting_until=LATER), Known()),
    ("extended", DUE, view("acknowledged", step="extended"), Known()),
    ("answered", None, view("answered", answers=1), Known(latest_delivery="delivered")),
    ("answered", None, view("answered", answers=1), Known()),
    ("resolved_on_the_spot", None, view("answered", answers=1), Known(on_the_spot=True)),
    ("undeliverable", None, view("answered", answers=1), Known(latest_delivery="undeliverable")),
    ("undeliverable", DUE, view("acknowledged", answers=1, step="replied"), Known(latest_delivery="undeliverable")),
    ("evaluated_yes", None, view("answered", answers=1), Known(latest_solved="yes")),
    ("evaluated_partly", None, view("answered", answers=1), Known(latest_solved="partly")),
    ("evaluated_no", None, view("answered", answers=1), Known(latest_solved="no")),
    ("closed", LATER, view("closed", because="time_passed", reopen_until=LATER), Known()),
    ("closed_evaluated", LATER, view("closed", because="staff", reopen_until=LATER), Known(latest_solved="yes")),
    ("closed", None, view("closed", because="time_passed", reopen_until=NOW - timedelta(days=1)), Known()),
    ("withdrawn", None, view("assigned"), Known(withdrawn=True)),
    ("withdrawn", None, view("closed", because="withdrawn"), Known()),
    ("declined", LATER, view("closed", because="declined", reopen_until=LATER), Known(latest_solved="no")),
    ("referred", None, view("closed", because="referred"), Known()),
    ("reopened", DUE, view("acknowledged", answers=1, step="reopened"), Known(latest_delivery="delivered")),
]


@pytest.mark.parametrize(
    ("situation", "by", "case", "known"), TABLE, ids=lambda one: one if isinstance(one, str) else ""
)
def test_where_it_stands_is_told_by_what_is_known(
    situation: Situation, by: datetime | None, case: Any, known: Known
) -> None:
    stands = standing(case, known, NOW, ZONE, 7)
    assert (stands.situation, stands.by) == (situation, by)
    assert next_step(situation, by, ZONE).fr


def test_every_situation_but_a_slip_is_in_the_table() -> None:
    assert {row[0] for row in TABLE} | {"late", "awaited"} == set(get_args(Situation))


@pytest.mark.parametrize(
    ("now", "situation", "new_date"),
    [
        (datetime(2026, 12, 2, 3, tzinfo=UTC), "acknowledged", None),  # still 1 December in Toronto
        (datetime(2026, 12, 2, 12, tzinfo=UTC), "late", date(2026, 12, 8)),
        (datetime(2026, 12, 9, 4, tzinfo=UTC), "late", date(2026, 12, 8)),
        (datetime(2026, 12, 9, 12, tzinfo=UTC), "late", date(2026, 12, 15)),
    ],
)
def test_a_late_answer_is_late_from_the_day_after_and_always_has_a_new_date(
    now: datetime, situation: Situation, new_date: date | None
) -> None:
    stands = standing(view("acknowledged"), Known(), now, ZONE, 7)
    assert stands.situation == situation
    if new_date:
        assert stands.by is not None
        assert day_of(stands.by, ZONE) == new_date
        assert new_promise(DUE, now, ZONE, 7) == stands.by
