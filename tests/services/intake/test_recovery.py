"""Lost tracking codes."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from libs.common.clock import utc_now
from libs.common.mail import Mailer, sender_of, server_of
from libs.contracts.cases import CaseOpened
from services.intake.notices.house import House
from services.intake.notices.sending import send_some
from services.intake.persons.contact import BlindIndex
from services.intake.recovery.mailing import answer_some
from tests.services.intake.house import COMPLAINT, TEAM, Intake, told
from tests.services.post import PostOffice, post_office

NOW = "2026-11-23T12:00:00Z"
MINE = (TEAM["team"],)
LOST = {"reason": "lost"}


async def opened(intake: Intake, **fields: Any) -> dict[str, Any]:
    """The receipt of a complaint whose case a team has."""
    receipt = await intake.submit()
    await intake.hear(told(CaseOpened, receipt["id"], 1, state="new", submitted_at=NOW, **fields))
    return receipt


async def renew(
    intake: Intake, feedback_id: str, who: dict[str, str], body: dict[str, Any] = LOST
) -> tuple[int, dict[str, Any]]:
    answer = await intake.http.post(f"/v1/feedback/{feedback_id}/tracking-code", json=body, headers=who)
    return answer.status_code, answer.json()


async def opens(intake: Intake, code: str) -> bool:
    answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    assert answer.status_code in (200, 404)
    return answer.status_code == 200


async def test_a_new_code_kills_the_old_one_at_once(intake: Intake) -> None:
    receipt = await opened(intake)
    agent = intake.staff("agent", teams=MINE)
    status, first = await renew(intake, receipt["id"], agent)
    assert (status, first["reference"]) == (201, receipt["reference"])
    status, second = await renew(intake, receipt["id"], agent)
    assert status == 201
    codes = [receipt["tracking_code"], first["tracking_code"], second["tracking_code"]]
    assert [await opens(intake, code) for code in codes] == [False, False, True]
    said = {"solved": "yes"}
    answer = await intake.http.post("/v1/tracking/evaluation", json=said, headers={"Tracking-Code": codes[0]})
    assert answer.status_code == 404
    assert len(await intake.events(receipt["id"])) == 1


async def test_the_same_key_shows_the_same_code_and_makes_no_other(intake: Intake) -> None:
    receipt = await opened(intake)
    agent = intake.staff("agent", teams=MINE) | {"Idempotency-Key": "new-code-1"}
    answers = [await renew(intake, receipt["id"], agent) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert await opens(intake, answers[0][1]["tracking_code"])
    status, problem = await renew(intake, receipt["id"], agent, {"reason": "other"})
    assert (status, problem["type"]) == (422, "urn:ecoute:problem:idempotency-key-reused")
    assert await intake.count("reading WHERE feedback_id = :id", id=receipt["id"]) == 1


async def test_who_sends_the_feedback_again_is_not_told_the_new_code(intake: Intake) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    receipt = await intake.submit(COMPLAINT, key)
    status, new = await renew(intake, receipt["id"], intake.staff("reviewer"), {"reason": "seen_by_others"})
    assert status == 201
    again = await intake.submit(COMPLAINT, key)
    assert again == receipt
    assert new["tracking_code"] != again["tracking_code"]


async def test_who_gave_out_a_code_and_why_is_kept_and_the_code_is_not(intake: Intake, logs: io.StringIO) -> None:
    receipt = await opened(intake)
    agent = intake.staff("agent", teams=MINE, subject="ana") | {"Idempotency-Key": "new-code-2"}
    _, new = await renew(intake, receipt["id"], agent, {"reason": "seen_by_others"})
    path = f"/v1/feedback/{receipt['id']}/readings"
    [noted] = (await intake.http.get(path, headers=intake.staff("auditor"))).json()["items"]
    assert (noted["what"], noted["read_by"], noted["reason"]) == ("tracking_code", "ana", "seen_by_others")
    [kept] = await intake.rows("SELECT answer FROM idempotency_key WHERE key = 'new-code-2'")
    assert kept.answer == {"generation": 2}
    assert new["tracking_code"] not in logs.getvalue()


@pytest.mark.parametrize("body", [{}, {"reason": "Elle a déménagé."}, {"reason": None}], ids=str)
async def test_a_reason_is_one_of_a_few(intake: Intake, body: dict[str, Any]) -> None:
    assert (await renew(intake, (await opened(intake))["id"], intake.staff("reviewer"), body))[0] == 422


async def test_a_code_is_given_out_by_the_team_that_has_it_and_reviewers(intake: Intake) -> None:
    number = (await opened(intake))["id"]
    hidden = (await opened(intake, hidden_from=("pensions",)))["id"]
    partner = await intake.key("town", "feedback:write", "feedback:read")
    for who, of, status in (
        ({}, number, 401),
        (partner, number, 403),
        *((intake.staff(role, teams=MINE), number, 403) for role in ("manager", "auditor", "admin", "importer")),
        (intake.staff("agent", teams=("pensions",)), number, 404),
        (intake.staff("supervisor"), number, 404),
        (intake.staff("reviewer", teams=("pensions",)), hidden, 404),
        (intake.staff("agent", teams=("pensions", *MINE)), hidden, 404),
        (intake.staff("reviewer"), str(uuid4()), 404),
        (intake.staff("supervisor", teams=MINE), number, 201),
        (intake.staff("reviewer"), hidden, 201),
    ):
        assert (await renew(intake, of, who))[0] == status


async def test_a_team_that_no_longer_has_it_is_not_shown_the_code_again(intake: Intake) -> None:
    receipt = await opened(intake)
    agent = intake.staff("agent", teams=MINE) | {"Idempotency-Key": "new-code-3"}
    assert (await renew(intake, receipt["id"], agent))[0] == 201
    await intake.rows("UPDATE case_view SET team = 'ombuds' WHERE feedback_id = :id RETURNING 1", id=receipt["id"])
    assert (await renew(intake, receipt["id"], agent))[0] == 404


# Recovery by the person.


@pytest.fixture(autouse=True)
def mails(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The house has a mail server."""
    monkeypatch.setattr(intake.app.state, "desk", replace(intake.app.state.desk, sends_mail=True))


