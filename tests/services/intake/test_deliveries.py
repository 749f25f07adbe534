"""Whether a reply arrived: told by who brought it, and by mail servers when mail comes back."""

from time import process_time
from typing import Any
from uuid import uuid4

import pytest

from libs.contracts.codes import STAFF
from tests.services.intake.cases import Story
from tests.services.intake.house import COMPLAINT, Intake
from tests.services.intake.posting import PERSON, SAID, Post

NOBODYS = "01a20000-0000-7000-8000-000000000000"
BY_PHONE = {**COMPLAINT, "reply_by": "phone", "person": {**PERSON, "phone": "+1 514 555 0187"}}
BROUGHT = {"answer": 1, "by": "phone", "outcome": "delivered"}
NOT_BROUGHT = {"answer": 1, "by": "phone", "outcome": "undeliverable", "because": "unreachable"}

DSN = """\
From: MAILER-DAEMON@mx.example
To: no-reply@service.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; zoe.quintessence@exemple-marque.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 unknown

--b1
Content-Type: {kind}

From: no-reply@service.example
To: zoe.quintessence@exemple-marque.org
Message-ID: {message_id}
Subject: Notre reponse

--b1--
"""


async def bring(
    intake: Intake, number: str, headers: dict[str, str] | None, body: dict[str, Any] = BROUGHT
) -> tuple[int, dict[str, Any]]:
    answer = await intake.http.post(f"/v1/feedback/{number}/deliveries", json=body, headers=headers)
    return answer.status_code, answer.json()


async def answered(intake: Intake, body: dict[str, Any] = BY_PHONE) -> str:
    """A feedback with one final reply."""
    number: str = (await intake.submit(body, intake.staff("agent")))["id"]
    story = Story(number)
    await intake.hear(story.opened(), story.replied(1))
    return number


async def test_a_reply_by_telephone_is_there_once_staff_say_so_and_is_told_once(intake: Intake, post: Post) -> None:
    number = await answered(intake)
    team = intake.staff("agent", teams=["passports"])
    assert await post.replies(number) == []
    first = await bring(intake, number, team)
    assert first[0] == 200
    assert (first[1]["outcome"], first[1]["by"]) == ("delivered", "phone")
    assert await bring(intake, number, team) == first
    assert await bring(intake, number, {**team, "Idempotency-Key": str(uuid4())}) == first
    assert await post.replies(number) == [("delivered", "phone")]
    assert (await bring(intake, number, team, NOT_BROUGHT))[1]["because"] == "unreachable"
    assert await post.replies(number) == [("delivered", "phone"), ("undeliverable", "unreachable")]
    again = {**BROUGHT, "by": "letter"}
    assert (await bring(intake, number, team, again))[1]["outcome"] == "delivered"


async def test_that_staff_brought_a_reply_that_could_be_read_by_tracking_is_told_once(
    intake: Intake, post: Post
) -> None:
    number = await answered(intake, {**COMPLAINT, "person": PERSON})
    team = intake.staff("agent", teams=["passports"])
    for brought in (BROUGHT, BROUGHT, {**BROUGHT, "by": "letter"}, {**BROUGHT, "by": "email"}):
        assert (await bring(intake, number, team, brought))[1]["by"] == "phone"
        assert await post.replies(number) == [("delivered", "tracking"), ("delivered", "phone")]


async def test_only_the_team_that_has_it_says_what_became_of_a_reply(intake: Intake) -> None:
    number = await answered(intake)
    assert (await bring(intake, number, None))[0] == 401
    for role in STAFF:
        status, _ = await bring(intake, number, intake.staff(role, teams=["pensions"]))
        assert status == (404 if role in ("agent", "supervisor") else 403), role
    assert (await bring(intake, str(uuid4()), intake.staff("agent", teams=["passports"])))[0] == 404


async def test_a_team_complained_about_cannot_say_anything_of_it(intake: Intake) -> None:
    number: str = (await intake.submit(BY_PHONE, intake.staff("agent")))["id"]
    story = Story(number)
    hidden: Any = {"hidden_from": ["counter"]}
    await intake.hear(story.opened(**hidden), story.replied(1, **hidden))
    assert (await bring(intake, number, intake.staff("supervisor", teams=["passports", "counter"])))[0] == 404
    assert (await bring(intake, number, intake.staff("supervisor", teams=["passports"])))[0] == 200


async def test_of_the_erased_nothing_is_told_any_more(intake: Intake) -> None:
    number = await answered(intake)
    body = {"feedback_ids": [number], "reason": "person_asked"}
    await intake.http.post("/v1/privacy/erasures", json=body, headers=intake.staff("reviewer"))
    assert (await bring(intake, number, intake.staff("agent", teams=["passports"]), NOT_BROUGHT))[0] == 410


