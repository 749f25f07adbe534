"""What is urgent is told to the team at once, by a real mail server, and without a word of the person."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.mail import Mailer, sender_of, server_of
from libs.contracts.cases import case_id_of
from services.routing.alerts.service import URGENT, send_next
from tests.services.post import PostOffice, post_office
from tests.services.routing.office import ORGANISATION, Routing, local, submitted

NOW = local("2026-03-10 10:00")
NOBODYS = "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50"
OFFICE = deepcopy(ORGANISATION)
OFFICE["teams"][0]["alert_email"] = "garde@agence.example"
OFFICE["teams"][1]["alert_email"] = "passeports@agence.example"


@pytest.fixture(scope="module")
def server() -> Iterator[PostOffice]:
    with post_office() as running:
        yield running


@pytest.fixture
async def office(server: PostOffice, routing: Routing) -> PostOffice:
    for answers in (server.taken, server.recipients, server.rcpt, server.data):
        answers.clear()
    await routing.publish(OFFICE, NOW)
    async with routing.database.connection() as connection:
        await connection.execute(text("DELETE FROM alert"))
    return server


async def send_all(routing: Routing, office: PostOffice, later: timedelta = timedelta(minutes=1)) -> None:
    mailer = Mailer(server_of(office.url), sender_of("no-reply@agence.example"))
    while await send_next(routing.database, mailer, utc_now() + later):
        pass


async def urgent(routing: Routing, **said: Any) -> str:
    """The id of a case."""
    feedback = submitted(NOW, **{"kind": "complaint", "urgent": "self_harm", "has_text": True, **said})
    await routing.hear(feedback)
    return str(case_id_of(feedback.subject))


async def outcomes(routing: Routing) -> list[tuple[str, str | None]]:
    return [(row.team, row.outcome) for row in await routing.rows("SELECT team, outcome FROM alert ORDER BY team")]


async def test_the_team_is_told_at_once_the_reference_and_the_urgency_and_no_words(
    routing: Routing, office: PostOffice
) -> None:
    counted = URGENT.labels("self_harm")._value.get()
    case = await urgent(routing, service="passports", topic="secret-topic", reference="EC-7K4Q-28M1")
    assert (await routing.see(case))["team"]["code"] == "passports"
    await send_all(routing, office)
    [message], [to] = office.taken, office.recipients
    assert to == ["passeports@agence.example"]
    assert "EC-7K4Q-28M1" in message["Subject"]
    assert (message["Importance"], message["Message-ID"].strip()) == (
        "high",
        f"<urgent.{case}.passports@agence.example>",
    )
    body = message.get_content()
    assert "risque que la personne se fasse du mal" in body
    assert "risk that the person harms themselves" in body
    assert "secret" not in body
    assert URGENT.labels("self_harm")._value.get() == counted + 1
    await send_all(routing, office, timedelta(days=2))
    assert len(office.taken) == 1


async def test_nobody_is_alarmed_by_what_is_brought_in_from_before_or_not_urgent(
    routing: Routing, office: PostOffice
) -> None:
    await urgent(routing, historical=True)
    await urgent(routing, urgent=None)
    await send_all(routing, office)
    assert (office.taken, await outcomes(routing)) == ([], [])


async def test_where_a_team_has_no_address_the_catch_all_team_is_told_unless_it_must_not_know(
    routing: Routing, office: PostOffice
) -> None:
    await urgent(routing, channel="letter")
    await send_all(routing, office)
    assert office.recipients == [["garde@agence.example"]]
    nobodys = await urgent(routing, concerns_staff=True)  # about the front desk, so for the complaints office
    await send_all(routing, office)
    assert await tasks(routing, nobodys) == ["alert_undelivered"]
    assert len(office.recipients) == 1
    assert await outcomes(routing) == [("complaints-office", "no_address"), ("letters", "sent")]


async def test_a_server_that_is_busy_is_asked_again(routing: Routing, office: PostOffice) -> None:
    office.rcpt[:] = ["451 later", "451 later"]
    await urgent(routing)
    await send_all(routing, office)
    assert (office.taken, await outcomes(routing)) == ([], [("first-line", None)])
    await send_all(routing, office, timedelta(hours=1))
    await send_all(routing, office, timedelta(hours=2))
    assert (len(office.taken), await outcomes(routing)) == (1, [("first-line", "sent")])


async def tasks(routing: Routing, case: str) -> list[str]:
    return [one["task"] for one in (await routing.see(case))["tasks"]]


async def test_where_an_address_does_not_take_it_the_catch_all_team_is_told_and_where_none_does_the_case_has_a_task(
    routing: Routing, office: PostOffice
) -> None:
    office.rcpt[:] = ["550 nobody here"]
    case = await urgent(routing, service="passports")
    await send_all(routing, office)
    assert (office.recipients, await outcomes(routing)) == ([["garde@agence.example"]], [("passports", "sent")])
    assert "Passeports" in office.taken[0].get_content()
    assert await tasks(routing, case) == []

    office.rcpt[:] = ["550 nobody here", "550 nobody there"]
    nobodys = await urgent(routing, service="passports")
    await send_all(routing, office)
    assert len(office.taken) == 1
    assert await tasks(routing, nobodys) == ["alert_undelivered"]
    taken = await routing.do(await routing.see(nobodys), "acknowledge", routing.staff("agent", teams=["passports"]))
    assert taken.json()["tasks"] == []


async def test_an_address_that_takes_nothing_for_a_day_is_given_up_for_the_catch_all_teams(
    routing: Routing, office: PostOffice
) -> None:
    office.rcpt[:] = ["451 later"]
    await urgent(routing, service="passports")
    await send_all(routing, office, timedelta(days=2))
    assert office.recipients == [["garde@agence.example"]]


async def came_back(routing: Routing, message_id: str, status: str = "5.1.1") -> str:
    body = {"message_id": message_id, "status": status}
    answer = await routing.http.post("/v1/alerts/bounces", json=body, headers=routing.staff("service"))
    assert answer.status_code == 200, answer.text
    taken_as: str = answer.json()["taken_as"]
    return taken_as


async def test_an_alert_that_comes_back_is_told_to_the_catch_all_team_and_then_by_a_task(
    routing: Routing, office: PostOffice
) -> None:
    case = await urgent(routing, service="passports")
    message_id = f"<urgent.{case}.passports@agence.example>"
    assert await came_back(routing, message_id) == "known_already"
    await send_all(routing, office)
    assert await came_back(routing, message_id, "4.4.1") == "not_for_good"
    assert await came_back(routing, message_id) == "bounced"
    assert await came_back(routing, message_id) == "known_already"
    await send_all(routing, office)
    assert office.recipients == [["passeports@agence.example"], ["garde@agence.example"]]
    assert await tasks(routing, case) == []
    assert await came_back(routing, message_id) == "bounced"
    assert await tasks(routing, case) == ["alert_undelivered"]
    await send_all(routing, office, timedelta(days=2))
    assert (len(office.taken), await outcomes(routing)) == (2, [("passports", "bounced")])


async def test_an_alert_that_comes_back_before_it_is_written_down_as_sent_has_come_back(
    routing: Routing, office: PostOffice
) -> None:
    case = await urgent(routing, service="passports")

    class Slow(Mailer):
        async def send(self, message: Any) -> None:
            await super().send(message)
            assert await came_back(routing, str(message["Message-ID"])) == "bounced"

    mailer = Slow(server_of(office.url), sender_of("no-reply@agence.example"))
    for _ in office.rcpt, office.data:
        await send_next(routing.database, mailer, utc_now())
    assert office.recipients == [["passeports@agence.example"], ["garde@agence.example"]]
    assert (await outcomes(routing), await tasks(routing, case)) == ([("passports", "bounced")], ["alert_undelivered"])


async def test_what_is_no_alert_of_ours_or_is_in_hand_makes_no_task(routing: Routing, office: PostOffice) -> None:
    for other in ("<someone@else.example>", f"<urgent.{NOBODYS}.passports@agence.example>"):
        assert await came_back(routing, other) == "not_ours"
    case = await urgent(routing)
    await send_all(routing, office)
    taken = await routing.done(await routing.see(case), "assign", team="first-line")
    await routing.done(taken, "acknowledge")
    assert await came_back(routing, f"<urgent.{case}.first-line@agence.example>") == "bounced"
    assert await tasks(routing, case) == []


@pytest.mark.parametrize("role", ["agent", "supervisor", "manager"])
async def test_mail_that_came_back_is_told_by_mail_systems_alone(routing: Routing, role: str) -> None:
    body = {"message_id": "<a@b.example>"}
    answer = await routing.http.post("/v1/alerts/bounces", json=body, headers=routing.staff(role))
    assert answer.status_code == 403


async def test_without_a_mail_server_it_is_said_and_the_case_waits_first_in_the_queue(
    routing: Routing, office: PostOffice
) -> None:
    case = await urgent(routing)
    assert await send_next(routing.database, None, utc_now() + timedelta(minutes=1)) is True
    assert await outcomes(routing) == [("first-line", "no_mail_server")]
    assert await tasks(routing, case) == ["alert_undelivered"]
    [row] = await routing.rows("SELECT priority FROM cases WHERE id = :id", id=case)
    assert row.priority == "urgent"