async def ask(intake: Intake, headers: dict[str, str] | None = None, status: int = 202, **asked: str) -> dict[str, Any]:
    answer = await intake.http.post("/v1/tracking/recover", json=asked, headers=headers)
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def answered(intake: Intake, *, later: timedelta = timedelta(0)) -> None:
    """The worker looks up who has asked."""
    settings = intake.app.state.settings
    blind = BlindIndex(settings.secret.get_secret_value(), settings.phone_region)
    async with intake.database.transaction() as session:
        await answer_some(session, intake.master_key, blind, utc_now() + later)


async def notices(intake: Intake, *ids: str) -> list[str]:
    """The recipients of the codes that are on their way."""
    rows = await intake.rows(
        "SELECT recipient FROM notice WHERE kind = 'recovered' AND feedback_id = ANY(:ids) ORDER BY created_at",
        ids=[UUID(one) for one in ids],
    )
    return [row.recipient for row in rows]


async def test_whether_anything_is_found_is_seen_nowhere_in_the_answer(intake: Intake, logs: io.StringIO) -> None:
    contact = {"email": "known@exemple-marque.org", "phone": "+1 514 555 0142"}
    receipt = await intake.submit({**COMPLAINT, "person": contact})
    known = [{"email": contact["email"]}, {"phone": contact["phone"]}]
    known += [{"email": contact["email"], "reference": receipt["reference"]}]
    unknown = [{"email": "unknown@exemple-marque.org"}, {"phone": "+1 514 555 0143"}]
    unknown += [{"email": contact["email"], "reference": (await intake.submit())["reference"]}, {"phone": "1"}]
    bodies = [await ask(intake, **asked) for asked in (*known, *unknown)]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["next_step"].keys() == {"fr", "en"}
    assert await intake.count("notice WHERE kind = 'recovered'") == 0  # nothing is looked up on the request
    assert "exemple-marque" not in logs.getvalue()
    [row] = await intake.rows("SELECT count(*) AS n FROM recovery WHERE digest::text LIKE '%exemple%'")
    assert row.n == 0
    await answered(intake)


