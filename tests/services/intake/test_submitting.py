"""What can be sent to `POST /v1/feedback`, and what is refused, in which words."""

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from libs.common.clock import utc_now
from services.intake.tracking.codes import normalise
from tests.services.intake.house import COMPLAINT, Intake

EVERY_WORD: dict[str, Any] = {
    "channel": "phone",
    "kind": "complaint",
    "topic": "waiting-time",
    "service": "passports",
    "service_point": "office-north",
    "text": "Deux heures d'attente.",
    "language": "fr-CA",
    "ratings": [{"measure": "csat", "value": 2}],
    "person": {
        "name": "Jeanne Tremblay",
        "email": "jeanne@example.org",
        "phone": "514 555-0199",
        "address": "12, rue des Lilas\nMontréal",
        "language": "fr",
        "accessible_format": "braille",
    },
    "interaction": {"reference": "call 77", "waiting_seconds": 90},
    "consent": [{"purpose": "link", "given": True, "text_version": "2026-1"}],
    "external_reference": "CRM 1",
    "submitted_by": {
        "role": "relative",
        "authority": "evidenced",
        "name": "Luc Tremblay",
        "email": "luc@example.org",
        "phone": "514 555-0188",
    },
    "resolved_on_the_spot": {"remedy": "apology", "note": "Excuses présentées."},
}
JSON = {"Content-Type": "application/json"}
STRINGS = [
    ("text",),
    ("topic",),
    ("service",),
    ("service_point",),
    ("language",),
    ("channel",),
    ("kind",),
    ("external_reference",),
    ("person", "name"),
    ("person", "email"),
    ("person", "phone"),
    ("person", "address"),
    ("person", "language"),
    ("person", "accessible_format"),
    ("interaction", "reference"),
    ("consent", 0, "text_version"),
    ("ratings", 0, "measure"),
    ("tracking_code",),
    ("touchpoint",),
    ("submitted_by", "name"),
    ("submitted_by", "email"),
    ("submitted_by", "phone"),
    ("resolved_on_the_spot", "remedy"),
    ("resolved_on_the_spot", "note"),
]


