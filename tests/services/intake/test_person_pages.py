"""The person's pages: what they ask, promise and tell, and what is left where nothing came of what was written."""

from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from libs.common.problems import TooManyRequests
from tests.services.desk import desk
from tests.services.intake.cases import Story
from tests.services.intake.house import COMPLAINT, Intake
from tests.services.intake.posting import SOON


async def shown(intake: Intake, path: str, sent: dict[str, Any] | None = None, language: str = "en") -> str:
    """A page, or what answers its form; with plain spaces."""
    method, headers = "POST" if sent else "GET", {"Accept-Language": language}
    answer = await intake.http.request(method, path, data=sent, headers=headers)
    return unescape(answer.text).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "said", "not_said"),
    [
        ("fr", ("Elle n'a pas pu parvenir à la personne concernée.", "élément de la personne concernée"), "votre part"),
        ("en", ("It could not reach the person concerned.", "something from the person concerned"), "Please answer by"),
    ],
)
async def test_who_may_not_know_is_told_of_the_person_and_asked_nothing(
    intake: Intake, language: str, said: tuple[str, str], not_said: str
) -> None:
    without = {"role": "relative", "authority": "none"}
    person = {"email": "mother@example.org"}
    receipt = await intake.submit({**COMPLAINT, "person": person, "reply_by": "email", "submitted_by": without})
    story, code = Story(receipt["id"]), {"code": receipt["tracking_code"]}
    await intake.hear(
        story.opened(), story.replied(1), story.reopened(), story.asked(SOON), story.suspended("person", SOON)
    )
    lost = "UPDATE reply SET delivery = 'undeliverable', delivery_by = 'email' WHERE feedback_id = :id RETURNING 1"
    await intake.rows(lost, id=receipt["id"])
    page = await shown(intake, "/follow", code, language)
    assert [one for one in said if one not in page] == []
    assert not_said not in page
    assert 'name="in_answer_to"' not in page


async def test_a_word_of_the_team_that_did_not_arrive_is_told_as_one_and_a_withdrawal_as_theirs(intake: Intake) -> None:
    receipt = await intake.submit({**COMPLAINT, "person": {"email": "zoe@example.org"}, "reply_by": "email"})
    story, code = Story(receipt["id"]), {"code": receipt["tracking_code"]}
    await intake.rows("UPDATE feedback SET told_by_mail = '[]' WHERE id = :id RETURNING 1", id=receipt["id"])
    await intake.hear(story.opened(), story.replied(None), story.closed("withdrawn"))
    page = await shown(intake, "/follow", code, "fr")
    assert "Il n'a pas pu vous parvenir autrement." in page
    assert "comme vous l'avez demandé" in page
    assert "retiré par la personne" not in page


async def test_a_browser_can_fill_in_what_is_asked_of_who_writes(intake: Intake) -> None:
    page = await shown(intake, "/feedback")
    asked = {"person.name": "name", "person.email": "email", "person.phone": "tel", "person.address": "street-address"}
    asked |= {f"submitted_by.{one}": f"section-speaker {one}" for one in ("name", "email")}
    asked |= {"submitted_by.phone": "section-speaker tel"}
    fields = {name: page.split(f'id="{name}"')[1].split(">")[0] for name in asked}
    assert [name for name, filled in asked.items() if f'autocomplete="{filled}"' not in fields[name]] == []


async def test_who_is_to_be_answered_for_somebody_else_is_asked_who_they_are_where_they_can_say_it(
    intake: Intake,
) -> None:
    page = await shown(intake, "/feedback", {"text": "Hm.", "reply_to": "submitter"}, "fr")
    assert '<a href="#submitted_by.role">' in page
    at_the_field = page.split('id="submitted_by.role-wrong">')[1]
    assert at_the_field.startswith("Pour que la réponse vous parvienne, dites ici qui vous êtes pour cette personne")


