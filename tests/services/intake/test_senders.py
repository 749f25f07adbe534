"""What each who sends feedback may say, and to whom and how a reply can go."""

from typing import Any
from uuid import uuid4

import pytest

from tests.services.intake.cases import Story
from tests.services.intake.house import COMPLAINT, Intake

LUC = {"role": "relative", "name": "Luc Tremblay", "email": "luc@example.org", "phone": "514 555-0188"}
REACHED = {"email": "a@example.org", "phone": "514 555-0101", "address": "12, rue des Lilas"}
DECLARED = LUC | {"role": "representative", "authority": "declared"}
SPOT = {"remedy": "apology", "note": "Excuses présentées au comptoir."}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def refused(intake: Intake, body: dict[str, Any], headers: dict[str, str] | None = None) -> tuple[str, list[Any]]:
    answer = await intake.http.post("/v1/feedback", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    return problem["type"].removeprefix("urn:ecoute:problem:"), [
        (one["pointer"], one["code"]) for one in problem.get("errors", [])
    ]


async def told(intake: Intake, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """What the event of a feedback says."""
    [event] = await intake.events((await intake.submit(body, headers))["id"])
    data: dict[str, Any] = event["data"]
    return data


# Who sends.


async def test_the_source_is_known_from_the_key(intake: Intake) -> None:
    partner = await intake.key("crm", "feedback:write")
    kiosk = await intake.key("kiosk-1", "feedback:write", kind="device")
    for headers, source in (
        (None, ("web_form", None)),
        (intake.staff("service"), ("web_form", None)),
        (intake.staff("agent"), ("staff", None)),
        (partner, ("partner", "crm")),
        (partner | {"Acting-Agent": "a7"}, ("partner", "crm")),
        (kiosk | key(), ("device", "kiosk-1")),
    ):
        said = await told(intake, COMPLAINT, headers)
        assert (said["source"], said.get("source_code")) == source


async def test_a_key_needs_the_scope_to_write(intake: Intake) -> None:
    for kind in ("partner", "device"):
        headers = await intake.key(f"reads-{kind}", "feedback:read", kind=kind)
        answer = await intake.http.post("/v1/feedback", json=COMPLAINT, headers=headers | key())
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:ecoute:problem:forbidden")


async def test_a_device_must_be_able_to_send_again_without_harm(intake: Intake) -> None:
    kiosk = await intake.key("kiosk-2", kind="device")
    answer = await intake.http.post("/v1/feedback", json=COMPLAINT, headers=kiosk)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ecoute:problem:idempotency-key-missing")
    once = kiosk | {"Idempotency-Key": "kiosk-2/000001"}
    assert await intake.submit(COMPLAINT, once) == await intake.submit(COMPLAINT, once)


async def test_a_devices_key_is_known_for_weeks_and_anybody_elses_for_days(intake: Intake) -> None:
    kept = "SELECT extract(day FROM expires_at - now()) AS days FROM idempotency_key WHERE key = :key"
    for headers, days in ((await intake.key("kiosk-60", kind="device"), 59), (await intake.key("app-60"), 1)):
        once = key()
        await intake.submit(COMPLAINT, headers | once)
        assert [row.days for row in await intake.rows(kept, key=once["Idempotency-Key"])] == [days]


async def test_partners_and_devices_say_when_the_person_spoke_and_of_which_call_it_came(intake: Intake) -> None:
    said = {**COMPLAINT, "submitted_at": "2026-01-06T09:00:00Z", "interaction": {"waiting_seconds": 9}}
    for kind in ("partner", "device"):
        event = await told(intake, said, await intake.key(f"tool-{kind}", kind=kind) | key())
        assert (event["submitted_at"], event["interaction"]) == ("2026-01-06T09:00:00Z", {"waiting_seconds": 9})


async def test_the_past_is_brought_in_by_importers_and_by_partners_with_the_scope(intake: Intake) -> None:
    past = {**COMPLAINT, "historical": True}
    without = await intake.key("crm-2")
    assert await refused(intake, past, without) == ("not-yours-to-set", [("/historical", "not_yours_to_set")])
    archive = await intake.key("archive", "feedback:write", "feedback:historical")
    assert (await told(intake, past, archive))["historical"] is True
    kiosk = await intake.key("kiosk-3", "feedback:write", "feedback:historical", kind="device")
    assert (await refused(intake, past, kiosk | key()))[0] == "not-yours-to-set"


async def test_a_reference_is_its_partners_own_for_ever(intake: Intake) -> None:
    body = {**COMPLAINT, "external_reference": "Dossier de Zoé Q."}
    one, other = await intake.key("town-a"), await intake.key("town-b")
    first = await intake.submit(body, one)
    assert await intake.submit({**body, "text": "Autre chose."}, one) == first | {"kept": False}
    theirs = await intake.submit(body, other)
    mine = await intake.submit(body, intake.staff("importer"))
    assert len({first["id"], theirs["id"], mine["id"]}) == 3
    kiosk = await intake.key("kiosk-4", kind="device")
    assert (await refused(intake, body, kiosk | key()))[1] == [("/external_reference", "not_yours_to_set")]
    assert not await intake.count("idempotency_key WHERE key LIKE '%Zoé%'")


async def test_a_key_of_a_partner_never_meets_that_of_somebody_of_its_name(intake: Intake) -> None:
    once = {"Idempotency-Key": "order-77777"}
    partner = await intake.submit(COMPLAINT, once | await intake.key("same-name"))
    staff = await intake.submit(COMPLAINT, once | intake.staff("agent", subject="same-name"))
    assert partner["id"] != staff["id"]


# Resolved on the spot.


async def test_what_an_agent_did_at_once_is_told_with_the_agent_and_without_the_note(intake: Intake) -> None:
    said = {**COMPLAINT, "resolved_on_the_spot": SPOT}
    counter = await intake.key("counter-tool")
    for headers, agent, is_told in (
        (intake.staff("agent", subject="agent-7"), "agent-7", True),
        (counter | {"Acting-Agent": "a7"}, "a7", True),
        (counter | {"Acting-Agent": "zoe@example.org"}, "zoe@example.org", False),
        (intake.staff("agent", subject="Zoé Quintessence"), "Zoé Quintessence", False),
    ):
        receipt = await intake.submit(said, headers)
        [event] = await intake.events(receipt["id"])
        expected = {"remedy": "apology", "agent": agent} if is_told else {"remedy": "apology"}
        assert event["data"]["resolved_on_the_spot"] == expected
        read = await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=intake.staff("reviewer"))
        assert read.json()["resolved_on_the_spot"] == {"remedy": "apology", "agent": agent, "note": SPOT["note"]}


# Who chose no means is answered as they came.

AT_HOME = {"phone": "418 555 0100", "address": "12, rue des Lilas"}
REFUSED = [{"purpose": "contact", "given": False}]


@pytest.mark.parametrize(
    ("said", "reply_by"),
    [
        ({"channel": "phone", "person": AT_HOME}, "phone"),
        ({"channel": "letter", "person": AT_HOME}, "letter"),
        ({"touchpoint": "mailroom", "person": {"address": "12, rue des Lilas"}}, "letter"),
        ({"channel": "fax", "person": {"phone": "418 555 0100"}}, "phone"),
        ({"channel": "phone", "person": {"phone": "no."}}, None),
        ({"channel": "phone", "person": {"name": "Zoé"}}, None),
        ({"channel": "web", "person": AT_HOME}, None),
        ({"channel": "phone", "person": AT_HOME, "reply_by": "tracking"}, "tracking"),
        ({"channel": "phone", "person": AT_HOME, "disclosure": "anonymous"}, None),
        ({"channel": "phone", "person": AT_HOME, "consent": REFUSED}, None),
        ({"channel": "letter", "person": AT_HOME, "submitted_by": DECLARED | {"email": None}}, "phone"),
        ({"channel": "letter", "person": AT_HOME, "submitted_by": {"role": "relative"}}, "letter"),
    ],
)
async def test_who_came_by_telephone_or_letter_and_chose_no_means_is_answered_by_that(
    intake: Intake, said: dict[str, Any], reply_by: str | None
) -> None:
    mailroom = {"name": {"fr": "Le courrier", "en": "The mail room"}, "channel": "letter"}
    await intake.http.put("/v1/touchpoints/mailroom", json=mailroom, headers=intake.staff("admin"))
    receipt = await intake.submit({**COMPLAINT, "channel": None, **said}, intake.staff("agent"))
    [event] = await intake.events(receipt["id"])
    assert event["data"].get("reply_by") == reply_by
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied())
    delivered = [one["data"]["by"] for one in await intake.events(receipt["id"]) if "reply.delivered" in one["type"]]
    assert delivered == ([] if reply_by in ("phone", "letter") else ["tracking"])