def changed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The feedback that says everything, with another value in one place."""
    body = json.loads(json.dumps(EVERY_WORD))
    at = body
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    return body


def pointer(place: tuple[str | int, ...]) -> str:
    return "".join(f"/{step}" for step in place)


async def refusal(intake: Intake, body: Any, headers: dict[str, str] | None = None) -> tuple[str, list[Any]]:
    """The kind of the problem, and what is wrong where."""
    answer = await intake.http.post("/v1/feedback", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    return problem["type"].removeprefix("urn:ecoute:problem:"), [
        (one["pointer"], one["code"]) for one in problem.get("errors", [])
    ]


# What is taken in.


async def test_a_receipt_has_all_that_the_person_needs(intake: Intake) -> None:
    before = utc_now()
    answer = await intake.http.post("/v1/feedback", json=COMPLAINT)
    receipt = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/feedback/{receipt['id']}"
    assert set(receipt) == {"id", "reference", "tracking_code", "status", "submitted_at", "next_step", "kept"}
    assert re.fullmatch(r"EC-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", receipt["reference"])
    assert normalise(receipt["tracking_code"])
    assert receipt["status"] == "received"
    assert before <= datetime.fromisoformat(receipt["submitted_at"]) <= utc_now()
    assert set(receipt["next_step"]) == {"fr", "en"}


@pytest.mark.parametrize(
    "said",
    [
        {"text": "Merci."},
        {"topic": "courtesy"},
        {"ratings": [{"measure": "nps", "value": 0}]},
        {"ratings": [{"measure": "csat", "value": 1}, {"measure": "ease", "value": 5}]},
        {"text": "👩‍👩‍👧 🇨🇦 ✊🏿", "language": "iu-Cans-CA"},
        {"text": "x" * 20_000},
        {"text": "a\tb\r\nc"},
        {"text": "Bonjour", "experienced_on": "1900-01-01"},
        {"text": "Bonjour", "person": {"address": "12, rue des Lilas\nMontréal"}},
    ],
    ids="-".join,
)
async def test_few_words_a_topic_or_a_mark_are_enough(intake: Intake, said: dict[str, Any]) -> None:
    await intake.submit({"channel": "other", **said})


async def test_everything_that_the_contract_names_and_that_is_built_can_be_sent_at_once(intake: Intake) -> None:
    receipt = await intake.submit(
        {
            **EVERY_WORD,
            "about_channels": ["web", "phone"],
            "respondent": "client",
            "reply_to": "person",
            "reply_by": "letter",
            "disclosure": "anonymous",
            "response_requested": True,
            "historical": True,
            "experienced_on": "2026-01-05",
            "submitted_at": "2026-01-06T09:00:00-05:00",
        },
        intake.staff("importer"),
    )
    [event] = await intake.events(receipt["id"])
    told = event["data"]
    assert (told["source"], told["declared_kind"], told["historical"]) == ("staff", "complaint", True)
    assert told["person"] == {"language": "fr", "accessible_format": "braille"}
    assert told["interaction"] == {"waiting_seconds": 90}
    assert told["submitted_at"] == receipt["submitted_at"] == "2026-01-06T14:00:00Z"
    assert "external_reference" not in told  # « CRM 1 » has a space: it may be a name
    assert "person_ref" in told


# What is refused.


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"channel": "web"}, [("", "says_nothing")]),
        ({"channel": "web", "text": ""}, [("/text", "string_too_short")]),
        ({"text": "x"}, [("/channel", "missing")]),
        ({"channel": "pigeon", "text": "x"}, [("/channel", "literal_error")]),
        ({**COMPLAINT, "colour": "red"}, [("/colour", "extra_forbidden")]),
        ({**COMPLAINT, "person": {"nom": "x"}}, [("/person/nom", "extra_forbidden")]),
        ({**COMPLAINT, "source": "staff"}, [("/source", "extra_forbidden")]),
        ({**COMPLAINT, "text": "x" * 20_001}, [("/text", "string_too_long")]),
        ({**COMPLAINT, "ratings": [{"measure": "csat", "value": True}]}, [("/ratings/0/value", "int_type")]),
        ({**COMPLAINT, "person": {"email": "nobody"}}, [("/person/email", "value_error")]),
        ({**COMPLAINT, "person": {"name": "a\nb"}}, [("/person/name", "control_character")]),
        ({**COMPLAINT, "person": {"name": "  "}}, [("/person/name", "string_too_short")]),
        ({**COMPLAINT, "language": "French"}, [("/language", "string_pattern_mismatch")]),
        ({**COMPLAINT, "language": "fr_CA"}, [("/language", "string_pattern_mismatch")]),
        ({**COMPLAINT, "experienced_on": "0001-01-01"}, [("/experienced_on", "greater_than_equal")]),
        ({**COMPLAINT, "experienced_on": "2026-02-30"}, [("/experienced_on", "date_from_datetime_parsing")]),
        ({**COMPLAINT, "experienced_on": "2999-01-01"}, [("/experienced_on", "in_the_future")]),
        ({**COMPLAINT, "experienced_on": 1_700_006_400}, [("/experienced_on", "not_dated")]),
        ({**COMPLAINT, "ratings": [{"measure": "csat", "value": 1}] * 2}, [("/ratings", "mark_twice")]),
        ({**COMPLAINT, "ratings": [{"measure": "csat", "value": 1}] * 28}, [("/ratings", "too_long")]),
        ({**COMPLAINT, "ratings": [{"measure": "csat", "value": 10**30}]}, [("/ratings/0/value", "less_than_equal")]),
        ([], [("", "model_attributes_type")]),
        ("words", [("", "model_attributes_type")]),
    ],
    ids=lambda given: json.dumps(given)[:40],
)
async def test_what_has_not_the_form_is_refused_with_its_place(
    intake: Intake, body: Any, errors: list[tuple[str, str]]
) -> None:
    assert await refusal(intake, body) == ("invalid-request", errors)


@pytest.mark.parametrize(
    ("measure", "value", "scale"),
    [
        ("csat", 0, "from 1 to 5"),
        ("csat", 6, "from 1 to 5"),
        ("ces", 0, "from 1 to 7"),
        ("ces", 8, "from 1 to 7"),
        ("trust", 0, "from 1 to 5"),
        ("humanity", 6, "from 1 to 5"),
    ],
)
async def test_a_mark_off_its_scale_is_refused_with_the_scale(
    intake: Intake, measure: str, value: int, scale: str
) -> None:
    ratings = [{"measure": "ces", "value": 7}, {"measure": measure, "value": value}]
    answer = await intake.http.post("/v1/feedback", json={"channel": "web", "ratings": ratings})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/ratings/1", "off_scale")
    assert error["detail"] == f"The mark is not on the measure's scale, {scale}."


@pytest.mark.parametrize("value", [-1, 11])
async def test_a_mark_off_every_scale_is_refused_at_its_value(intake: Intake, value: int) -> None:
    body = {"channel": "web", "ratings": [{"measure": "nps", "value": value}]}
    kind, [(place, _)] = await refusal(intake, body)
    assert (kind, place) == ("invalid-request", "/ratings/0/value")


async def test_codes_that_are_not_in_the_catalogue_are_refused_all_at_once(intake: Intake) -> None:
    body = {**COMPLAINT, "service": "ferries", "service_point": "office-north", "topic": "passports"}
    assert await refusal(intake, body) == (
        "unknown-code",
        [("/service", "unknown_code"), ("/topic", "unknown_code")],
    )


async def test_answers_to_questionnaires_are_refused_rather_than_dropped(intake: Intake) -> None:
    before = await intake.count("feedback")
    answers = {"questionnaire": "q", "version": 1, "values": {}}
    assert await refusal(intake, {**COMPLAINT, "answers": answers}) == (
        "not-available-yet",
        [("/answers", "not_available_yet")],
    )
    assert await intake.count("feedback") == before


async def test_saying_that_a_thing_does_not_apply_says_nothing(intake: Intake) -> None:
    await intake.submit({**COMPLAINT, "concerns_staff": False, "urgent": None, "disclosure": "named", "answers": None})


# Whose it is to say.


@pytest.mark.parametrize(
    ("roles", "field", "value"),
    [
        ((), "submitted_at", "2026-01-06T09:00:00Z"),
        ((), "interaction", {"waiting_seconds": 1}),
        ((), "historical", True),
        ((), "external_reference", "A1"),
        (("agent",), "historical", True),
        (("supervisor", "manager", "admin"), "external_reference", "A1"),
    ],
)
async def test_a_field_of_others_is_refused(intake: Intake, roles: tuple[str, ...], field: str, value: Any) -> None:
    headers = intake.staff(*roles) if roles else None
    assert await refusal(intake, {**COMPLAINT, field: value}, headers) == (
        "not-yours-to-set",
        [(f"/{field}", "not_yours_to_set")],
    )


async def test_an_anonymous_person_marks_for_nobody_else(intake: Intake) -> None:
    ratings = [{"measure": "csat", "value": 5}, {"measure": "csat", "value": 5, "answered_by": "staff"}]
    assert await refusal(intake, {"channel": "web", "ratings": ratings}) == (
        "not-yours-to-set",
        [("/ratings/1/answered_by", "not_yours_to_set")],
    )


async def test_a_token_without_a_role_of_staff_gives_no_right_of_staff(intake: Intake) -> None:
    said = {**COMPLAINT, "submitted_at": "2020-01-01T12:00:00Z"}
    answer = await intake.http.post("/v1/feedback", json=said, headers=intake.staff("service"))
    assert answer.json()["type"] == "urn:ecoute:problem:not-yours-to-set"


async def test_contact_data_of_an_anonymous_person_is_shown_to_nobody(intake: Intake) -> None:
    receipt = await intake.submit({**COMPLAINT, "disclosure": "anonymous", "person": {"name": "Jeanne Tremblay"}})
    answer = await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=intake.staff("reviewer"))
    assert (answer.json()["disclosure"], answer.json()["person"]["name"]) == ("anonymous", None)


async def test_an_invalid_token_is_refused_rather_than_taken_for_nobody(intake: Intake) -> None:
    for header in ("Bearer x", "Bearer", "Basic YTpi"):
        answer = await intake.http.post("/v1/feedback", json=COMPLAINT, headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-01-06T09:00:00Z", "2026-01-06T09:00:00Z"),
        ("2026-01-06T09:00:00.123456+05:30", "2026-01-06T03:30:00.123456Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ],
)
async def test_when_the_person_spoke_is_kept_as_the_instant_that_it_was(intake: Intake, given: str, kept: str) -> None:
    receipt = await intake.submit({**COMPLAINT, "submitted_at": given}, intake.staff("agent"))
    assert receipt["submitted_at"] == kept
    assert (await intake.events(receipt["id"]))[0]["data"]["submitted_at"] == kept


async def test_a_clock_that_runs_ahead_is_forgiven_five_minutes_and_no_more(intake: Intake) -> None:
    now = utc_now()
    ahead = {**COMPLAINT, "submitted_at": (now + timedelta(minutes=4)).isoformat()}
    receipt = await intake.submit(ahead, intake.staff("agent"))
    assert now <= datetime.fromisoformat(receipt["submitted_at"]) <= utc_now()
    for later in (now + timedelta(minutes=6), datetime.max.replace(tzinfo=UTC)):
        body = {**COMPLAINT, "submitted_at": later.isoformat()}
        assert (await refusal(intake, body, intake.staff("agent")))[0] == "submitted-in-the-future"


async def test_what_was_lived_today_may_be_lived_where_it_is_tomorrow(intake: Intake) -> None:
    tomorrow = utc_now().date() + timedelta(days=1)
    await intake.submit({**COMPLAINT, "experienced_on": tomorrow.isoformat()})
    later = {**COMPLAINT, "experienced_on": (tomorrow + timedelta(days=2)).isoformat()}
    assert await refusal(intake, later) == ("invalid-request", [("/experienced_on", "in_the_future")])


@pytest.mark.parametrize(
    "given",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1969-12-31T23:59:59Z",
        "2026-01-06T09:00:00",
        "2016-12-31T23:59:60Z",
        "soon",
        1e20,
        10**400,
        -1,
        1_700_000_000,
        "1700000000",
        True,
    ],
    ids=lambda given: str(given)[:30],
)
async def test_a_moment_that_makes_no_sense_is_refused(intake: Intake, given: Any) -> None:
    await refusal(intake, {**COMPLAINT, "submitted_at": given}, intake.staff("agent"))


# What nobody can read.


@pytest.mark.parametrize("place", STRINGS, ids=pointer)
@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b"], ids=["NUL", "backspace", "escape"])
async def test_control_characters_are_refused_in_every_text(
    intake: Intake, place: tuple[str | int, ...], character: str
) -> None:
    kind, errors = await refusal(intake, changed(place, f"a{character}b"), intake.staff("importer"))
    assert kind == "invalid-request"
    assert [where for where, _ in errors] == [pointer(place)]


@pytest.mark.parametrize("place", STRINGS, ids=pointer)
async def test_half_a_character_is_refused_in_every_text(intake: Intake, place: tuple[str | int, ...]) -> None:
    body = json.dumps(changed(place, "a\ud800b")).encode()
    answer = await intake.http.post("/v1/feedback", content=body, headers=JSON | intake.staff("importer"))
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer(place)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 422, id="nothing"),
        pytest.param(b'{"channel":', 422, id="half a document"),
        pytest.param(b"channel=web&text=x", 422, id="a form"),
        pytest.param(b'{"channel": "web", "text": "\xff\xfe"}', 400, id="not UTF-8"),
        pytest.param(b"[" * 100_000, 422, id="a deep list"),
        pytest.param(b'{"a":' * 100_000, 422, id="a deep object"),
        pytest.param(
            b'{"channel": "web", "ratings": [{"measure": "csat", "value": %s}]}' % (b"9" * 5000), 400, id="9…"
        ),
        pytest.param(b'{"channel": "web", "ratings": [{"measure": "csat", "value": NaN}]}', 422, id="NaN"),
        pytest.param(b'{"channel": "web", "text": "x", "\\ud800": 1}', 422, id="half a character as a name"),
        pytest.param(b'{"channel": "web", "text": "x", "\\u0000": 1}', 422, id="NUL as a name"),
    ],
)
async def test_what_is_no_document_is_refused_in_good_order(intake: Intake, body: bytes, status: int) -> None:
    answer = await intake.http.post("/v1/feedback", content=body, headers=JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_is_too_large_is_refused_before_it_has_all_come(intake: Intake) -> None:
    async def pieces() -> Any:
        for _ in range(30):
            yield b"x" * 50_000

    answer = await intake.http.post("/v1/feedback", content=pieces(), headers=JSON)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:ecoute:problem:content-too-large")
    assert answer.json()["detail"] == "The most is 1000000 bytes."


@pytest.mark.parametrize("body", [gzip.compress(b"{}"), '{"text": "é"}'.encode("latin-1")], ids=["gzip", "Latin-1"])
async def test_a_body_that_is_no_utf_8_is_told_why_it_cannot_be_read(intake: Intake, body: bytes) -> None:
    answer = await intake.http.post("/v1/feedback", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The body is not a text in UTF-8")


async def test_a_body_that_announces_itself_as_too_large_is_not_read(intake: Intake) -> None:
    transport = httpx.ASGITransport(intake.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        answer = await client.post("/v1/feedback", json={**COMPLAINT, "text": "x" * 1_000_001})
    assert answer.status_code == 413


# How it is refused.


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_refusal_repeats_nothing_of_what_was_sent(intake: Intake, logs: Any, language: str) -> None:
    mark = "Zorblax"
    wrong: Any = [f"{mark} {mark}"]
    fields = [*{place[0] for place in STRINGS}, "ratings", "person", "consent", "experienced_on", "submitted_at"]
    bodies: list[Any] = [
        dict.fromkeys(fields, f"{mark} \x00"),
        dict.fromkeys(fields, wrong),
        {name: {"unknown": mark} for name in fields},
        {**COMPLAINT, "person": {"email": f"{mark}@{mark}☃.org", "language": mark, "name": f"{mark}\n{mark}"}},
        {**COMPLAINT, "person": {"email": f"{mark} {mark}@example.org"}, "consent": [{"purpose": mark}]},
        {**COMPLAINT, "person": {"email": f"a@☃{mark}☃.org"}},
        {**COMPLAINT, "ratings": [{"measure": mark, "value": mark, "answered_by": mark}]},
        {**COMPLAINT, "service": mark, "topic": mark, "service_point": mark},
        {**COMPLAINT, "touchpoint": mark, "tracking_code": mark},
        {**COMPLAINT, "external_reference": mark, "interaction": {"reference": mark}},
        {**COMPLAINT, f"{mark} {mark}": mark, "unknown": mark},
        mark,
        [mark],
    ]
    asked = {"Accept-Language": language}
    answers = [await intake.http.post("/v1/feedback", json=body, headers=asked) for body in bodies]
    for raw in (f'{{"{mark}":'.encode(), f'{{"text": "{mark}\xff"}}'.encode("latin-1")):
        answers.append(await intake.http.post("/v1/feedback", content=raw, headers=JSON | asked))
    for header in ({"Idempotency-Key": mark * 2}, {"Idempotency-Key": mark[:7]}, {"Authorization": f"Bearer {mark}"}):
        answers.append(await intake.http.post("/v1/feedback", json=COMPLAINT, headers=asked | header))
    for code in (mark, mark * 9):
        answers.append(await intake.http.get("/v1/tracking", headers=asked | {"Tracking-Code": code}))
        said = {"solved": mark, "comment": wrong, "ratings": wrong}
        answers.append(await intake.http.post("/v1/tracking/evaluation", json=said, headers=asked))
    for path in (f"/v1/feedback/{mark}", f"/{mark}", f"/v1/feedback-events?after={mark}&id={mark}"):
        answers.append(await intake.http.get(path, headers=asked | intake.staff("reviewer", "service")))
    for answer in answers:
        assert 400 <= answer.status_code < 500, answer.text
        assert mark.lower() not in answer.text.lower()
        assert mark.lower() not in str(answer.headers).lower()
        assert answer.headers["content-language"] == language
    assert '"event":"request"' in logs.getvalue()
    assert mark.lower() not in logs.getvalue().lower()


@pytest.mark.parametrize(
    ("accept", "language", "title"),
    [
        ("fr-CA, en;q=0.5", "fr", "Un code n'est pas au catalogue, ou n'y est plus : voir « errors »."),
        ("en, fr;q=0.9", "en", "A code is not in the catalogue, or is retired: see `errors`."),
        ("de", "en", "A code is not in the catalogue, or is retired: see `errors`."),
    ],
)
async def test_errors_speak_the_language_that_is_asked_for(
    intake: Intake, accept: str, language: str, title: str
) -> None:
    body = {**COMPLAINT, "service": "ferries"}
    answer = await intake.http.post("/v1/feedback", json=body, headers={"Accept-Language": accept})
    assert (answer.headers["content-language"], answer.json()["title"]) == (language, title)
    detail = {"fr": "Ce code n'est pas au catalogue.", "en": "This code is not in the catalogue."}[language]
    assert answer.json()["errors"][0]["detail"] == detail


# The catalogue.


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("/v1/services", ["passport-renewal", "passports", "pensions", "website"]),
        ("/v1/service-points", ["call-centre", "office-downtown", "office-north"]),
        ("/v1/topics", ["accessibility", "courtesy", "decision", "information", "waiting-time"]),
    ],
)
async def test_the_catalogue_is_read_without_a_token_in_both_languages(
    intake: Intake, path: str, codes: list[str]
) -> None:
    items = (await intake.http.get(path)).json()["items"]
    assert [item["code"] for item in items] == codes
    assert all(item["name"]["fr"] and item["name"]["en"] for item in items)
    parents = {item["code"]: item["parent"] for item in items if item["parent"]}
    assert parents == ({"passport-renewal": "passports"} if path == "/v1/services" else {})