async def test_without_a_mail_server_no_mail_is_promised_and_nobody_is_noted(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake.app.state, "desk", replace(intake.app.state.desk, sends_mail=False))
    await intake.submit({**COMPLAINT, "person": {"email": "no-mail@exemple-marque.org"}})
    before = await intake.count("recovery")
    bodies = [await ask(intake, email=f"{name}@exemple-marque.org") for name in ("no-mail", "nobody")]
    assert bodies[0] == bodies[1]
    assert bodies[0]["next_step"]["fr"].startswith("Aucun courriel ne part d'ici\u00a0: une personne de l'équipe")
    assert bodies[0]["next_step"]["en"] == "No mail is sent from here: somebody of the team can give you a new code."
    assert await intake.count("recovery") == before


async def test_who_asks_in_somebodys_name_with_a_wrong_reference_takes_nothing_from_them(intake: Intake) -> None:
    contact = {"email": "asked.twice@exemple-marque.org"}
    receipt = await intake.submit({**COMPLAINT, "person": contact})
    for reference in (receipt["reference"], (await intake.submit())["reference"]):
        await ask(intake, **contact, reference=reference)
    await answered(intake)
    assert await notices(intake, receipt["id"]) == ["person"]


@pytest.mark.parametrize("by", ["EMAIL", "phone"])
async def test_the_code_goes_to_the_address_on_file_and_nowhere_else(intake: Intake, by: str) -> None:
    contact = {"email": f"{by}@exemple-marque.org", "phone": f"+1 514 555 01{len(by)}0"}
    older = (await intake.submit({**COMPLAINT, "person": contact}))["id"]
    receipt = await intake.submit({**COMPLAINT, "person": contact})
    without = (await intake.submit({**COMPLAINT, "person": {"phone": contact["phone"]}}))["id"]
    asked = {"EMAIL": {"email": contact["email"].lower()}, "phone": {"phone": contact["phone"][3:]}}[by]
    await ask(intake, **asked, reference=(await intake.submit())["reference"])
    await answered(intake)
    assert await notices(intake, older, receipt["id"], without) == []
    await ask(intake, **asked)
    await answered(intake)
    assert await notices(intake, receipt["id"]) == ["person"]
    assert await notices(intake, older, without) == []


async def test_a_contact_is_written_to_once_an_hour_however_often_and_by_whatever_one_asks(intake: Intake) -> None:
    contact = {"email": "often@exemple-marque.org", "phone": "+1 514 555 0166"}
    number = (await intake.submit({**COMPLAINT, "person": contact}))["id"]
    for _ in range(2):
        for one in ("email", "phone"):
            await ask(intake, **{one: contact[one]})
            await answered(intake)
    assert await notices(intake, number) == ["person"]
    await ask(intake, email=contact["email"])
    await answered(intake, later=timedelta(minutes=61))
    assert await notices(intake, number) == ["person", "person"]
    await answered(intake, later=timedelta(minutes=125))
    assert await intake.count("recovery") == 0


async def test_the_code_of_who_spoke_without_authority_is_not_the_persons(intake: Intake) -> None:
    said = {"person": {"email": "mother@exemple-marque.org"}}
    daughter = {"role": "relative", "authority": "none", "email": "daughter@exemple-marque.org"}
    number = (await intake.submit({**COMPLAINT, **said, "submitted_by": daughter}))["id"]
    for email in ("mother@exemple-marque.org", "daughter@exemple-marque.org"):
        await ask(intake, email=email)
    await answered(intake)
    assert await notices(intake, number) == ["submitter"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"reference": "EC-0000-0000"},
        {"email": "a@exemple-marque.org", "phone": "+1 514 555 0142"},
        {"email": "nobody"},
        {"email": "a@exemple-marque.org", "reference": "EC-0000-0001"},
        {"email": "a@exemple-marque.org", "name": "Zoé"},
    ],
    ids=str,
)
async def test_what_is_no_question_is_refused(intake: Intake, asked: dict[str, str]) -> None:
    problem = await ask(intake, status=422, **asked)
    assert "exemple-marque" not in str(problem)


async def test_it_can_be_sent_again_and_keys_of_nobody_are_uuids(intake: Intake) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = await ask(intake, key, email="again@exemple-marque.org")
    assert await ask(intake, key, email="again@exemple-marque.org") == first
    reused = await ask(intake, key, 422, email="other@exemple-marque.org")
    assert reused["type"] == "urn:ecoute:problem:idempotency-key-reused"
    problem = await ask(intake, {"Idempotency-Key": "not-a-uuid"}, 422, email="again@exemple-marque.org")
    assert problem["type"] == "urn:ecoute:problem:key-must-be-uuid"