async def test_who_came_by_telephone_and_is_sent_mail_is_called_by_nobody(intake: Intake) -> None:
    said = {**COMPLAINT, "channel": "phone", "person": AT_HOME | {"email": "zoe@example.org"}}
    event = await told(intake, said, intake.staff("agent"))
    assert ("reply_by" in event, event["told_by_mail"]) == (False, ["person"])


async def test_only_who_has_an_agent_resolves_on_the_spot(intake: Intake) -> None:
    said = {**COMPLAINT, "resolved_on_the_spot": SPOT}
    expected = ("not-yours-to-set", [("/resolved_on_the_spot", "not_yours_to_set")])
    assert await refused(intake, said) == expected
    assert await refused(intake, said, await intake.key("counter-tool")) == expected
    kiosk = await intake.key("kiosk-5", kind="device")
    assert await refused(intake, said, kiosk | key() | {"Acting-Agent": "a7"}) == expected


# Who spoke for the person.


async def test_who_spoke_for_the_person_is_kept_for_the_team_and_told_as_role_and_authority(intake: Intake) -> None:
    body = {**COMPLAINT, "submitted_by": LUC | {"authority": "declared"}, "reply_to": "submitter", "reply_by": "email"}
    receipt = await intake.submit(body)
    [event] = await intake.events(receipt["id"])
    assert event["data"]["submitted_by"] == {"role": "relative", "authority": "declared"}
    assert (event["data"]["reply_to"], event["data"]["reply_by"]) == ("submitter", "email")
    assert event["data"]["told_by_mail"] == ["submitter"]
    read = await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=intake.staff("reviewer"))
    assert read.json()["submitted_by"] == LUC | {"authority": "declared"}
    found = await intake.rows("SELECT whose FROM contact_index WHERE feedback_id = :id", id=receipt["id"])
    assert sorted(row.whose for row in found) == ["submitter", "submitter"]