async def test_what_is_wrong_is_said_by_the_question_that_the_form_asks(intake: Intake) -> None:
    page = await shown(intake, "/feedback", {"text": " "}, "fr")
    assert '<a href="#text">Que s\'est-il passé ? Dites-nous au moins quelques mots' in page
    page = await shown(intake, "/feedback", {"text": "Hm.", "experienced_on": "2999-01-01"}, "fr")
    assert '<a href="#experienced_on">Quel jour était-ce ? Ce jour n\'est pas encore venu.</a>' in page
    code = (await intake.submit())["tracking_code"]
    page = await shown(intake, "/follow/message", {"code": code, "text": " "}, "fr")
    assert '<a href="#text">Votre message : ' in page
    assert "<title>À corriger – EC-" in page


@pytest.mark.parametrize("sends_mail", [False, True])
async def test_mail_is_offered_where_there_is_a_mail_server(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, sends_mail: bool
) -> None:
    monkeypatch.setattr(intake.app.state, "desk", replace(intake.app.state.desk, sends_mail=sends_mail))
    form, follow = [await shown(intake, path, language="fr") for path in ("/feedback", "/follow")]
    entry = await desk(intake.app, intake.http, "agent", teams=["first-line"]).see("/entry")
    for page in (form, entry):
        ways = page.split('name="reply_by"')[1].split("</select>")[0]
        assert ['<option value="email">' in ways, '<option value="phone">' in ways] == [sends_mail, True]
    assert ('action="/follow/recovery"' in follow) == sends_mail
    assert ("Aucun courriel ne part d'ici : une personne de l'équipe peut" in follow) != sends_mail


TYPED = {
    "key": "0b8f4c1e-8f59-4c5a-9f0e-1c4f3f0f5a10",
    "kind": "complaint",
    "text": "Trois semaines,\nsans <un> mot.",
    "person.email": "zoe@example.org",
    "concerns_staff": "yes",
}
CODE = "0E94-ZFRZ-MXY3-2C4JP"


@pytest.mark.parametrize(
    ("problem", "status", "said"),
    [
        (TooManyRequests(20), 429, ("Trop de demandes viennent de votre réseau", "Rien n'a été enregistré.")),
        (TimeoutError(), 503, ("Le service ne répond pas pour l'instant", "Il se peut que rien n'ait été enregistré.")),
    ],
    ids=["429", "503"],
)
async def test_what_was_written_is_shown_where_nothing_came_of_it_and_no_code(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, problem: Exception, status: int, said: tuple[str, ...]
) -> None:
    async def spend(key: str, quota: int) -> int:
        raise problem

    monkeypatch.setattr(intake.app.state.rate_limit, "spend", spend)
    answers = {
        "/feedback": (TYPED, ("Trois semaines,\nsans <un> mot.", "zoe@example.org", "Plainte", "oui")),
        "/follow/message": ({"code": CODE, "text": "Et mon dossier ?"}, ("Et mon dossier ?",)),
        "/follow/evaluation": (
            {"code": CODE, "solved": "partly", "comment": "Presque."},
            ("Réglé en partie", "Presque."),
        ),
    }
    for path, (sent, kept) in answers.items():
        answer = await intake.http.post(path, data=sent, headers={"Accept-Language": "fr"})
        page = unescape(answer.text).replace("\u202f", " ").replace("\u00a0", " ")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
        assert [one for one in (*said, *kept, "Ce que vous aviez écrit") if one not in page] == []
        assert f'href="{path[:7] if "follow" in path else path}"' in page
        assert CODE not in page
        assert TYPED["key"] not in page
    assert "À l'accueil" in await shown(intake, "/follow", {"code": CODE}, "fr")


async def test_what_another_site_sends_is_not_shown(intake: Intake) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Accept-Language": "fr"}
    answer = await intake.http.post("/feedback", data=TYPED, headers=headers)
    assert (answer.status_code, "semaines" in answer.text) == (403, False)
    broken = {**headers, "Sec-Fetch-Site": "same-origin", "Content-Type": "multipart/form-data; boundary=b"}
    assert (await intake.http.post("/feedback", content=b"--b\r\nno part", headers=broken)).status_code in (400, 422)