@pytest.fixture(scope="module")
def running() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


@pytest.fixture
async def office(intake: Intake, running: PostOffice) -> PostOffice:
    """Nothing is on its way that another test has asked for."""
    await answered(intake)
    await intake.rows("UPDATE notice SET state = 'dropped' WHERE state = 'waiting' RETURNING id")
    return running


async def delivered(intake: Intake, office: PostOffice) -> list[EmailMessage]:
    """The mail with codes that is due, as it arrived."""
    await answered(intake)
    office.taken.clear()
    mailer = Mailer(server_of(office.url), sender_of("Bureau <no-reply@service.example>"))
    secret = intake.app.state.settings.secret.get_secret_value()
    follow = "https://service.example/suivi"
    house = House("Bureau", ZoneInfo("America/Toronto"), 7, follow, intake.master_key, secret)
    await intake.rows("UPDATE notice SET state = 'dropped' WHERE kind <> 'recovered' RETURNING id")
    while await send_some(intake.database, mailer, house, utc_now):
        pass
    return list(office.taken)


@pytest.mark.parametrize(
    ("language", "subject", "pieces"),
    [
        ("fr", "Vos codes de suivi", ["Bonjour,"]),
        ("en", "Your tracking codes", ["Hello,"]),
        (None, "Vos codes de suivi / Your tracking codes", ["Bonjour,", "(English below)", "Hello,"]),
    ],
)
async def test_one_mail_brings_every_code_that_is_in_force_and_no_words(
    intake: Intake, office: PostOffice, language: str | None, subject: str, pieces: list[str]
) -> None:
    email = f"mail-{language}@exemple-marque.org"
    said = {**COMPLAINT, "text": "Zibeline.", "person": {"email": email, "language": language}}
    first, second = [await intake.submit(said) for _ in range(2)]
    _, renewed = await renew(intake, first["id"], intake.staff("reviewer"))
    await ask(intake, email=email)
    [mail] = await delivered(intake, office)
    text = mail.get_content()
    assert (mail["to"], mail["subject"]) == (email, subject)
    for code in (renewed["tracking_code"], second["tracking_code"]):
        assert f"https://service.example/suivi#{code}" in text
        assert await opens(intake, code)
    for piece in (first["reference"], second["reference"], *pieces):
        assert piece in text
    assert first["tracking_code"] not in text
    assert "Zibeline" not in text
    await ask(intake, email=email)
    assert await delivered(intake, office) == []


async def test_staff_who_wrote_it_down_are_told_nothing_and_sent_no_code(intake: Intake, office: PostOffice) -> None:
    email = "guichet@exemple-marque.org"
    by = {"role": "staff", "name": "Guichet", "email": email}
    said = {**COMPLAINT, "concerns_staff": True, "person": {"phone": "418 555-0133"}, "submitted_by": by}
    receipt = await intake.submit(said, intake.staff("agent", teams=["other"]))
    [row] = await intake.rows("SELECT told_by_mail FROM feedback WHERE id = :id", id=receipt["id"])
    assert row.told_by_mail == []
    await ask(intake, email=email)
    assert await delivered(intake, office) == []


async def test_nothing_is_sent_of_what_was_erased(intake: Intake, office: PostOffice) -> None:
    email = "erased@exemple-marque.org"
    receipt = await intake.submit({**COMPLAINT, "person": {"email": email}})
    await ask(intake, email=email)
    await answered(intake)
    answer = await intake.http.post(
        "/v1/privacy/erasures",
        json={"feedback_ids": [receipt["id"]], "reason": "person_asked"},
        headers=intake.staff("reviewer"),
    )
    assert answer.status_code in (200, 201), answer.text
    assert await delivered(intake, office) == []
    await ask(intake, email=email)
    assert await delivered(intake, office) == []
    status, problem = await renew(intake, receipt["id"], intake.staff("reviewer"))
    assert (status, problem["type"]) == (410, "urn:ecoute:problem:erased")
