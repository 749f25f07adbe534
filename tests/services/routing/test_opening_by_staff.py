"""How staff open a case for feedback that had none."""

import asyncio
from uuid import uuid4

import pytest

from libs.common.auth.identity import Principal
from libs.contracts.cases import case_id_of
from libs.contracts.feedback import FeedbackVerbatimRedacted, FeedbackWithdrawn, PersonErased
from services.routing.cases.opening_by_staff import open_case
from services.routing.cases.schemas import OpenCase
from services.routing.cases.terms import USUAL
from tests.services.routing.office import Routing, received, submitted
from tests.services.routing.test_following import LATER, NOW, SPOKE
from tests.services.routing.test_working import problem


@pytest.fixture(autouse=True)
def _on_tuesday_morning(routing: Routing) -> None:
    routing.at(NOW)


async def test_staff_open_a_case_for_feedback_that_had_none(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="suggestion", service="passports", external_reference="CRM-1")
    words = FeedbackVerbatimRedacted(text="Un banc, peut-être ?", language="fr", language_confidence=1)
    await routing.hear(feedback, received(words, feedback.subject))
    body = {"feedback_id": str(feedback.subject)}
    agent = routing.staff("agent", teams=["letters"])
    opened = await routing.http.post("/v1/cases", json=body, headers=agent)
    assert (opened.status_code, opened.json()["id"]) == (201, str(case_id_of(feedback.subject)))
    case = await routing.see(opened.json()["id"])
    assert (case["team"]["code"], case["verbatim"], case["language"]) == ("passports", "Un banc, peut-être ?", "fr")
    assert (case["external_reference"], case["opened_at"]) == ("CRM-1", "2026-03-10T14:00:00Z")
    assert (await routing.timeline(case))[0]["by"] == "tester"
    again = await routing.http.post("/v1/cases", json=body, headers=agent)
    assert problem(again) == (404, "feedback-not-found")
    theirs = await routing.http.post("/v1/cases", json=body, headers=routing.staff("agent", teams=["passports"]))
    assert problem(theirs) == (409, "case-exists")


async def test_what_was_withdrawn_or_never_was_is_not_opened(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="compliment")
    await routing.hear(feedback)
    await routing.hear(received(FeedbackWithdrawn(effective_at=LATER), feedback.subject))
    for subject in (feedback.subject, uuid4()):
        body = {"feedback_id": str(subject)}
        answer = await routing.http.post("/v1/cases", json=body, headers=routing.staff("reviewer"))
        assert problem(answer) == (404, "feedback-not-found")


async def test_a_team_complained_about_opens_no_case_of_it(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="suggestion", service="passports", concerns_staff=True)
    await routing.hear(feedback)
    body = {"feedback_id": str(feedback.subject)}
    theirs = routing.staff("agent", teams=["passports"])
    assert problem(await routing.http.post("/v1/cases", json=body, headers=theirs)) == (404, "feedback-not-found")
    assert (await routing.http.post("/v1/cases", json=body, headers=routing.staff("reviewer"))).status_code == 201
    again = await routing.http.post("/v1/cases", json=body, headers=theirs)
    assert problem(again) == (404, "feedback-not-found")


@pytest.mark.parametrize("event", ["erased", "withdrawn", "redacted"])
async def test_what_is_told_while_staff_open_a_case_is_not_missed(routing: Routing, event: str) -> None:
    words = FeedbackVerbatimRedacted(text="Un banc ?", language="fr", language_confidence=1)
    feedback = submitted(SPOKE, kind="suggestion", has_text=True)
    await routing.hear(feedback)
    if event != "redacted":
        await routing.hear(received(words, feedback.subject))
    told = {"erased": PersonErased(erased_at=NOW), "withdrawn": FeedbackWithdrawn(effective_at=NOW), "redacted": words}
    by, wanted = Principal("zoe", frozenset({"reviewer"}), frozenset()), OpenCase(feedback_id=feedback.subject)
    async with routing.database.transaction() as session:
        await open_case(session, wanted, by, NOW, USUAL)
        meanwhile = asyncio.create_task(routing.hear(received(told[event], feedback.subject)))
        await asyncio.sleep(0.3)
        assert not meanwhile.done()
    await meanwhile
    case = await routing.see(case_id_of(feedback.subject))
    assert (case["state"], case["verbatim"]) == {
        "erased": ("closed", None),
        "withdrawn": ("closed", "Un banc ?"),
        "redacted": ("assigned" if case["team"]["code"] != "first-line" else "new", "Un banc ?"),
    }[event]