async def test_contact_data_of_who_spoke_for_an_anonymous_person_is_shown_to_nobody(intake: Intake) -> None:
    receipt = await intake.submit({**COMPLAINT, "disclosure": "anonymous", "submitted_by": LUC})
    read = await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=intake.staff("reviewer"))
    assert read.json()["submitted_by"] == {
        "role": "relative",
        "authority": "none",
        **dict.fromkeys(("name", "email", "phone")),
    }


async def test_who_speaks_for_themselves_is_the_person(intake: Intake) -> None:
    """Told by mail, found by contact data and given out by it, whichever place that stands in."""
    address, number = f"{uuid4().hex}@example.org", "514 555-0188"
    by = {**LUC, "role": "self", "email": address}
    for person, known, besides in (
        ({}, (address, number), (None, None)),
        ({"email": address, "phone": "(514) 555-0188"}, (address, "(514) 555-0188"), (None, number)),
        ({"email": "luc@example.com"}, ("luc@example.com", number), (address, None)),
    ):
        said = {"person": person, "submitted_by": by, "reply_to": "submitter", "reply_by": "email"}
        receipt_id = (await intake.submit({**COMPLAINT, **said}))["id"]
        read = (await intake.http.get(f"/v1/feedback/{receipt_id}", headers=intake.staff("reviewer"))).json()
        assert (read["person"]["name"], read["submitted_by"]["role"]) == ("Luc Tremblay", "self")
        assert (read["person"]["email"], read["person"]["phone"]) == known
        assert (read["submitted_by"]["email"], read["submitted_by"]["phone"]) == besides
        [row] = await intake.rows("SELECT told_by_mail FROM feedback WHERE id = :id", id=receipt_id)
        assert row.told_by_mail == ["person"]
        body = {"contact": {"email": address}}
        held = (await intake.http.post("/v1/privacy/exports", json=body, headers=intake.staff("admin"))).json()
        assert receipt_id in {one["feedback"]["id"] for one in held["items"]}
        assert held["spoke_for_others"] == []


async def test_evidence_of_authority_was_seen_by_somebody_or_is_not_claimed(intake: Intake) -> None:
    body = {**COMPLAINT, "submitted_by": {"role": "representative", "authority": "evidenced"}}
    expected = ("not-yours-to-set", [("/submitted_by/authority", "not_yours_to_set")])
    assert await refused(intake, body) == expected
    assert await refused(intake, body, await intake.key("kiosk-6", kind="device") | key()) == expected
    for headers in (intake.staff("agent"), await intake.key("crm-3")):
        assert (await told(intake, body, headers))["submitted_by"]["authority"] == "evidenced"


