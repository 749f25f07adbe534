"""What the page of a case shows of the person: to whom, and never without a trace."""

from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.contracts.cases import CaseAssigned
from tests.services.desk import desk
from tests.services.intake.house import Intake, told

SAID: dict[str, Any] = {
    "channel": "web",
    "kind": "complaint",
    "text": "Call me at 514-555-0123 <soon>.",
    "person": {"name": "Zoé Tremblay", "phone": "514-555-0123"},
}


async def of_the_passport_team(intake: Intake, body: dict[str, Any] = SAID) -> str:
    receipt = await intake.submit(body)
    fields = {"state": "assigned", "assigned_by": "rule", "effective_at": utc_now()}
    await intake.hear(told(CaseAssigned, receipt["id"], 1, **fields))
    return str(receipt["id"])


async def test_the_team_reads_words_and_contact_as_a_part_or_as_a_page_and_each_reading_is_noted(
    intake: Intake,
) -> None:
    feedback_id = await of_the_passport_team(intake)
    zoe = desk(intake.app, intake.http, "agent", teams=["passports"], subject="zoe")
    path = f"/feedback/{feedback_id}/person"
    part, whole = await zoe.get(path, **{"HX-Request": "true"}), await zoe.get(path)
    for answer in (part, whole):
        assert answer.status_code == 200
        assert "Call me at 514-555-0123 &lt;soon&gt;." in answer.text
        assert 'href="tel:514-555-0123"' in answer.text
    assert ("<html" in part.text, "<html" in whole.text) == (False, True)
    readings = await intake.rows("SELECT read_by FROM reading WHERE feedback_id = :id", id=UUID(feedback_id))
    assert [row.read_by for row in readings] == ["zoe", "zoe"]


async def test_a_strange_address_writes_to_nobody_else(intake: Intake) -> None:
    strange = "zoe?bcc=eve%40evil.example&x=@example.org"
    feedback_id = await of_the_passport_team(intake, {**SAID, "person": {"email": strange}})
    answer = await desk(intake.app, intake.http, "agent", teams=["passports"]).get(f"/feedback/{feedback_id}/person")
    assert 'href="mailto:zoe%3Fbcc%3Deve%2540evil.example%26x%3D@example.org"' in answer.text


@pytest.mark.parametrize(("role", "refused"), [("self", False), ("staff", False), ("relative", True)])
async def test_only_who_speaks_for_somebody_else_needs_a_mandate(intake: Intake, role: str, refused: bool) -> None:
    feedback_id = await of_the_passport_team(intake, {**SAID, "submitted_by": {"role": role}})
    shown = await desk(intake.app, intake.http, "agent", teams=["passports"]).see(f"/feedback/{feedback_id}/person")
    assert ("disclose nothing of the file" in shown) == refused
    assert ("No authority" in shown) == refused


async def test_what_is_shown_of_the_person_is_whose_it_is_and_in_words(intake: Intake) -> None:
    spoken_for = {
        **SAID,
        "submitted_by": {"role": "representative", "authority": "declared"},
        "person": {"name": "Zoé", "accessible_format": "large-print"},
        "ratings": [{"measure": "nps", "value": 0}, {"measure": "ces", "value": 7}],
    }
    receipt = await intake.submit(spoken_for)
    fields = {"state": "assigned", "assigned_by": "rule", "effective_at": utc_now()}
    await intake.hear(told(CaseAssigned, receipt["id"], 1, **fields))
    said, code = {"text": "She asks again."}, {"Tracking-Code": receipt["tracking_code"]}
    assert (await intake.http.post("/v1/tracking/messages", json=said, headers=code)).status_code == 201
    zoe = desk(intake.app, intake.http, "agent", teams=["passports"])
    shown = await zoe.see(f"/feedback/{receipt['id']}/person")
    assert "<strong>Who speaks for them</strong>" in shown
    assert "<dd>Large print</dd>" in shown
    assert "<dd></dd>" not in shown
    assert "<dt>Recommendation</dt><dd>0</dd>" in shown
    assert "<dt>Ease of the process</dt><dd>7</dd>" in shown


async def test_nobody_else_is_shown_anything_and_who_is_not_signed_in_is_sent_to_sign_in(intake: Intake) -> None:
    path = f"/feedback/{await of_the_passport_team(intake)}/person"
    assert (await desk(intake.app, intake.http, "agent", teams=["pensions"]).get(path)).status_code == 404
    assert (await desk(intake.app, intake.http, "manager").get(path)).status_code == 403
    answer = await intake.http.get(path, headers={"HX-Request": "true", "HX-Current-URL": "http://intake/cases/1"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/sign-in?back=%2Fcases%2F1")