async def test_reviewers_say_it_of_what_is_hidden_from_the_team_that_has_it(intake: Intake) -> None:
    number: str = (await intake.submit(BY_PHONE, intake.staff("agent")))["id"]
    story = Story(number)
    hidden: Any = {"hidden_from": ["passports"]}
    await intake.hear(story.opened(**hidden), story.replied(1, **hidden))
    assert (await bring(intake, number, intake.staff("agent", teams=["passports"])))[0] == 404
    assert (await bring(intake, number, intake.staff("reviewer")))[0] == 200
    assert (await bring(intake, await answered(intake), intake.staff("reviewer")))[0] == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**BROUGHT, "answer": 2}, 404),
        ({**BROUGHT, "answer": 2**63}, 422),
        ({"reply_id": NOBODYS, "by": "phone", "outcome": "delivered"}, 404),
        ({**BROUGHT, "reply_id": NOBODYS}, 422),
        ({"by": "phone", "outcome": "delivered"}, 422),
        ({**BROUGHT, "because": "returned"}, 422),
        ({**BROUGHT, "outcome": "undeliverable"}, 422),
        ({**BROUGHT, "by": "tracking"}, 422),
        ({**BROUGHT, "at": "2999-01-01T00:00:00Z"}, 422),
        ({**BROUGHT, "at": "2020-01-01T00:00:00Z"}, 422),
    ],
    ids=str,
)
async def test_a_delivery_without_sense_is_refused(intake: Intake, body: dict[str, Any], status: int) -> None:
    number = await answered(intake)
    assert (await bring(intake, number, intake.staff("agent", teams=["passports"]), body))[0] == status


# Mail that comes back.


async def sent(intake: Intake, post: Post, reply_by: str | None = "email") -> tuple[str, str]:
    """A feedback whose answer went by mail, and the answer's Message-ID."""
    body = {**SAID, "reply_by": reply_by} if reply_by else SAID
    number = await answered(intake, body)
    mails = [mail for mail in await post.go() if mail["Subject"].startswith("Notre réponse à votre message")]
    return number, str(mails[0]["Message-ID"])


async def bounce(intake: Intake, content: str | dict[str, Any], kind: str = "message/rfc822") -> Any:
    mail_system = intake.staff("service")
    if isinstance(content, dict):
        return await intake.http.post("/v1/notices/bounces", json=content, headers=mail_system)
    headers = {**mail_system, "Content-Type": kind}
    return await intake.http.post("/v1/notices/bounces", content=content.encode(), headers=headers)


async def test_what_came_back_is_not_there_though_it_was_heard_of_before_that_late(intake: Intake, post: Post) -> None:
    number = await answered(intake)
    machine = await intake.key("mailing-late", "deliveries:write")
    letter = {"answer": 1, "by": "letter"}
    returned = {**letter, "outcome": "undeliverable", "because": "returned"}
    assert (await bring(intake, number, machine, returned))[0] == 200
    [told] = await intake.rows("SELECT given_at FROM reply WHERE feedback_id = :id", id=number)
    late = {**letter, "outcome": "delivered", "at": told.given_at.isoformat()}
    assert (await bring(intake, number, machine, late))[1]["outcome"] == "undeliverable"
    assert await post.replies(number) == [("undeliverable", "returned")]
    assert (await bring(intake, number, machine, {**letter, "outcome": "delivered"}))[1]["outcome"] == "delivered"


async def test_what_staff_brought_is_there_though_a_mail_with_it_comes_back(intake: Intake, post: Post) -> None:
    number = await answered(intake)
    await bring(intake, number, intake.staff("agent", teams=["passports"]))
    machine = await intake.key("mailing-two", "deliveries:write")
    back = {"answer": 1, "by": "email", "outcome": "undeliverable", "because": "bounced"}
    for _ in range(2):
        assert (await bring(intake, number, machine, back))[1]["outcome"] == "delivered"
    assert await post.replies(number) == [("delivered", "phone")]
    types = [one["type"] for one in await intake.events(number)]
    assert types.count("ca.ecoute.notice.undeliverable.v1") == 1  # what follows is for staff to bring