# How a reply can go.


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({"reply_by": "email"}, [("/person/email", "needed_to_reply")]),
        ({"reply_by": "phone", "person": {"email": "a@example.org"}}, [("/person/phone", "needed_to_reply")]),
        ({"reply_by": "letter", "person": {"name": "A"}}, [("/person/address", "needed_to_reply")]),
        ({"reply_by": "phone", "person": {"phone": "abc"}}, [("/person/phone", "too_few_digits")]),
        ({"reply_by": "phone", "person": {"phone": "☎️ 555"}}, [("/person/phone", "too_few_digits")]),
        (
            {"reply_to": "submitter", "reply_by": "phone", "submitted_by": {**LUC, "phone": "0"}},
            [("/submitted_by/phone", "too_few_digits")],
        ),
        ({"reply_to": "submitter"}, [("/submitted_by", "needed_to_reply")]),
        (
            {"reply_to": "submitter", "submitted_by": {"role": "relative", "name": "Luc"}},
            [("/submitted_by/email", "needed_to_reply")],
        ),
        (
            {"reply_to": "submitter", "reply_by": "phone", "submitted_by": {"role": "relative", "email": "l@ex.org"}},
            [("/submitted_by/phone", "needed_to_reply")],
        ),
        ({"reply_to": "submitter", "reply_by": "letter", "submitted_by": LUC}, [("/reply_by", "letter_to_submitter")]),
        (
            {"reply_to": "both", "reply_by": "email"},
            [("/person/email", "needed_to_reply"), ("/submitted_by", "needed_to_reply")],
        ),
        ({"reply_by": "email", "submitted_by": LUC}, [("/person/email", "needed_to_reply")]),
        ({"reply_by": "letter", "submitted_by": DECLARED}, [("/person/address", "needed_to_reply")]),
        (
            {"reply_by": "phone", "submitted_by": {**DECLARED, "phone": "0"}},
            [("/person/phone", "needed_to_reply")],
        ),
        (
            {"reply_to": "submitter", "reply_by": "email", "submitted_by": {**LUC, "role": "staff"}},
            [("/reply_to", "mail_to_staff")],
        ),
        *(
            ({"disclosure": "anonymous", "reply_by": by, "person": REACHED}, [("/reply_by", "anonymous")])
            for by in ("phone", "letter")
        ),
        (
            {"disclosure": "anonymous", "reply_to": "submitter", "reply_by": "phone", "submitted_by": DECLARED},
            [("/reply_by", "anonymous")],
        ),
        (
            {"reply_to": "submitter", "reply_by": "email", "submitted_by": {"role": "self"}},
            [("/person/email", "needed_to_reply")],
        ),
    ],
)
async def test_a_reply_that_could_reach_nobody_is_not_promised(intake: Intake, said: Any, errors: list[Any]) -> None:
    assert await refused(intake, {**COMPLAINT, **said}) == ("reply-cannot-reach", errors)


@pytest.mark.parametrize(
    "said",
    [
        {"reply_by": "tracking"},
        {"reply_to": "person"},
        {"reply_to": "person", "reply_by": "email", "person": {"email": "a@example.org"}},
        {"reply_to": "submitter", "reply_by": "tracking", "submitted_by": {"role": "relative"}},
        {"reply_to": "submitter", "submitted_by": {"role": "relative", "phone": "514 555-0188"}},
        {"reply_to": "both", "reply_by": "phone", "person": {"phone": "514 555-0101"}, "submitted_by": LUC},
        {"reply_by": "email", "submitted_by": DECLARED},
        {"reply_by": "phone", "submitted_by": DECLARED},
        {"reply_by": "letter", "person": {"address": "12, rue des Lilas"}},
        {"reply_by": "phone", "person": {"phone": "poste 4412"}},
        {"disclosure": "confidential", "reply_by": "phone", "person": REACHED},
        {"disclosure": "anonymous", "reply_by": "email", "person": REACHED},
        {"disclosure": "anonymous", "reply_by": "tracking"},
    ],
    ids=str,
)
async def test_a_reply_that_can_reach_is_promised(intake: Intake, said: dict[str, Any]) -> None:
    await intake.submit({**COMPLAINT, **said})


async def test_what_makes_it_sensitive_or_urgent_is_told_as_it_was_said(intake: Intake) -> None:
    event = await told(intake, {**COMPLAINT, "concerns_staff": True, "urgent": "threat", "disclosure": "confidential"})
    assert (event["concerns_staff"], event["urgent"], event["disclosure"]) == (True, "threat", "confidential")


async def test_nobody_allows_and_refuses_the_same(intake: Intake) -> None:
    consent = [{"purpose": "link", "given": True}, {"purpose": "link", "given": False}]
    assert await refused(intake, {**COMPLAINT, "consent": consent}) == (
        "invalid-request",
        [("/consent", "consent_twice")],
    )