@pytest.mark.parametrize("attached", ["message/rfc822", "text/rfc822-headers"])
async def test_a_mail_that_comes_back_makes_its_reply_undeliverable_once(
    intake: Intake, post: Post, attached: str
) -> None:
    number, message_id = await sent(intake, post)
    report = DSN.format(message_id=message_id, action="failed", status="5.1.1", kind=attached)
    report = report.replace("Notre reponse\n", "Notre reponse\n\n" + "Toujours rien.\n" * 20_000)
    assert (await bounce(intake, report)).json()["taken_as"] == "bounced"
    assert (await bounce(intake, report)).json()["taken_as"] == "known_already"
    assert (await bounce(intake, {"message_id": message_id, "status": "5.1.1"})).json()["taken_as"] == "known_already"
    assert await post.replies(number) == [("delivered", "email"), ("undeliverable", "bounced")]


async def test_a_report_may_be_sent_without_its_own_headers(intake: Intake, post: Post) -> None:
    number, message_id = await sent(intake, post)
    report = DSN.format(message_id=message_id, action="failed", status="5.1.1", kind="message/rfc822")
    body = report.partition("\n\n")[2]
    answer = await bounce(intake, body, 'multipart/report; report-type=delivery-status; boundary="b1"')
    assert answer.json()["taken_as"] == "bounced"
    assert ("undeliverable", "bounced") in await post.replies(number)


async def test_a_mail_that_came_back_takes_also_the_delivery_by_tracking_away(intake: Intake, post: Post) -> None:
    number, message_id = await sent(intake, post, None)
    assert await post.replies(number) == [("delivered", "tracking")]
    await bounce(intake, {"message_id": message_id})
    assert await post.replies(number) == [("delivered", "tracking"), ("undeliverable", "bounced")]


async def test_what_is_only_delayed_or_not_ours_changes_nothing(intake: Intake, post: Post) -> None:
    number, message_id = await sent(intake, post)
    delayed = DSN.format(message_id=message_id, action="delayed", status="4.4.1", kind="message/rfc822")
    for report in (delayed, delayed.replace("Status: 4.4.1\n", "")):
        assert (await bounce(intake, report)).json()["taken_as"] == "not_for_good"
    for other in (f"<{uuid4()}@service.example>", "<someone@else.example>"):
        assert (await bounce(intake, {"message_id": other})).json()["taken_as"] == "not_ours"
    assert await post.replies(number) == [("delivered", "email")]


async def test_of_an_alert_that_came_back_is_said_what_to_tell_routing(intake: Intake) -> None:
    message_id = f"<urgent.{uuid4()}.passport.team-1@service.example>"
    report = DSN.format(message_id=message_id, action="failed", status="5.1.1", kind="message/rfc822")
    answer = (await bounce(intake, report)).json()
    assert answer == {"taken_as": "not_ours", "alert": {"message_id": message_id, "status": "5.1.1"}}
    for other in ("<urgent.x.passports@service.example>", f"<urgent.{'-' * 36}.passports@service.example>"):
        assert (await bounce(intake, {"message_id": other})).json() == {"taken_as": "not_ours", "alert": None}


OF_A_STRANGE_MAIL = (
    "Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; a\n\nAction: failed\nStatus: 5.1.1\n\n--x\nContent-Type: message/rfc822\n\n"
    "Message-ID: <Bonjour\x01\x00@x>\n\n--x--\n"
)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("", "message/rfc822"),
        ("Subject: Bonjour\n\nUn mot.", "message/rfc822"),
        ("x", "multipart/report"),
        ("{}", "application/json"),
        ("[" * 50, "application/json"),
        (OF_A_STRANGE_MAIL, "message/rfc822"),
        ("Content-Type: message/rfc822\n\n" * 2_000, "message/rfc822"),
    ],
    ids=lambda value: value[:30],
)
async def test_what_is_no_report_is_refused(intake: Intake, content: str, kind: str) -> None:
    answer = await bounce(intake, content, kind)
    assert answer.status_code == 422
    assert "Bonjour" not in answer.text


@pytest.mark.parametrize("parts", [15, 100])
async def test_what_a_stranger_sends_back_keeps_nobody_waiting(intake: Intake, parts: int) -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(parts))
    started = process_time()
    assert (await bounce(intake, nested + "\n" * 900_000)).status_code == 422
    assert process_time() - started < 5


async def test_mail_that_came_back_is_told_by_mail_systems_alone(intake: Intake) -> None:
    for roles, status in ((("agent",), 403), (("manager",), 403), (("admin",), 200), (("service",), 200)):
        answer = await intake.http.post(
            "/v1/notices/bounces", json={"message_id": f"<{uuid4()}@x.example>"}, headers=intake.staff(*roles)
        )
        assert answer.status_code == status
    assert (await intake.http.post("/v1/notices/bounces", json={"message_id": "<a@b.example>"})).status_code == 401
